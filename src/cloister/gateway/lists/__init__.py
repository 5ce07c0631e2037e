"""Lists: MLflow is asked for what the caller may see, and for nothing else."""
