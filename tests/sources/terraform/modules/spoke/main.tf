variable "name" {}
variable "number" {}
variable "resource_group" {}
variable "hub_id" {}
variable "next_hop" {}
variable "name_server" {}

locals {
  subnets = { compute = 0, endpoints = 1 }
}

resource "azurerm_virtual_network" "spoke" {
  name                = "spoke-${var.name}"
  location            = "westeurope"
  resource_group_name = var.resource_group
  address_space       = ["10.${var.number}.0.0/16"]
  dns_servers         = [var.name_server]
}

resource "azurerm_subnet" "spoke" {
  for_each = local.subnets

  name                 = each.key
  resource_group_name  = var.resource_group
  virtual_network_name = azurerm_virtual_network.spoke.name
  address_prefixes     = [cidrsubnet(tolist(azurerm_virtual_network.spoke.address_space)[0], 8, each.value)]
}

resource "azurerm_route_table" "spoke" {
  name                = "rt-${var.name}"
  location            = "westeurope"
  resource_group_name = var.resource_group

  route {
    name                   = "default"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = var.next_hop
  }
}

resource "azurerm_subnet_route_table_association" "spoke" {
  for_each = azurerm_subnet.spoke

  subnet_id      = each.value.id
  route_table_id = azurerm_route_table.spoke.id
}

resource "azurerm_virtual_network_peering" "hub" {
  name                      = "to-hub"
  resource_group_name       = var.resource_group
  virtual_network_name      = azurerm_virtual_network.spoke.name
  remote_virtual_network_id = var.hub_id
}

output "network_id" {
  value = azurerm_virtual_network.spoke.id
}

output "subnet_ids" {
  value = { for key, subnet in azurerm_subnet.spoke : key => subnet.id }
}
