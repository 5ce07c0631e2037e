"""Controls on how the environment is run."""
