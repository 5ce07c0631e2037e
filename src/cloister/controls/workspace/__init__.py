"""Controls on the workspace."""
