"""Rules that no packet ever reaches, because the rules before them take everything that they are about."""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance, HostRule, Translation
from cloister.fabric.fabric import Fabric
from cloister.fabric.filters import FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import AddressSet
from cloister.reach.coverage import Extent, covering
from cloister.verdict import Rule

_ANYWHERE = AddressMatch.of("*", AddressSet.everything())
_TCP = frozenset({Protocol.TCP})


@dataclass(frozen=True, slots=True)
class Unread:
    """A rule that is never reached, and the earlier rules that together take everything from it.

    `opposed`: at least one of those decides otherwise, so that somebody may believe in what does not happen.
    """

    rule: Rule
    by: tuple[Rule, ...]
    opposed: bool


def unread_rules(fabric: Fabric) -> tuple[Unread, ...]:
    """Every rule of the author that is never reached wherever it stands, in the order of its lists."""
    found: dict[Rule, Unread] = {}
    read: set[Rule] = set()
    for extents in dict.fromkeys(_lists(fabric)):
        allowing = {extent.rule: extent.allow for extent in extents}
        for number, later in enumerate(extents):
            by = () if _spared(fabric, later) else covering(later, extents[:number], fabric.public)
            if not by or later.rule.origin is None:
                read.add(later.rule)
                continue
            found.setdefault(later.rule, Unread(later.rule, by, any(allowing[one] != later.allow for one in by)))
    return tuple(unread for rule, unread in found.items() if rule not in read)


def _lists(fabric: Fabric) -> Iterator[tuple[Extent, ...]]:
    """Every list of rules that is read from its top, each as one place meets it."""
    levels = [level for segment in fabric.segments.values() for level in (segment.guard, segment.filter)]
    levels += [place.filter for place in fabric.places.values()]
    for level in levels:
        if level is not None:
            yield tuple(_of_filter(rule) for rule in level.inbound)
            yield tuple(_of_filter(rule) for rule in level.outbound)
    for appliance in fabric.appliances:
        yield tuple(_of_translation(one) for one in appliance.translations if not one.doubt)
        yield (
            *(_of_addresses(appliance, rule) for rule in appliance.address_rules),
            *(_of_hosts(rule) for rule in appliance.host_rules),
        )


def _spared(fabric: Fabric, extent: Extent) -> bool:
    """Whether a rule names an address of the platform, of which rules that do not name it are not read at all."""
    return any(match.labels & fabric.platform.labels for match in extent.destinations)


def _of_filter(rule: FilterRule) -> Extent:
    protocols = rule.protocols | rule.doubtful_protocols
    return Extent(
        rule=rule.rule,
        allow=rule.allow,
        protocols=protocols,
        sure=rule.protocols,
        sources=rule.sources,
        destinations=rule.destinations,
        ports=rule.ports,
        source_ports=rule.source_ports,
    )


def _of_addresses(appliance: Appliance, rule: AddressRule) -> Extent:
    return Extent(
        rule=rule.rule,
        allow=rule.allow,
        protocols=rule.protocols,
        sure=rule.protocols,
        sources=rule.sources,
        destinations=rule.destinations,
        ports=rule.ports,
        named=rule.hosts if appliance.name_proxy else (),
    )


def _of_hosts(rule: HostRule) -> Extent:
    return Extent(
        rule=rule.rule,
        allow=rule.allow,
        protocols=_TCP,
        sure=_TCP,
        sources=rule.sources,
        destinations=(),
        ports=rule.ports,
        hosts=tuple(pattern.lower() for pattern in rule.hosts),
        lists=tuple(group.text for group in rule.groups),
    )


def _of_translation(translation: Translation) -> Extent:
    own = AddressMatch.of("", translation.addresses) if translation.addresses else _ANYWHERE
    return Extent(
        rule=translation.rule,
        allow=True,
        protocols=translation.protocols,
        sure=translation.protocols,
        sources=translation.sources,
        destinations=(own,),
        ports=translation.ports,
    )
