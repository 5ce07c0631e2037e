"""A firewall for each workspace, with its cost and drift. The way out is one for all, in a network that all reach."""

from collections.abc import Iterator
from typing import Any

from cloister.ask.judgement import Judged, Standing
from cloister.ask.lessons.changes import joined
from cloister.ask.lessons.permits import name_rules
from cloister.ask.lessons.room import address_space_with, first_address, free_prefix
from cloister.ask.lessons.seen import Seen, host_of, once_each, place_of
from cloister.ask.lessons.values import Lesson, WayOut, lesson, way_out
from cloister.inventory.azure import ApplicationRule, Firewall, Inventory, VirtualNetwork
from cloister.sources.expanded import document_of
from cloister.verdict import Layer, Outcome, Rule, Step

ID = "firewall-per-workspace"
_SUBNET = "AzureFirewallSubnet"
_LENGTH = 26  # the smallest that Azure takes for it


def recognise(seen: Seen) -> Lesson | None:
    """The lesson, where several workspaces have each a firewall that serves no other."""
    by_workspace = _firewalls(seen)
    own = [firewalls[0] for firewalls in by_workspace.values() if len(firewalls) == 1]
    if len(own) < len(by_workspace) or len(own) < 2 or len({one.name for one in own}) < len(own):  # noqa: PLR2004 - two are several
        return None
    explains = tuple(one for one in once_each(seen.judgement.all()) if _decided_by(one, own))
    return lesson(
        ID,
        explains[0].decisive if explains else _stands(own[0], next(iter(by_workspace))),
        explains,
        tuple(_ways(seen, tuple(own), explains)),
        count=str(len(own)),
        firewalls=", ".join(firewall.name for firewall in own),
        drift=_drift(tuple(own)),
    )


def _firewalls(seen: Seen) -> dict[str, list[Firewall]]:
    """The firewalls through which the computes of each workspace leave."""
    found: dict[str, list[Firewall]] = {}
    for compute in seen.inventory.computes:
        workspace, firewall = seen.inventory.workspace_of(compute), seen.firewall_of(compute)
        if workspace and firewall and firewall not in found.setdefault(workspace.name, []):
            found[workspace.name].append(firewall)
    return found


def _decided_by(judged: Judged, firewalls: list[Firewall]) -> bool:
    step = judged.decisive
    return judged.standing is Standing.MISSED and step.at in {firewall.name for firewall in firewalls}


def _stands(firewall: Firewall, workspace: str) -> Step:
    rule = Rule(f"firewall {firewall.name}", firewall.origin)
    return Step(Layer.FIREWALL, firewall.name, Outcome.NOTE, f"serves workspace {workspace} alone", rule)


def _drift(firewalls: tuple[Firewall, ...]) -> str:
    """The names that one list has and another has not."""
    names = {firewall.name: _names(firewall) for firewall in firewalls}
    common = set.intersection(*names.values())
    apart = [f"{name} alone permits {', '.join(sorted(has - common))}" for name, has in names.items() if has - common]
    return f"; {'; '.join(apart)}" if apart else ""


def _names(firewall: Firewall) -> set[str]:
    return {
        host
        for group in firewall.rule_collection_groups
        for collection in group.collections
        for rule in collection.rules
        if collection.action == "Allow" and isinstance(rule, ApplicationRule)
        for host in rule.fqdns
    }


def _ways(seen: Seen, firewalls: tuple[Firewall, ...], explains: tuple[Judged, ...]) -> Iterator[WayOut]:
    """One firewall in the network that all of theirs are peered with; none where there is no such network."""
    hub = _hub(seen.inventory, firewalls)
    if hub is None:
        return
    prefix = free_prefix(seen.inventory, hub, _LENGTH)
    change = joined(
        _gone(firewalls),
        _shared(seen, firewalls, explains, hub, str(first_address(prefix))),
        _rerouted(seen.inventory, firewalls, str(first_address(prefix))),
        {"networks": {hub.name: address_space_with(hub, prefix) | {"subnets": {_SUBNET: _room(str(prefix))}}}},
    )
    yield way_out(ID, "shared-firewall", change, hub=hub.name, count=str(len(firewalls)))


