"""Declared resources of Azure's own shape, put into a document in the making."""
