"""Terraform configurations as they are written: read without Terraform, as far as simple evaluation goes."""
