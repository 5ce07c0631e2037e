"""Controls on who may what."""
