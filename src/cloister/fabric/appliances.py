"""Firewalls on the way: what is translated, rules on addresses, then rules on host names, then refusal.

Everything here is plain data in the order in which it is read, so that one flow and all pairs can be judged from it.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.addresses import NOWHERE, Address, AddressMatch, all_of, any_of
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.verdict import Rule

_NO_PORTS = PortSet()


@dataclass(frozen=True, slots=True)
class Translation:
    """A rule that leads from ports of the appliance's own addresses to a machine, and lets through what it leads.

    Without `addresses` it is about every public address of the appliance. It leads to `to`, or to where the appliance
    finds `to_host`. With a `doubt`, sources disagree whether it is in force at all.
    """

    rule: Rule
    protocols: frozenset[Protocol]
    sources: tuple[AddressMatch, ...]
    addresses: AddressSet
    ports: PortSet
    to: IPv4Address | None
    to_host: str
    to_port: int
    doubt: str = ""

    def matches(self, flow: Flow, public: AddressSet) -> bool | None:
        """Whether the rule is about a flow to the appliance's own address."""
        if flow.protocol not in self.protocols or flow.port not in self.ports:
            return False
        if self.addresses and flow.destination.single and flow.destination.single not in self.addresses:
            return False
        return any_of(match.holds(flow.source, public) for match in self.sources)


@dataclass(frozen=True, slots=True)
class AddressRule:
    """A rule on addresses. `hosts` are exact names that the appliance resolves itself, which needs its name proxy.

    `remark` is told whenever the rule lets something through.
    """

    rule: Rule
    allow: bool
    protocols: frozenset[Protocol]
    sources: tuple[AddressMatch, ...]
    destinations: tuple[AddressMatch, ...]
    hosts: tuple[str, ...]
    ports: PortSet
    remark: str = ""

    def matches(self, flow: Flow, public: AddressSet, *, resolves_names: bool) -> bool | None:
        """Whether the rule is about this flow; names count only where the appliance can resolve them."""
        if flow.protocol not in self.protocols or flow.port not in self.ports:
            return False
        named = resolves_names and bool(flow.host) and flow.host.lower() in self.hosts
        return all_of(
            (
                any_of(match.holds(flow.source, public) for match in self.sources),
                True if named else any_of(match.holds(flow.destination, public) for match in self.destinations),
            )
        )


@dataclass(frozen=True, slots=True)
class HostGroup:
    """Host names that somebody else keeps a list of, called `text`. `hosts` are known to be on it.

    With `suffixes`, no name under any other is on the list; without, any name may be.
    """

    text: str
    hosts: tuple[str, ...]
    suffixes: tuple[str, ...]

    def holds(self, host: str) -> bool | None:
        """Whether a host is on the list; None where that is not published."""
        if any(host_fits(pattern, host) for pattern in self.hosts):
            return True
        if not self.suffixes:
            return None
        return None if any(host_fits(f"*.{suffix}", host) for suffix in self.suffixes) else False


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule on host names, with `*` as a wildcard in front, for the TCP ports of web and database protocols.

    On `resolved_ports` the appliance reads the name from inside of the connection and resolves it again by itself.
    """

    rule: Rule
    allow: bool
    sources: tuple[AddressMatch, ...]
    hosts: tuple[str, ...]
    ports: PortSet
    remark: str = ""
    groups: tuple[HostGroup, ...] = ()
    resolved_ports: PortSet = _NO_PORTS

    def matches(self, flow: Flow, public: AddressSet) -> bool | None:
        """Whether the rule is about this flow; a flow that carries no name matches no rule on names."""
        if flow.protocol is not Protocol.TCP or flow.port not in self.ports or not flow.host:
            return False
        named = any_of(
            (
                any(host_fits(pattern, flow.host) for pattern in self.hosts),
                *(group.holds(flow.host) for group in self.groups),
            )
        )
        return all_of((named, any_of(match.holds(flow.source, public) for match in self.sources)))


def host_fits(pattern: str, host: str) -> bool:
    """Whether a host name fits a pattern: exact, `*`, or `*` in front of a suffix. Letter case does not count."""
    pattern, host = pattern.lower(), host.lower()
    if pattern.startswith("*"):
        return len(host) > len(pattern) - 1 and host.endswith(pattern[1:])
    return pattern == host


@dataclass(frozen=True, slots=True)
class Appliance:
    """A firewall that routes point to. Rules stand in the order in which they are read.

    `threats` says what it does with destinations on its threat list: "off", "alert" or "deny"; `trusted` and
    `trusted_hosts` are never on it. It sends translated flows from `own`. Rules on addresses keep the source of flows
    towards `keeps_source`. On `name_ports` clients send a host name along; on `proxy_ports` they may ask it to connect
    for them. `builtin` is what the maker lets through after all rules. The kinds are what its owner calls its rules; no
    rule on names can state hosts that fit `linked_hosts`, and `link_mend` is the way to those. `machine` is the place
    that forwards, where it is a machine with ways out and filters of its own, and not the cloud's appliance.
    """

    name: str
    address: IPv4Address
    segment: str
    name_proxy: bool
    threats: str
    address_rules: tuple[AddressRule, ...]
    host_rules: tuple[HostRule, ...]
    name_ports: PortSet
    rule: Rule
    unlisted: Rule
    own: Address
    address_rule_kind: str = "network rule"
    host_rule_kind: str = "application rule"
    linked_hosts: tuple[str, ...] = ()
    link_mend: str = ""
    public_addresses: AddressSet = NOWHERE
    translations: tuple[Translation, ...] = ()
    trusted: tuple[AddressMatch, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    keeps_source: AddressSet = NOWHERE
    keeping: Rule | None = None
    proxy_ports: PortSet = _NO_PORTS
    builtin: HostGroup | None = None
    machine: str = ""

    def translates(self, destination: Address) -> bool:
        """Whether rules on addresses put the appliance's own address in front of a flow to there."""
        return not destination.within <= self.keeps_source
