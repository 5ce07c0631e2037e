"""The changes that connect a site, let jobs read its databases, and close an account that answers the internet."""

from typing import Any

from cloister.ask.lessons.changes import joined, nested
from cloister.ask.lessons.forwarding import forwarding, resolver_of
from cloister.ask.lessons.room import address_space_with, free_address, free_prefix, priority_before
from cloister.ask.lessons.seen import Seen
from cloister.facts.azure_subnets import GATEWAY_RECOMMENDED_PREFIX, GATEWAY_SUBNET
from cloister.facts.tables import service_names
from cloister.facts.well_known_ports import HTTPS, MSSQL
from cloister.inventory.azure import (
    Compute,
    Inventory,
    Machine,
    NetworkSecurityGroup,
    PrivateEndpoint,
    StorageAccount,
    VirtualNetwork,
)

BLOB = "blob"


def connection(inventory: Inventory, home: VirtualNetwork, databases: tuple[Machine, ...]) -> dict[str, Any]:
    """A gateway, in the network that the computes' is peered with where there is one, and the site behind it.

    The site's name server forwards the names of private endpoints, where a firewall can answer: at the public addresses
    nobody does.
    """
    hub = next((inventory.network(one.remote) for one in inventory.peerings if one.network == home.name), None) or home
    gateway = next((one.name for one in inventory.gateways if one.network == hub.name), None)
    sites: dict[str, Any] = {machine.subnet: {"gateway": gateway or "gateway"} for machine in databases}
    networks: dict[str, Any] = {}
    change: dict[str, Any] = {"networks": networks, "on_premises": sites}
    if gateway is None:
        prefix = free_prefix(inventory, hub, GATEWAY_RECOMMENDED_PREFIX)
        subnet = {GATEWAY_SUBNET: {"prefix": str(prefix), "default_outbound_access": False}}
        networks[hub.name] = address_space_with(hub, prefix) | {"subnets": subnet}
        change["gateways"] = {"gateway": {"network": hub.name, "kind": "Vpn"}}
    if hub is not home:
        networks.setdefault(hub.name, {})["peerings"] = {home.name: {"allow_gateway_transit": True}}
        networks[home.name] = {"peerings": {hub.name: {"use_remote_gateways": True}}}
    resolver = resolver_of(inventory)
    return joined(change, forwarding(inventory, sites, resolver)) if resolver else change


def reading(seen: Seen, computes: list[Compute], databases: tuple[Machine, ...]) -> dict[str, Any]:
    """Filters that let the computes out to the databases, and the intents that keep it so."""
    rules: dict[str, Any] = {}
    for compute in computes:
        subnet = seen.subnet_of(compute)
        for group in _groups(seen.inventory, subnet.network_security_group if subnet else None):
            for offset, machine in enumerate(databases):
                rule = _allow(group, "Outbound", offset) | {
                    "source": str(subnet.prefix) if subnet else "*",
                    "destination": f"{machine.private_ip}/32",
                    "destination_ports": MSSQL,
                }
                rules.setdefault(group.name, {"rules": {}})["rules"][machine.name] = rule
    intents = {
        f"jobs-read-{machine.name}": {
            "must": f"{computes[0].name} -> {machine.name}:{MSSQL}",
            "why": "training reads its data where it is",
            "loop": "middle",
        }
        for machine in databases
    }
    return {"network_security_groups": rules, "intents": intents}


def not_reading(computes: list[Compute], databases: tuple[Machine, ...]) -> dict[str, Any]:
    """The intents that jobs do not read the databases themselves: what they train on is brought to them."""
    intents = {
        f"{compute.name}-does-not-read-{machine.name}": {
            "must_not": f"{compute.name} -> {machine.name}:{MSSQL}",
            "why": "the data comes by upload, and jobs hold no way to the database",
        }
        for compute in computes
        if compute.kind == "cluster"
        for machine in databases
    }
    return {"intents": intents}


