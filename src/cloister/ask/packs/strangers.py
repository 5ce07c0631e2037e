"""Closure: rules let out no host that strangers share, and, where the owner states a list, none that is not on it.

A suffix such as `*.azurewebsites.net` is no approval of anybody: whoever rents a name under it takes the data. Such
hosts need the owner's word, whatever asks for them.
"""

from collections.abc import Callable, Iterator

from cloister.ask.groups import members
from cloister.ask.packs.chosen import asked_packs
from cloister.ask.packs.places import Place, places_for
from cloister.ask.packs.way_out import places_inside
from cloister.ask.posed import Posed, must_not
from cloister.facts.development import MODEL_HOSTS, PACKAGE_HOSTS, SOURCE_CODE_HOSTS
from cloister.facts.packs import Pack, pack_traffic, shared_hosts
from cloister.facts.tables import required_traffic
from cloister.inventory.azure import ApplicationRule, Inventory, NatRule, NetworkRule

_UNAPPROVED = "the owner states which hosts are approved, and this one is not among them"
_STRANGER = "a-stranger"


def strangers(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place inside, every host that strangers share and that is not approved from there."""
    approvals = approved_from(inventory)
    for row in shared_hosts(inventory.cloud.value):
        for place in places_inside(inventory):
            if not approvals(row.host, place):
                name = f"{place.name}-to-strangers-under-{row.host}".replace("/", "-")
                question = f"{place.name} -> {row.asked}:{row.port}"
                otherwise = f"add {row.host} to approved, with the reason"
                yield must_not(pack.heading, name, question, row.why, origin=place.origin, otherwise=otherwise)


def approved_only(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place inside, every name that a rule lets out and that neither the owner nor an asked pack named."""
    if not inventory.approved:
        return
    approvals, needed = approved_from(inventory), tuple(_needed(inventory))
    for host in _let_out(inventory):
        if any(covers(pattern, host) for pattern in needed):
            continue
        for place in places_inside(inventory):
            if not approvals(host, place):
                asked = host.replace("*", _STRANGER, 1) if host.startswith("*.") else host
                name, question = f"{place.name}-to-unapproved-{host}".replace("/", "-"), f"{place.name} -> {asked}:443"
                otherwise = f"add {host} to approved, with the reason"
                yield must_not(pack.heading, name, question, _UNAPPROVED, origin=place.origin, otherwise=otherwise)


def approved_from(inventory: Inventory) -> Callable[[str, Place], bool]:
    """Whether the owner approved a host, or the whole of a suffix, from a place."""
    lists = [(one.host, members(inventory, one.places) if one.places else None) for one in inventory.approved]

    def approved(host: str, place: Place) -> bool:
        return any(covers(pattern, host) and (places is None or place.name in places) for pattern, places in lists)

    return approved


def covers(pattern: str, host: str) -> bool:
    """Whether a host, or every host under a suffix, fits a pattern."""
    pattern, host = pattern.lower(), host.lower()
    return host == pattern or (pattern.startswith("*") and host.lstrip("*").endswith(pattern[1:]))


def _let_out(inventory: Inventory) -> list[str]:
    """The names that rules of firewalls allow, but for `*`, which the ways out ask about."""
    found: dict[str, None] = {}
    for firewall in inventory.firewalls:
        groups = (group for policy in inventory.policies_of(firewall) for group in policy.rule_collection_groups)
        for collection in (one for group in groups for one in group.collections):
            for rule in collection.rules if collection.action == "Allow" else ():
                for host in _named(rule):
                    found[host.lower()] = None
    return [host for host in found if host.strip("*")]


def _named(rule: ApplicationRule | NetworkRule | NatRule) -> tuple[str, ...]:
    """The names that a rule is about."""
    if isinstance(rule, ApplicationRule):
        return rule.fqdns
    return rule.destination_fqdns if isinstance(rule, NetworkRule) else ()


def _needed(inventory: Inventory) -> Iterator[str]:
    """The destinations of every pack that is asked, as their pages write them."""
    cloud, region = inventory.cloud.value, inventory.region
    asked = {pack.name for pack in asked_packs(inventory)}
    yield from (row.host for row in (*PACKAGE_HOSTS, *MODEL_HOSTS, *SOURCE_CODE_HOSTS))
    for row in required_traffic(cloud):
        yield row.destination.replace("{region}", region)
    for need in pack_traffic(cloud):
        if need.pack in asked and places_for(inventory, need.place):
            yield need.destination.replace("{region}", region)
