"""Controls on computes."""
