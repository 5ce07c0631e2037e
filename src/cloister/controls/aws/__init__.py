"""Controls on AWS: MLflow on containers behind an API, with Studio beside it."""