def _room(prefix: str) -> dict[str, Any]:
    return {"prefix": prefix, "default_outbound_access": False}


def _hub(inventory: Inventory, firewalls: tuple[Firewall, ...]) -> VirtualNetwork | None:
    """A network without a firewall with which the network of each firewall is peered."""
    homes = {firewall.network for firewall in firewalls}
    for network in inventory.networks:
        peered = {half.network for half in inventory.peerings if half.remote == network.name}
        if network.name not in homes and homes <= peered:
            return network
    return None


def _gone(firewalls: tuple[Firewall, ...]) -> dict[str, Any]:
    return {
        "firewalls": {firewall.name: None for firewall in firewalls},
        "networks": {firewall.network: {"subnets": {_SUBNET: None}} for firewall in firewalls},
    }


def _rerouted(inventory: Inventory, firewalls: tuple[Firewall, ...], address: str) -> dict[str, Any]:
    """Every route to one of them, to the shared one; traffic that it forwards may enter, and ask it for names."""
    old = {firewall.private_ip for firewall in firewalls}
    tables = {
        table.name: {"routes": {route.name: {"next_hop": address} for route in table.routes if route.next_hop in old}}
        for table in inventory.route_tables
    }
    asking = {network.name for network in inventory.networks if set(network.dns_servers) & old}
    return {
        "route_tables": {name: routes for name, routes in tables.items() if routes["routes"]},
        "networks": {name: {"dns_servers": [address]} for name in sorted(asking)},
    }


def _shared(
    seen: Seen, firewalls: tuple[Firewall, ...], explains: tuple[Judged, ...], hub: VirtualNetwork, address: str
) -> dict[str, Any]:
    """The lists of all, one group each, without what opens a way that must be closed; and what is missed."""
    groups: dict[str, Any] = {}
    for number, firewall in enumerate(firewalls):
        groups |= _groups(seen.inventory, firewall, explains, 1000 + 1000 * number)
    missed = tuple(dict.fromkeys(place_of(one) for one in explains if host_of(one) and one in seen.judgement.flow))
    if missed:
        names = {"names": {"priority": 110, "action": "Allow", "rules": name_rules(seen, missed)}}
        groups["missed-before"] = {"priority": 100, "application_rule_collections": names}
    return {
        "firewalls": {
            "shared-firewall": {
                "network": hub.name,
                "private_ip": address,
                "sku_tier": max((one.sku_tier for one in firewalls), key=("Basic", "Standard", "Premium").index),
                "dns_proxy": any(firewall.dns_proxy for firewall in firewalls),
                "threat_intelligence": "Deny",
                "rule_collection_groups": groups,
            }
        }
    }


def _groups(inventory: Inventory, firewall: Firewall, explains: tuple[Judged, ...], priority: int) -> dict[str, Any]:
    """The groups of a firewall as they stand, without the rules that open what must be closed."""
    opening = {
        one.decisive.rule.origin for one in explains if one.decisive.outcome is Outcome.PASS and one.decisive.rule
    }
    written = document_of(inventory)["firewalls"][firewall.name].get("rule_collection_groups", {})
    groups: dict[str, Any] = {}
    for number, group in enumerate(sorted(firewall.rule_collection_groups, key=lambda one: one.priority)):
        members = written[group.name]
        for collection in group.collections:
            rules = members[f"{collection.kind}_rule_collections"][collection.name]["rules"]
            for rule in collection.rules:
                if rule.origin in opening:
                    del rules[rule.name]
                elif rule.sources == ("*",):
                    rules[rule.name]["sources"] = _served(inventory, firewall)
        groups[f"{firewall.network}-{group.name}"] = members | {"priority": priority + number}
    return groups


def _served(inventory: Inventory, firewall: Firewall) -> list[str]:
    """The prefixes of the network that a firewall stood in: what it meant by anybody."""
    network = inventory.network(firewall.network)
    return [str(prefix) for prefix in network.address_space] if network else []
