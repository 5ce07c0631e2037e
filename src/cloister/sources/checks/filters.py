"""Faults of filters: sides that say two things, sets that Azure would refuse, orders that nobody can tell."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.facts import tables
from cloister.inventory.azure import Inventory, Machine, PrivateEndpoint, SecurityRule
from cloister.origin import Origin

_EVERYWHERE = ("*",)


def filter_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every rule and application security group that Azure would refuse."""
    homes = _homes(inventory)
    for group in inventory.network_security_groups:
        for rule in group.rules:
            yield from _side_faults(f'rule "{group.name}/{rule.name}"', rule)
            yield from _pair_faults(f'rule "{group.name}/{rule.name}"', rule, homes)
    yield from _scattered(homes)
    yield from _admin_order(inventory)


def _side_faults(thing: str, rule: SecurityRule) -> Iterator[Fault]:
    sides = (
        ("source", rule.source, rule.source_application_security_groups),
        ("destination", rule.destination, rule.destination_application_security_groups),
    )
    for side, texts, groups in sides:
        if groups and texts != _EVERYWHERE:
            reason = f"{side} and {side}_application_security_groups stand together, and Azure takes one of them"
            yield Fault(thing, reason, f"remove {side}, or make it a rule of its own", rule.origin.of(side))


_Homes = dict[str, dict[str, tuple[str, Origin]]]
"""For each application security group the networks of its members, each with one member and where that says so."""


def _homes(inventory: Inventory) -> _Homes:
    homes: _Homes = {group.name: {} for group in inventory.application_security_groups}
    members: list[tuple[str, Machine | PrivateEndpoint]] = []
    members += [(f'machine "{one.name}"', one) for one in inventory.machines]
    members += [(f'private endpoint "{one.name}"', one) for one in inventory.private_endpoints]
    for thing, member in members:
        found = inventory.subnet(member.subnet)
        for name in member.application_security_groups:
            if found and name in homes:
                place = member.origin.of("application_security_groups")
                homes[name].setdefault(found[0].name, (thing, place))
    return homes


def _scattered(homes: _Homes) -> Iterator[Fault]:
    for group, networks in homes.items():
        if len(networks) > 1:
            first, *others = networks
            thing, place = networks[others[0]]
            reason = f'application security group "{group}" has members in {first} and in {others[0]}'
            source = tables.behaviours()["asg-network"].text
            yield Fault(thing, f"{reason}; {source}", f"make a group of its own for {others[0]}", place)


def _pair_faults(thing: str, rule: SecurityRule, homes: _Homes) -> Iterator[Fault]:
    if not (rule.source_application_security_groups and rule.destination_application_security_groups):
        return
    named = (*rule.source_application_security_groups, *rule.destination_application_security_groups)
    networks = dict.fromkeys(network for name in named for network in homes.get(name, {}))
    if len(networks) > 1:
        reason = f"joins application security groups of {' and '.join(networks)}, which Azure takes of one network only"
        mend = "name the addresses of the other network instead"
        yield Fault(thing, reason, mend, rule.origin.of("source_application_security_groups"))


def _admin_order(inventory: Inventory) -> Iterator[Fault]:
    """Admin rules of one network with one priority: nobody can tell which is read first."""
    told: set[str] = set()
    groups = {group.name: group.networks for group in inventory.network_groups}
    first: dict[tuple[str, int, str], str] = {}
    for collection in inventory.admin_rule_collections:
        deployed = {*collection.networks, *(net for name in collection.network_groups for net in groups.get(name, ()))}
        for rule in collection.rules:
            name = f"{collection.name}/{rule.name}"
            for network in sorted(deployed):
                other = first.setdefault((network, rule.priority, rule.direction), name)
                if other != name and name not in told:
                    told.add(name)
                    reason = f'priority {rule.priority} is that of the {rule.direction} rule "{other}" of {network}'
                    mend = "choose another priority"
                    yield Fault(f'rule "{name}"', f"{reason} already", mend, rule.origin.of("priority"))
