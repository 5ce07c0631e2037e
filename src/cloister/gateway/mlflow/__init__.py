"""What the gateway knows of MLflow: its routes, the one reading of a request, and whose its objects are."""
