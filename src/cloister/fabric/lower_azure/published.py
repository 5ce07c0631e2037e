"""The file in which Microsoft publishes the addresses of its service tags, read once it is parsed.

The file is the user's: where there is none, tags are symbols whose members nobody here knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from cloister.errors import Fault, SourceError
from cloister.fabric.addresses import AddressMatch
from cloister.fabric.sets import AddressSet, Span
from cloister.inventory.azure import AdminRule, Cloud, FirewallPolicy, Inventory, NetworkRule, SecurityRule
from cloister.origin import Origin

_CLOUDS = {"Public": Cloud.PUBLIC, "China": Cloud.CHINA}
_BITS = 32
_BYTE = 255
_MEND = "download the file anew from Microsoft's page of Azure IP ranges and service tags, and name that one"


@dataclass(frozen=True)
class PublishedTag:
    """The addresses of one tag, as pairs of prefix length and span. `features` may be empty: then nothing is said."""

    name: str
    spans: tuple[tuple[int, Span], ...]
    features: frozenset[str]

    @cached_property
    def addresses(self) -> AddressSet:
        """All its addresses."""
        return AddressSet(tuple(span for _, span in self.spans))

    @cached_property
    def by_length(self) -> tuple[tuple[int, AddressSet], ...]:
        """Its addresses by the length of the prefix that holds them, the longest first."""
        ordered = sorted(self.spans, reverse=True)
        return tuple(
            (length, AddressSet(tuple(span for _, span in same)))
            for length, same in groupby(ordered, key=lambda one: one[0])
        )


@dataclass(frozen=True, slots=True)
class PublishedTags:
    """All tags of one file, by their names in lower case; the tags of regions stand beside the others."""

    file: str
    change_number: int
    tags: Mapping[str, PublishedTag]

    def __str__(self) -> str:
        return f"{self.file}, changeNumber {self.change_number}"

    def members(self, labels: Iterable[str]) -> AddressSet | None:
        """The addresses of some tags together; None where the file does not list one of them."""
        found = [self.tags.get(label) for label in labels]
        known = [tag.addresses for tag in found if tag]
        return AddressSet.union(known) if known and len(known) == len(found) else None

    def sharpen(self, match: AddressMatch) -> AddressMatch:
        """What a rule says of addresses, with the members of the tags that it names."""
        members = self.members(match.labels | match.doubtful_labels)
        return match.known_by(members, str(self)) if members is not None else match


def read_published(parsed: object, file: str, cloud: Cloud) -> PublishedTags:
    """The tags of a parsed file, for an environment in `cloud`. Raises SourceError where it is another file."""
    if not isinstance(parsed, dict) or not isinstance(parsed.get("values"), list):
        raise SourceError(Fault(file, "is not a file of service tags: it has no list `values`", _MEND))
    named = parsed.get("cloud")
    if _CLOUDS.get(str(named)) is not cloud:
        wanted = next(name for name, one in _CLOUDS.items() if one is cloud)
        reason = f"holds the service tags of the cloud {named}, and the environment is in {wanted}"
        raise SourceError(Fault(file, reason, f"name the file of the cloud {wanted}"))
    number = parsed.get("changeNumber")
    tags = (_tag(value, file) for value in parsed["values"])
    return PublishedTags(file, number if isinstance(number, int) else 0, {tag.name.lower(): tag for tag in tags})


def _tag(value: Any, file: str) -> PublishedTag:  # noqa: ANN401 - whatever the file holds
    try:
        name, properties = value["name"], value["properties"]
        prefixes = [prefix for prefix in properties["addressPrefixes"] if ":" not in prefix]
        features = frozenset(properties.get("networkFeatures") or ())
        return PublishedTag(str(name), tuple(_span(prefix) for prefix in prefixes), features)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        named = value.get("name") if isinstance(value, dict) else None
        reason = f"says something of the tag {named} that is no list of prefixes: {error}"
        raise SourceError(Fault(file, reason, _MEND)) from error


def _span(prefix: str) -> tuple[int, Span]:
    """The length and the first and last address of a prefix. Files have tens of thousands: this takes a microsecond."""
    address, _, tail = prefix.partition("/")
    length = int(tail or _BITS)
    bytes_ = [int(part) for part in address.split(".")]
    if len(bytes_) != _BITS // 8 or not all(0 <= one <= _BYTE for one in bytes_) or not 0 <= length <= _BITS:
        message = f"{prefix} is not a prefix"
        raise ValueError(message)
    first, last = int.from_bytes(bytes_), (1 << (_BITS - length)) - 1
    return length, (first & ~last, first | last)


def misused_tags(inventory: Inventory, published: PublishedTags) -> Iterator[Fault]:
    """Every tag that stands in a kind of rule for which the file says that it cannot be used, or that it does not list.

    A tag for which the file states no use at all is left alone: the file says nothing of half of them.
    """
    for thing, tag, feature, what, origin in uses_of_tags(inventory):
        found = published.tags.get(tag.lower())
        if found and found.features and feature not in found.features:
            usable = ", ".join(sorted(found.features))
            reason = f"{what} cannot use the service tag {tag}, which {published} lists for {usable} only"
            yield Fault(thing, reason, "name prefixes, or another tag", origin)
        elif not found and tag.lower() not in _NEVER_LISTED:
            reason = f"the service tag {tag} stands in no list of {published}"
            yield Fault(thing, reason, "correct its name, or take a newer file", origin)


_NEVER_LISTED = frozenset(
    {
        "virtualnetwork",
        "internet",
        "azureloadbalancer",
        "azureplatformdns",
        "azureplatformimds",
        "azureplatformlkm",
    }
)
"""Tags whose addresses depend on the network or are the platform's own; the files never list them."""


def uses_of_tags(inventory: Inventory) -> Iterator[tuple[str, str, str, str, Origin]]:
    """Each use of a tag: the thing, the tag, the feature that it has to have, and the thing's kind in words."""
    rules: list[tuple[str, SecurityRule | AdminRule]] = []
    rules += [(one.name, rule) for one in inventory.network_security_groups for rule in one.rules]
    rules += [(one.name, rule) for one in inventory.admin_rule_collections for rule in one.rules]
    for holder, rule in rules:
        for side, texts in (("source", rule.source), ("destination", rule.destination)):
            for tag in filter(_is_tag, texts):
                what = "a security rule"
                yield f'rule "{holder}/{rule.name}"', tag, "NSG", what, rule.origin.of(side)
    for owner in (*(one.own_policy for one in inventory.firewalls if not one.policy), *inventory.firewall_policies):
        for path, network_rule in _network_rules(owner):
            for tag in filter(_is_tag, network_rule.destinations):
                what = "a firewall's network rule"
                yield f'rule "{path}"', tag, "FW", what, network_rule.origin.of("destinations")
    for table in inventory.route_tables:
        for route in table.routes:
            if _is_tag(route.prefix):
                yield f'route "{table.name}/{route.name}"', route.prefix, "UDR", "a route", route.origin.of("prefix")


def _network_rules(policy: FirewallPolicy) -> Iterator[tuple[str, NetworkRule]]:
    for group in policy.rule_collection_groups:
        for collection in group.collections:
            for rule in collection.rules:
                if isinstance(rule, NetworkRule):
                    yield f"{policy.name}/{group.name}/{collection.name}/{rule.name}", rule


def _is_tag(text: str) -> bool:
    return text[:1].isalpha() and text.lower() != "any"
