"""Firewalls on the way: rules on addresses, then rules on host names, then refusal."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.addresses import AddressMatch, all_of, any_of
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.verdict import Rule


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
class HostRule:
    """A rule on host names, with `*` as a wildcard in front, for the TCP ports of web and database protocols."""

    rule: Rule
    allow: bool
    sources: tuple[AddressMatch, ...]
    hosts: tuple[str, ...]
    ports: PortSet
    remark: str = ""

    def matches(self, flow: Flow, public: AddressSet) -> bool | None:
        """Whether the rule is about this flow; a flow that carries no name matches no rule on names."""
        if flow.protocol is not Protocol.TCP or flow.port not in self.ports:
            return False
        if not flow.host or not any(host_fits(pattern, flow.host) for pattern in self.hosts):
            return False
        return any_of(match.holds(flow.source, public) for match in self.sources)


def host_fits(pattern: str, host: str) -> bool:
    """Whether a host name fits a pattern: exact, `*`, or `*` in front of a suffix. Letter case does not count."""
    pattern, host = pattern.lower(), host.lower()
    if pattern.startswith("*"):
        return len(host) > len(pattern) - 1 and host.endswith(pattern[1:])
    return pattern == host


@dataclass(frozen=True, slots=True)
class Appliance:
    """A firewall that routes point to. Rules stand in the order in which they are read.

    `threats` says what it does with destinations on its threat list: "off", "alert" or "deny". On `name_ports` clients
    send a host name along; on `plain_ports` the appliance reads it and resolves it again. The kinds are what its owner
    calls its rules; no rule on names can state hosts that fit `linked_hosts`, and `link_mend` is the way to those.
    """

    name: str
    address: IPv4Address
    segment: str
    name_proxy: bool
    threats: str
    address_rules: tuple[AddressRule, ...]
    host_rules: tuple[HostRule, ...]
    name_ports: PortSet
    plain_ports: PortSet
    rule: Rule
    unlisted: Rule
    address_rule_kind: str = "network rule"
    host_rule_kind: str = "application rule"
    linked_hosts: tuple[str, ...] = ()
    link_mend: str = ""
