"""The hosts that two environments may answer for differently: the names in rules of appliances whose rules differ."""

from collections.abc import Iterator

from cloister.ask.asking import AnyEnvironment, answer
from cloister.ask.pairs import Kind, Pair, Ports, Wanted
from cloister.ask.question import Question
from cloister.fabric.appliances import AddressRule, Appliance, HostRule
from cloister.fabric.fabric import Fabric
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.verdict import Answer

Hosts = dict[str, PortSet]
"""Hosts with the TCP ports to ask about."""
_STANDS_FOR_ALL = "any-host"  # a name under a wildcard, for all names under it
_USUAL = PortSet.of("443")  # asked for where a rule is about every port


def changed_hosts(old: Fabric, new: Fabric) -> Hosts:
    """The hosts named by any rule of an appliance whose rules, or their order, are not the same in both."""
    before, after = ({one.name: one for one in fabric.appliances} for fabric in (old, new))
    found: Hosts = {}
    for name in dict.fromkeys((*after, *before)):
        pair = [appliances[name] for appliances in (before, after) if name in appliances]
        if len(pair) == 1 or _read(pair[0]) != _read(pair[1]):
            for rule in (rule for appliance in pair for rule in _rules(appliance)):
                for host in _hosts(rule):
                    found[host] = PortSet.union((found.get(host, PortSet()), _ports(rule)))
    return found


def host_pairs(environment: AnyEnvironment, hosts: Hosts, wanted: Wanted) -> Iterator[Pair]:
    """Every place with every host, on the first port of each span that rules name."""
    for place in environment.fabric.places if Protocol.TCP in wanted.protocols else ():
        for host, ports in hosts.items():
            asked = [low for low, _ in ports.spans if low in wanted.ports]
            if asked:
                yield _pair(environment, place, host, asked)


def _pair(environment: AnyEnvironment, place: str, host: str, ports: list[int]) -> Pair:
    open_at: dict[Answer, list[PortSet]] = {one: [] for one in Answer}
    for port in ports:
        question = Question(f"{place} -> {host}:{port}", place, host, port)
        open_at[answer(environment, question).verdict.answer].append(PortSet.of(str(port)))
    having: dict[Answer, Ports] = {
        one: ((Protocol.TCP, PortSet.union(found)),) if found else () for one, found in open_at.items()
    }
    return Pair(place, host, Kind.HOST, having[Answer.ALLOW], having[Answer.UNKNOWN], having[Answer.DENY])


def _rules(appliance: Appliance) -> tuple[AddressRule | HostRule, ...]:
    return (*appliance.address_rules, *appliance.host_rules)


def _read(appliance: Appliance) -> list[tuple[object, ...]]:
    """The rules as they are read, wherever they are written and whatever they are called."""
    on_addresses: list[tuple[object, ...]] = [
        (rule.allow, rule.protocols, rule.sources, rule.destinations, rule.hosts, rule.ports)
        for rule in appliance.address_rules
    ]
    on_names: list[tuple[object, ...]] = [
        (rule.allow, rule.sources, rule.hosts, rule.ports, rule.groups, rule.resolved_ports)
        for rule in appliance.host_rules
    ]
    return [*on_addresses, *on_names]


def _hosts(rule: AddressRule | HostRule) -> Iterator[str]:
    """The names of a rule, lower-case; one host stands for a wildcard. `*` alone is any host: the internet's pair."""
    grouped = (host for group in rule.groups for host in group.hosts) if isinstance(rule, HostRule) else ()
    for host in (*rule.hosts, *grouped):
        named = host.lower()
        if named.strip("*."):
            yield f"{_STANDS_FOR_ALL}.{named.lstrip('*.')}" if named.startswith("*") else named


def _ports(rule: AddressRule | HostRule) -> PortSet:
    return _USUAL if PortSet.everything() == rule.ports else rule.ports
