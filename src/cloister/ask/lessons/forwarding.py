"""What the name server of a site forwards to a firewall's DNS proxy, so that it finds the private endpoints."""

from collections.abc import Iterable
from typing import Any

from cloister.facts.tables import service_names
from cloister.inventory.azure import Firewall, Inventory


def resolver_of(inventory: Inventory) -> Firewall | None:
    """The firewall that can answer for the private zones: of the Basic tier none has a proxy."""
    return next((one for one in inventory.firewalls if one.sku_tier != "Basic"), None)


def suffixes(inventory: Inventory) -> tuple[str, ...]:
    """The public suffixes of the services and instances that stand here."""
    kinds = {
        "workspace": inventory.workspaces,
        "instance": tuple(one for one in inventory.computes if one.kind == "instance"),
        "vault": inventory.key_vaults,
        "registry": inventory.container_registries,
    }
    doors = {endpoint.subresource for endpoint in inventory.private_endpoints}
    rows = service_names(inventory.cloud.value)
    wanted = (row for row in rows if kinds.get(row.service) or (row.service == "storage" and row.subresource in doors))
    found = (suffix for row in wanted for suffix in row.public_suffixes.split() if "{" not in suffix)
    return tuple(dict.fromkeys(found))


def forwarding(inventory: Inventory, sites: Iterable[str], resolver: Firewall) -> dict[str, Any]:
    """The sites forward each suffix to the resolver, which is a proxy in a network that sees every zone."""
    asking = dict.fromkeys(suffixes(inventory), str(resolver.private_ip))
    change: dict[str, Any] = {"on_premises": {site: {"conditional_forwarders": dict(asking)} for site in sites}}
    proxy = {} if resolver.dns_proxy else {"firewalls": {resolver.name: {"dns_proxy": True}}}
    return change | _linked(inventory, resolver.network) | proxy


def _linked(inventory: Inventory, network: str) -> dict[str, Any]:
    """Each zone that the resolver's network does not see, linked to it."""
    zones = inventory.private_dns_zones
    unseen = [zone.name for zone in zones if network not in [link.network for link in zone.links]]
    return {"private_dns_zones": {zone: {"links": {network: {}}} for zone in unseen}} if unseen else {}
