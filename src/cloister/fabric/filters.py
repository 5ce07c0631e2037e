"""Packet filters: ordered rules, the first that matches decides.

A filter remembers connections, so that rules are about requests alone. Of one that does not, what it says to replies is
a filter of its own, with its rules turned round: who may reply to whom is said as who may ask whom.
"""

from dataclasses import dataclass

from cloister.fabric.addresses import Address, AddressMatch, all_of, any_of
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts.well_known_ports import CLIENT_PORTS
from cloister.verdict import Rule

_EVERY_PORT = PortSet.everything()
SENT_FROM = PortSet((CLIENT_PORTS,))
"""The ports that a client may send from, and be answered at."""


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule. `port_ranges` is how many ranges the author wrote: some filters honour only one.

    `doubtful_protocols` are those of which it is not known whether the rule is about them. `ends` says that a flow
    which the rule allows meets no further filter on this side.
    """

    rule: Rule
    allow: bool
    protocols: frozenset[Protocol]
    sources: tuple[AddressMatch, ...]
    destinations: tuple[AddressMatch, ...]
    ports: PortSet
    port_ranges: int = 1
    source_ports: PortSet = _EVERY_PORT
    doubtful_protocols: frozenset[Protocol] = frozenset()
    ends: bool = False

    def matches(self, flow: Flow, public: AddressSet) -> bool | None:
        """Whether the rule is about this flow; None where that cannot be told."""
        about = all_of((self.about_protocol(flow.protocol), self.about_ports(flow)))
        if about is False:
            return False
        source = _held(self.sources, flow.source, public)
        if source is False:
            return False
        return all_of((about, source, _held(self.destinations, flow.destination, public)))

    def about_protocol(self, protocol: Protocol) -> bool | None:
        """Whether the rule is about a protocol."""
        return True if protocol in self.protocols else None if protocol in self.doubtful_protocols else False

    def about_ports(self, flow: Flow) -> bool | None:
        """Whether the rule is about the ports of a flow: a client may send from any port that is free for clients."""
        if flow.protocol.has_ports:
            if flow.port not in self.ports:
                return False
            return True if self.source_ports >= SENT_FROM else None
        return True if self.ports == self.source_ports == _EVERY_PORT else None


def _held(matches: tuple[AddressMatch, ...], address: Address, public: AddressSet) -> bool | None:
    """Whether one of the matches means the address."""
    if len(matches) == 1:  # nearly always
        return matches[0].holds(address, public)
    return any_of(match.holds(address, public) for match in matches)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter before a network, at a segment or an interface, its rules in the order in which they are read.

    What no rule is about is refused, but handed on where the filter is one that only singles out some flows.
    `of_replies`: it is about the replies of a flow, which go the other way.
    """

    name: str
    inbound: tuple[FilterRule, ...]
    outbound: tuple[FilterRule, ...]
    rule: Rule
    hands_on: bool = False
    of_replies: bool = False
