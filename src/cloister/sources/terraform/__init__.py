"""Terraform in: plans and states of `terraform show -json`, and configurations as they are written."""
