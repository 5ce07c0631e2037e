"""Controls on what an environment costs."""
