"""From which network the name questions of another are asked: that network's links decide which zones answer."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.facts.tables import platform_addresses
from cloister.inventory.azure import Firewall, Inventory, VirtualNetwork


@dataclass(frozen=True, slots=True)
class Resolver:
    """The network whose links count, or, where `network` is empty, what is not known of the name server."""

    network: str
    by: str


def resolver_of(inventory: Inventory, network: VirtualNetwork) -> Resolver:
    """Who resolves for a network: Azure DNS in it, or, behind its own name servers, Azure DNS where those stand."""
    if not network.dns_servers:
        return Resolver(network.name, "Azure DNS")
    server = network.dns_servers[0]
    if str(server) == platform_addresses()[0].address:
        return Resolver(network.name, "Azure DNS")
    firewall = next((one for one in inventory.firewalls if one.private_ip == server), None)
    return (
        _behind(inventory, firewall, network)
        if firewall
        else Resolver("", f"nothing is known of the name server {server}")
    )


def _behind(inventory: Inventory, firewall: Firewall, network: VirtualNetwork) -> Resolver:
    policy = inventory.policies_of(firewall)[-1]
    if not policy.dns_proxy:
        reason = f"network {network.name} asks firewall {firewall.name}, whose dns_proxy is off"
        return Resolver("", reason)
    elsewhere = [server for server in policy.dns_servers if not _is_azure(server)]
    if elsewhere:
        return Resolver("", f"nothing is known of the name server {elsewhere[0]} behind firewall {firewall.name}")
    return Resolver(firewall.network, f"the DNS proxy of firewall {firewall.name}")


def _is_azure(server: IPv4Address) -> bool:
    return str(server) == platform_addresses()[0].address
