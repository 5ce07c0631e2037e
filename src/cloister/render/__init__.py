"""Inventory to infrastructure as code."""
