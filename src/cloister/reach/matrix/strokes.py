"""Rules made ready for painting: whom each is about at a row's own end, and which spots at the other."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from cloister.fabric.addresses import Address, AddressMatch, all_of
from cloister.fabric.appliances import AddressRule, Appliance
from cloister.fabric.filters import FilterRule
from cloister.fabric.flows import Flow
from cloister.fabric.sets import AddressSet
from cloister.reach.matrix.atoms import Atom
from cloister.reach.matrix.spots import Indices, Marks, Spots

State = bool | None
_EVERYWHERE = AddressSet.everything()


@dataclass(frozen=True)
class Stroke:
    """One rule. `own` is whom it is about at the row's own end, `spots` at the other.

    `about` says of an atom whether it is about it, `key` is equal for rules that say the same of every atom. `vague`:
    where it decides, it is not known whether it is honoured. `ends`: where it allows, no further filter is read.
    """

    allow: bool
    own: tuple[AddressMatch, ...]
    spots: tuple[Marks, ...]
    key: Hashable
    about: Callable[[Atom], State]
    vague: bool = False
    ends: bool = False

    @cached_property
    def about_all(self) -> bool:
        """Whether it is about every address at the row's own end."""
        return any(match.sure == _EVERYWHERE for match in self.own)

    @cached_property
    def spots_sure(self) -> tuple[slice | Indices, ...]:
        """Where it is surely about the spots."""
        stretches = chain.from_iterable(marks.sure for marks in self.spots)
        return (*stretches, *(marks.sure_at for marks in self.spots if marks.sure_at is not None))

    @cached_property
    def spots_maybe(self) -> tuple[slice | Indices, ...]:
        """Where it may be about the spots."""
        stretches = chain.from_iterable(marks.maybe for marks in self.spots)
        return (*stretches, *(marks.maybe_at for marks in self.spots if marks.maybe_at is not None))


def outward(rules: Iterable[FilterRule], spots: Spots) -> tuple[Stroke, ...]:
    """Rules read at the sender: its own end is the source, the spots are destinations."""
    return tuple(_of_filter(rule, rule.sources, rule.destinations, spots) for rule in rules)


def inward(rules: Iterable[FilterRule], spots: Spots, *, one_range: bool) -> tuple[Stroke, ...]:
    """Rules read at the receiver: its own end is the destination, the spots are sources.

    `one_range`: it is not known whether rules with several port ranges are honoured.
    """
    return tuple(
        _of_filter(rule, rule.destinations, rule.sources, spots, vague=one_range and rule.port_ranges > 1)
        for rule in rules
    )


def _of_filter(
    rule: FilterRule,
    own: tuple[AddressMatch, ...],
    others: tuple[AddressMatch, ...],
    spots: Spots,
    *,
    vague: bool = False,
) -> Stroke:
    return Stroke(
        rule.allow,
        own,
        tuple(spots.marks(match) for match in others),
        (rule.protocols, rule.doubtful_protocols, rule.ports, rule.source_ports),
        lambda atom: all_of((rule.about_protocol(atom.protocol), rule.about_ports(_flow(atom)))),
        vague,
        rule.ends,
    )


def _flow(atom: Atom) -> Flow:
    """A flow of an atom, of which only the port is looked at."""
    return Flow(Address(AddressSet()), Address(AddressSet()), atom.port, atom.protocol)


def through(appliance: Appliance, spots: Spots) -> tuple[Stroke, ...]:
    """Rules of an appliance on the way: the own end is the source, and flows carry no host name."""
    return tuple(_of_appliance(rule, spots) for rule in appliance.address_rules)


def _of_appliance(rule: AddressRule, spots: Spots) -> Stroke:
    return Stroke(
        rule.allow,
        rule.sources,
        tuple(spots.marks(match) for match in rule.destinations),
        (rule.protocols, rule.ports),
        lambda atom: atom.protocol in rule.protocols and atom.port in rule.ports,
    )
