"""Services whose public doors answer alike, whoever asks: the first of them stands for all.

A public door is told from another by its kind, by what its service lets in, and by the rules that name its host or its
service, and by nothing else; a new attribute of what a service lets in makes likenesses finer.
"""

from collections.abc import Iterator

from cloister.ask.packs.doors import every_door
from cloister.ask.packs.places import Target
from cloister.fabric.lower_azure.services import Resource, fill, name_rows, resources
from cloister.inventory.azure import ApplicationRule, Firewall, FirewallPolicy, Inventory, NetworkRule

_LETS_IN = (
    "public_network_access",
    "network_default_action",
    "allowed_subnets",
    "allowed_prefixes",
    "bypass",
    "trusted_resources",
    "access_mode",
    "query_access_mode",
    "scopes",
)
_LONGEST = 3
"""How many of those that a door stands for are named; the others are counted."""


def doors_alike(inventory: Inventory) -> Iterator[tuple[Target, tuple[str, ...]]]:
    """The doors of services, one for each likeness, with the words of the others."""
    resources_by_name = {resource.name: (kind, resource) for kind, resource in resources(inventory)}
    patterns = tuple(_patterns(inventory))
    named = frozenset(_named(inventory))
    groups: dict[object, list[Target]] = {}
    for door in every_door(inventory):
        name, _, part = door.words.partition("/")
        kind, resource = resources_by_name.get(name, ("", None))
        likeness: object = door.words
        if resource is not None and name not in named:
            likeness = (
                kind,
                part,
                door.question.rpartition(":")[2],
                *_of_resource(inventory, kind, resource, patterns),
            )
        groups.setdefault(likeness, []).append(door)
    for first, *others in groups.values():
        yield first, tuple(one.words for one in others)


def standing_for(others: tuple[str, ...]) -> str:
    """What a door says of those that it stands for: empty where it stands for itself."""
    if not others:
        return ""
    more = len(others) - _LONGEST
    return f"; so stand {', '.join(others[:_LONGEST])}" + (f" and {more} more" if more > 0 else "")


def _of_resource(inventory: Inventory, kind: str, resource: Resource, patterns: tuple[str, ...]) -> tuple[object, ...]:
    lets_in = tuple(getattr(resource, attribute, None) for attribute in _LETS_IN)
    hosts = {fill(row.host, inventory, resource) for row in name_rows(inventory, kind)}
    fitting = frozenset(pattern for pattern in patterns if any(_fits(host, pattern) for host in hosts))
    return (*lets_in, fitting)


def _fits(host: str, pattern: str) -> bool:
    """Whether a rule's pattern may be about a host, either of them with a wildcard before it."""
    bare, suffix = host.lstrip("*"), pattern.lstrip("*")
    return (
        host == pattern
        or (pattern.startswith("*") and bare.endswith(suffix))
        or (host != bare and suffix.endswith(bare))
    )


def _patterns(inventory: Inventory) -> Iterator[str]:
    """Every host that a rule of a firewall or of a managed network names."""
    policies: tuple[Firewall | FirewallPolicy, ...] = (*inventory.firewalls, *inventory.firewall_policies)
    for policy in policies:
        for group in policy.rule_collection_groups:
            for rule in (rule for collection in group.collections for rule in collection.rules):
                names = rule.fqdns if isinstance(rule, ApplicationRule) else ()
                names = rule.destination_fqdns if isinstance(rule, NetworkRule) else names
                yield from (name.lower() for name in names)
    for workspace in inventory.workspaces:
        yield from (rule.fqdn.lower() for rule in workspace.outbound_rules if rule.fqdn)


def _named(inventory: Inventory) -> Iterator[str]:
    """Services that something names: what is said of one is not said of another."""
    for workspace in inventory.workspaces:
        yield from (rule.target for rule in workspace.outbound_rules if rule.target)
    for policy in inventory.service_endpoint_policies:
        yield from policy.service_resources
    yield from (gap.name for gap in inventory.gaps)
