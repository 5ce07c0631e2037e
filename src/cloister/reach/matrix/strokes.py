"""Rules made ready for painting: whom each is about at a row's own end, and at the other."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from cloister.fabric.addresses import Address, AddressMatch, all_of
from cloister.fabric.appliances import AddressRule, Appliance
from cloister.fabric.filters import FilterRule
from cloister.fabric.flows import Flow
from cloister.fabric.sets import AddressSet, Span
from cloister.reach.matrix.atoms import Atom

State = bool | None
_EVERYWHERE = AddressSet.everything()
_NOBODY = Address(AddressSet())


@dataclass(frozen=True, slots=True)
class Stroke:
    """One rule. `own` is whom it is about at the row's own end, `others` at the other.

    `about` says of an atom whether it is about it, `key` is equal for rules that say the same of every atom. `vague`:
    where it decides, it is not known whether it is honoured. `ends`: where it allows, no further filter is read.
    """

    allow: bool
    own: tuple[AddressMatch, ...]
    others: tuple[AddressMatch, ...]
    key: Hashable
    about: Callable[[Atom], State]
    vague: bool = False
    ends: bool = False

    @property
    def own_span(self) -> Span | None:
        """The addresses that it is about at the row's own end, where they are one span and nothing is in doubt."""
        if len(self.own) == 1:
            match = self.own[0]
            named = match.labels or match.doubtful_labels
            plain = not named and len(match.sure.spans) == 1 and match.sure.spans == match.possible.spans
            return match.sure.spans[0] if plain else None
        return _EVERYWHERE.spans[0] if any(match.sure == _EVERYWHERE for match in self.own) else None


def outward(rules: Iterable[FilterRule]) -> tuple[Stroke, ...]:
    """Rules read at the sender: its own end is the source."""
    return tuple(_of_filter(rule, rule.sources, rule.destinations) for rule in rules)


def inward(rules: Iterable[FilterRule], *, one_range: bool) -> tuple[Stroke, ...]:
    """Rules read at the receiver: its own end is the destination.

    `one_range`: it is not known whether rules with several port ranges are honoured.
    """
    return tuple(
        _of_filter(rule, rule.destinations, rule.sources, vague=one_range and rule.port_ranges > 1) for rule in rules
    )


def _of_filter(
    rule: FilterRule, own: tuple[AddressMatch, ...], others: tuple[AddressMatch, ...], *, vague: bool = False
) -> Stroke:
    return Stroke(
        rule.allow,
        own,
        others,
        (rule.protocols, rule.doubtful_protocols, rule.ports, rule.source_ports),
        lambda atom: all_of((rule.about_protocol(atom.protocol), rule.about_ports(_flow(atom)))),
        vague,
        rule.ends,
    )


def _flow(atom: Atom) -> Flow:
    """A flow of an atom, of which only the port is looked at."""
    return Flow(_NOBODY, _NOBODY, atom.port, atom.protocol)


def through(appliance: Appliance) -> tuple[Stroke, ...]:
    """Rules of an appliance on the way: the own end is the source, and flows carry no host name."""
    return tuple(_of_appliance(rule) for rule in appliance.address_rules)


def _of_appliance(rule: AddressRule) -> Stroke:
    return Stroke(
        rule.allow,
        rule.sources,
        rule.destinations,
        (rule.protocols, rule.ports),
        lambda atom: atom.protocol in rule.protocols and atom.port in rule.ports,
    )
