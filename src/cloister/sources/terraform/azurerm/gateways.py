"""Gateways, the sites behind them, and Bastion."""

from cloister.sources.declared import Value
from cloister.sources.terraform.azurerm.attributes import at, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path


def gateway(desk: Desk, one: Declared, path: Path) -> None:
    """A virtual network gateway, or a Bastion: each stands in a subnet with a name of its own."""
    put_attributes(desk, one, path)
    subnet = subnet_path(desk, at(one.values, "ip_configuration.subnet_id"))
    if subnet is not None:
        desk.put(one, (*path, "network"), "ip_configuration.subnet_id", str(subnet[1]))
    elif one.values.get("virtual_network_id"):
        desk.refer(one, (*path, "network"), "virtual_network_id", "networks")
    else:
        desk.draft.miss((*path, "network"), "stands in no network that the input describes", one.at("ip_configuration"))


def site(desk: Desk, one: Declared, path: Path) -> None:
    """A site: its prefixes. Which server its machines ask for names, no plan tells."""
    put_attributes(desk, one, path)
    desk.draft.miss(
        (*path, "dns_server"), "stands in no plan: state it in a document that has this one as source", one.origin
    )


def connection(desk: Desk, one: Declared) -> None:
    """What connects a gateway with a site; a second one is the site's backup."""
    owner = desk.referred(one.values.get("local_network_gateway_id"), "azurerm_local_network_gateway")
    path = desk.path(owner) if owner else None
    if path is None:
        return
    word: Value = desk.word(one.values.get("virtual_network_gateway_id"), "gateways")
    key = "backup_gateway" if desk.draft.stated((*path, "gateway")) else "gateway"
    desk.put(one, (*path, key), "virtual_network_gateway_id", word)
