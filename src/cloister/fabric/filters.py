"""Stateful packet filters: ordered rules, the first that matches decides."""

from dataclasses import dataclass

from cloister.fabric.addresses import AddressMatch, all_of, any_of
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule. `port_ranges` is how many ranges the author wrote: some filters honour only one."""

    rule: Rule
    allow: bool
    protocols: frozenset[Protocol]
    sources: tuple[AddressMatch, ...]
    destinations: tuple[AddressMatch, ...]
    ports: PortSet
    port_ranges: int = 1

    def matches(self, flow: Flow, public: AddressSet) -> bool | None:
        """Whether the rule is about this flow; None where that cannot be told."""
        if flow.protocol not in self.protocols or flow.port not in self.ports:
            return False
        return all_of(
            any_of(match.holds(address, public) for match in matches)
            for matches, address in ((self.sources, flow.source), (self.destinations, flow.destination))
        )


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter at a segment or an interface, its rules in the order in which they are read."""

    name: str
    inbound: tuple[FilterRule, ...]
    outbound: tuple[FilterRule, ...]
    rule: Rule
