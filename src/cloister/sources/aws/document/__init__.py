"""The shape of documents for AWS: one file an idea."""
