# A hub, two spokes by for_each, associations by count and a dynamic block. plan.json is the plan of it, made without
# Azure by terraform and a stand-in of the provider; make it anew after a change here.
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {}
  environment = var.environment
}

variable "environment" {
  default = "public"
}

variable "spokes" {
  default = ["a", "b"]
}

locals {
  firewall = azurerm_firewall.hub.ip_configuration[0].private_ip_address
}

data "azurerm_client_config" "deployer" {}

resource "azurerm_resource_group" "platform" {
  name     = "rg-platform"
  location = "westeurope"
}

resource "azurerm_virtual_network" "hub" {
  name                = "hub"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "firewall" {
  name                 = "AzureFirewallSubnet"
  resource_group_name  = azurerm_resource_group.platform.name
  virtual_network_name = azurerm_virtual_network.hub.name
  address_prefixes     = [cidrsubnet(tolist(azurerm_virtual_network.hub.address_space)[0], 10, 4)]
}

resource "azurerm_public_ip" "firewall" {
  name                = "pip-firewall"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  allocation_method   = "Static"
}

resource "azurerm_firewall" "hub" {
  name                = "firewall"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"

  ip_configuration {
    name                 = "door"
    subnet_id            = azurerm_subnet.firewall.id
    public_ip_address_id = azurerm_public_ip.firewall.id
  }
}

module "spoke" {
  for_each = toset(var.spokes)
  source   = "./spoke"

  name           = each.value
  number         = index(var.spokes, each.key) + 1
  resource_group = azurerm_resource_group.platform.name
  hub_id         = azurerm_virtual_network.hub.id
  next_hop       = azurerm_firewall.hub.ip_configuration[0].private_ip_address
  name_server    = local.firewall
}

resource "azurerm_virtual_network_peering" "back" {
  for_each = toset(var.spokes)

  name                      = "hub-to-${each.key}"
  resource_group_name       = azurerm_resource_group.platform.name
  virtual_network_name      = azurerm_virtual_network.hub.name
  remote_virtual_network_id = module.spoke[each.key].network_id
}

resource "azurerm_virtual_network_peering" "first" {
  name                      = "hub-to-first"
  resource_group_name       = azurerm_resource_group.platform.name
  virtual_network_name      = azurerm_virtual_network.hub.name
  remote_virtual_network_id = module.spoke["a"].network_id
}

resource "azurerm_network_security_group" "compute" {
  count = 2

  name                = "nsg-${count.index}"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name

  dynamic "security_rule" {
    for_each = { ssh = 22 }
    content {
      name                       = security_rule.key
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Deny"
      protocol                   = "Tcp"
      source_port_range          = "*"
      source_address_prefix      = "Internet"
      destination_address_prefix = azurerm_firewall.hub.ip_configuration[0].private_ip_address
      destination_port_range     = security_rule.value
    }
  }
}

resource "azurerm_subnet_network_security_group_association" "compute" {
  count = 2

  subnet_id                 = module.spoke[var.spokes[count.index]].subnet_ids["compute"]
  network_security_group_id = azurerm_network_security_group.compute[count.index].id
}

resource "azurerm_storage_account" "models" {
  name                     = "stmodels"
  location                 = azurerm_resource_group.platform.location
  resource_group_name      = azurerm_resource_group.platform.name
  account_tier             = "Standard"
  account_replication_type = "ZRS"

  network_rules {
    default_action             = "Deny"
    virtual_network_subnet_ids = [module.spoke["a"].subnet_ids["compute"], azurerm_subnet.firewall.id]
  }
}

resource "azurerm_private_endpoint" "blob" {
  name                = "pe-blob"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  subnet_id           = azurerm_subnet_network_security_group_association.compute[1].subnet_id

  private_service_connection {
    name                           = "blob"
    private_connection_resource_id = azurerm_storage_account.models.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "zones"
    private_dns_zone_ids = [azurerm_private_dns_zone.zones["blob"].id, azurerm_private_dns_zone.zones["dfs"].id]
  }
}

resource "azurerm_private_dns_zone" "zones" {
  for_each = toset(["blob", "dfs"])

  name                = "privatelink.${each.key}.core.windows.net"
  resource_group_name = azurerm_resource_group.platform.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "hub" {
  for_each = azurerm_private_dns_zone.zones

  name                  = "hub"
  resource_group_name   = azurerm_resource_group.platform.name
  private_dns_zone_name = each.value.name
  virtual_network_id    = azurerm_virtual_network.hub.id
}