def without(inventory: Inventory, accounts: tuple[StorageAccount, ...]) -> dict[str, Any]:
    """The accounts taken away, with the firewall's rules that name them and nothing else."""
    gone = {"storage_accounts": {account.name: None for account in accounts}}
    return joined(gone, _rules_that_name(inventory, accounts))


def private(inventory: Inventory, accounts: tuple[StorageAccount, ...], sites: tuple[str, ...]) -> dict[str, Any]:
    """Each account closed, with a private endpoint beside those that stand, which the sites find and reach.

    Nothing, where no endpoint shows where to put one, or nobody could answer the sites' questions for the name.
    """
    beside = next((one for one in inventory.private_endpoints if one.subresource == BLOB), None)
    if beside is None or resolver_of(inventory) is None or free_address(inventory, beside.subnet) is None:
        return {}
    return joined(
        _closed(inventory, accounts, beside),
        _open_to(inventory, sites, beside),
        _rules_that_name(inventory, accounts),
        {"intents": {f"{site}-uploads-to-{one.name}": _uploads(site, one) for site in sites for one in accounts}},
    )


def _closed(inventory: Inventory, accounts: tuple[StorageAccount, ...], beside: PrivateEndpoint) -> dict[str, Any]:
    address = free_address(inventory, beside.subnet)
    endpoints = {
        f"{account.name}-{BLOB}-endpoint": {
            "subnet": beside.subnet,
            "target": account.name,
            "subresource": BLOB,
            "private_ips": [str(address + number)] if address else [],
            "zones": list(beside.zones),
        }
        for number, account in enumerate(accounts)
    }
    shut = {"public_network_access": False, "network_default_action": "Deny", "shared_access_key": False}
    return {"storage_accounts": {account.name: shut for account in accounts}, "private_endpoints": endpoints}


def _open_to(inventory: Inventory, sites: tuple[str, ...], beside: PrivateEndpoint) -> dict[str, Any]:
    """The filter of the endpoints' subnet, open to the sites."""
    found = inventory.subnet(beside.subnet)
    prefixes = [str(prefix) for site in inventory.on_premises if site.name in sites for prefix in site.address_space]
    rule = {"source": prefixes, "destination_ports": HTTPS}
    return {
        "network_security_groups": {
            group.name: {"rules": {"sites": _allow(group, "Inbound", 0) | rule}}
            for group in _groups(inventory, found[1].network_security_group if found else None)
        }
    }


def _uploads(site: str, account: StorageAccount) -> dict[str, str]:
    question = f"{site} -> {account.name}/{BLOB}:{HTTPS}"
    return {"must": question, "why": "the data comes through the connection", "loop": "middle"}


def _rules_that_name(inventory: Inventory, accounts: tuple[StorageAccount, ...]) -> dict[str, Any]:
    """Application rules that permit these accounts' public names and no other, taken out."""
    rows = [row for row in service_names(inventory.cloud.value) if row.service == "storage"]
    hosts = {row.host.format(name=account.name).lower() for account in accounts for row in rows}
    found = [
        nested(
            (
                "firewalls",
                firewall.name,
                "rule_collection_groups",
                group.name,
                f"{collection.kind}_rule_collections",
                collection.name,
                "rules",
            ),
            {rule.name: None},
        )
        for firewall in inventory.firewalls
        for group in firewall.rule_collection_groups
        for collection in group.collections
        for rule in collection.rules
        if set(getattr(rule, "fqdns", ("",))) <= hosts
    ]
    return joined(*found)


def _allow(group: NetworkSecurityGroup, direction: str, offset: int) -> dict[str, Any]:
    priority = priority_before(group.rules, direction)
    return {"priority": (priority or 0) - offset, "direction": direction, "access": "Allow"}


def _groups(inventory: Inventory, name: str | None) -> list[NetworkSecurityGroup]:
    return [group for group in inventory.network_security_groups if group.name == name]
