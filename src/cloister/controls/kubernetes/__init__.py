"""Controls on Kubernetes clusters."""
