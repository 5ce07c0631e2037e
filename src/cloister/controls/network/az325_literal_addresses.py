"""AZ325: rules name services by their tags, and not by addresses that change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.wording import listed
from cloister.facts.microsoft_prefixes import microsoft_prefixes
from cloister.inventory.azure import Inventory, NetworkRule
from cloister.origin import Origin

_OUTBOUND, _ALLOW = "Outbound", "Allow"

CONTROL = Control(
    id="AZ325",
    title="Rules that allow name services of Microsoft by tag or name, and not by their addresses",
    why="The addresses behind a service change from week to week: a rule that lists them opens today what belongs "
    "to somebody else tomorrow, and shuts what it was written for.",
    remedy="Write the service tag, or a rule on names in the firewall.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        training_guide("Required public internet access: addresses may change periodically"),
        lately(
            "Virtual network service tags",
            "Service tags in the place of specific addresses",
            "azure/virtual-network/service-tags-overview",
        ),
    ),
    aliases=("S2-56",),
    question="Are the public addresses that rules allow none of Microsoft's?",
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A rule that allows with the addresses that it allows something to or from."""

    thing: str
    words: tuple[str, ...]
    origin: Origin


def subjects(inventory: Inventory) -> Iterable[Literal]:
    """The rules of filters and firewalls that allow, each with the side that lies elsewhere."""
    for group in inventory.network_security_groups:
        for rule in group.rules:
            if rule.access == _ALLOW:
                far = rule.destination if rule.direction == _OUTBOUND else rule.source
                yield Literal(f'security rule "{group.name}/{rule.name}"', far, rule.origin)
    policies = {policy.name: policy for one in inventory.firewalls for policy in inventory.policies_of(one)}
    for policy in policies.values():
        for collection in (one for group in policy.rule_collection_groups for one in group.collections):
            if collection.action == _ALLOW:
                yield from (_of_firewall(inventory, one) for one in collection.rules if isinstance(one, NetworkRule))


def _of_firewall(inventory: Inventory, rule: NetworkRule) -> Literal:
    groups = (group for group in inventory.ip_groups if group.name in rule.destination_ip_groups)
    far = (*rule.destinations, *(address for group in groups for address in group.addresses))
    return Literal(f'firewall rule "{rule.name}"', far, rule.origin)


def check(rule: Literal, _: Environment) -> Iterator[Finding | Due]:
    """A finding for addresses that are Microsoft's; of other public ones a person has to say whose they are."""
    public = [prefix for word in rule.words if (prefix := _public(word))]
    known = [one for one in public if any(one.subnet_of(block) for block in microsoft_prefixes())]
    if known:
        message = f"it allows {listed(map(str, known))}, addresses of Microsoft's"
        yield CONTROL.finding(rule.thing, message, at=rule.origin, mend="write the tag of the service, or its name")
    other = [one for one in public if one not in known]
    if other:
        message = f"it allows {listed(map(str, other))}, and whose these public addresses are is not known"
        yield CONTROL.due(rule.thing, at=rule.origin, message=message)


def _public(word: str) -> IPv4Network | None:
    """A prefix of the internet; nothing for tags, for everything, and for addresses of private networks."""
    try:
        prefix = IPv4Network(word.partition("-")[0], strict=False)
    except ValueError:
        return None
    return prefix if prefix.prefixlen and prefix.is_global else None
