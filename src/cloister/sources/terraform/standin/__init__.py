"""A stand-in for the azurerm provider, with which Terraform plans configurations of Azure without Azure."""
