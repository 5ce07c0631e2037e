"""Inventory to Terraform: one JSON document for the azurerm provider, references between resources, a stable order."""
