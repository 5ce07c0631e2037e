"""The way of a request to MLflow and of its answer back."""
