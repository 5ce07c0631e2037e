"""The application before MLflow: authenticate, canonicalise, authorise, filter, audit."""
