"""Security groups as filters of interfaces, and network ACLs as filters of segments.

A network ACL remembers nothing. What it says to replies becomes a filter of its own, its rules turned round: an egress
rule towards clients lets in requests that those clients may send, if it covers the ports that clients have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.facts.well_known_ports import CLIENT_PORTS
from cloister.inventory.aws import NetworkAcl, NetworkAclRule, SecurityGroup, SecurityGroupRule, Subnet, Vpc
from cloister.origin import Origin
from cloister.verdict import Rule

_EVERY_PORT = PortSet.everything()
_OF_CLIENTS = PortSet((CLIENT_PORTS,))
_ANYWHERE = AddressMatch.of("everything", AddressSet.everything())
Sides = tuple[tuple[AddressMatch, ...], tuple[AddressMatch, ...]]
"""Sources and destinations."""
_PROTOCOLS = {
    "-1": frozenset(Protocol),
    "tcp": frozenset({Protocol.TCP}),
    "udp": frozenset({Protocol.UDP}),
    "icmp": frozenset({Protocol.ICMP}),
    "esp": frozenset({Protocol.ESP}),
    "ah": frozenset({Protocol.AH}),
}


def _allow_all(rule: Rule) -> FilterRule:
    return _rule(rule, _PROTOCOLS["-1"], ((_ANYWHERE,), (_ANYWHERE,)))


def _rule(
    rule: Rule,
    protocols: frozenset[Protocol],
    sides: Sides,
    ports: PortSet = _EVERY_PORT,
    *,
    allow: bool = True,
    source_ports: PortSet = _EVERY_PORT,
) -> FilterRule:
    return FilterRule(rule, allow, protocols, *sides, ports, source_ports=source_ports)


def groups_filter(layout: Layout, groups: tuple[str, ...], origin: Origin) -> Filter | None:
    """What the security groups of an interface say together; none where it has no groups at all."""
    if not groups:
        return None
    known = {group.name: group for group in layout.inventory.security_groups}
    inbound: list[FilterRule] = []
    outbound: list[FilterRule] = []
    for name in groups:
        into, out = _of_group(layout, known[name]) if name in known else _of_default(layout, name)
        inbound += into
        outbound += out
    name = f"security group{'s' if len(groups) > 1 else ''} {', '.join(groups)}"
    return Filter(name, tuple(inbound), tuple(outbound), Rule(name, origin.of("security_groups")))


def _of_group(layout: Layout, group: SecurityGroup) -> tuple[list[FilterRule], list[FilterRule]]:
    source = tables.aws_behaviours()["group-egress"].source
    out = [_allow_all(Rule("everything may leave", source=source))]
    if group.egress is not None:
        out = [_of_rule(layout, group, rule, outbound=True) for rule in group.egress]
    return [_of_rule(layout, group, rule, outbound=False) for rule in group.ingress], out


def _of_default(layout: Layout, name: str) -> tuple[list[FilterRule], list[FilterRule]]:
    """The default group of a VPC as AWS makes it."""
    rule = Rule("as AWS makes it", source=tables.aws_behaviours()["group-default"].source)
    members = layout.members.get(name, AddressMatch.of(name, AddressSet()))
    return [_rule(rule, _PROTOCOLS["-1"], ((members,), (_ANYWHERE,)))], [_allow_all(rule)]


def _of_rule(layout: Layout, group: SecurityGroup, rule: SecurityGroupRule, *, outbound: bool) -> FilterRule:
    others = tuple(_named(layout, group, rule))
    found = Rule(f"{group.name}/{rule.name}", rule.origin)
    return _rule(found, _PROTOCOLS[rule.protocol], _sides(others, outbound=outbound), PortSet.of(rule.ports))


def _sides(others: tuple[AddressMatch, ...], *, outbound: bool) -> Sides:
    """Where a rule stands on one side of everything: the others are where packets go to, or where they come from."""
    return ((_ANYWHERE,), others) if outbound else (others, (_ANYWHERE,))


def _named(layout: Layout, group: SecurityGroup, rule: SecurityGroupRule) -> Iterator[AddressMatch]:
    """Whom a rule of a security group is about."""
    for block in rule.cidr_blocks:
        yield AddressMatch.of(str(block), AddressSet.of(block))
    for name in (*rule.security_groups, *((group.name,) if rule.self else ())):
        yield layout.members.get(name, AddressMatch.of(f"group {name}", AddressSet()))
    for name in rule.prefix_lists:
        yield prefix_list_match(layout, name)


def prefix_list_match(layout: Layout, name: str) -> AddressMatch:
    """The addresses of a prefix list: one's own are known, Amazon's are not, but whose they are is."""
    own = next((one for one in layout.inventory.prefix_lists if one.name == name), None)
    if own:
        return AddressMatch.of(name, AddressSet.of(*own.entries))
    return AddressMatch(name, labels=frozenset({name.lower()}))


@dataclass(frozen=True, slots=True)
class Border:
    """What a network ACL says to requests, and what to their replies; no filter where nothing can be refused."""

    requests: Filter
    replies: Filter | None


def border(layout: Layout, vpc: Vpc, subnet: Subnet) -> Border:
    """The network ACL of a subnet: its own, the VPC's default one, or the one that AWS makes."""
    name = subnet.network_acl or vpc.default_network_acl
    acl = next((one for one in layout.inventory.network_acls if one.name == name), None)
    if acl is None:
        rule = Rule("everything passes", source=tables.aws_behaviours()["nacl-default"].source)
        everything = (_allow_all(rule),)
        return Border(Filter(f"default network ACL of {vpc.name}", everything, everything, rule), None)
    return _border(acl, subnet)


def _border(acl: NetworkAcl, subnet: Subnet) -> Border:
    inside = AddressMatch.of("the subnet", AddressSet.of(subnet.cidr_block))
    source = tables.aws_behaviours()["nacl-inside"].source
    spare = Rule("a network ACL is not asked inside of its subnet", source=source)
    within = _rule(spare, _PROTOCOLS["-1"], ((inside,), (inside,)))
    own = Rule(f"network ACL {acl.name}", acl.origin)
    ingress, egress = _in_order(acl.ingress), _in_order(acl.egress)
    requests = Filter(
        own.name,
        (within, *(_of_acl(acl, rule, outbound=False) for rule in ingress)),
        (within, *(_of_acl(acl, rule, outbound=True) for rule in egress)),
        own,
    )
    stateless = Rule(own.name, acl.origin, tables.aws_behaviours()["nacl-stateless"].source)
    replies = Filter(
        own.name,
        (within, *_turned_round(acl, egress, outbound=True)),
        (within, *_turned_round(acl, ingress, outbound=False)),
        stateless,
        of_replies=True,
    )
    return Border(requests, replies)


def _in_order(rules: Iterable[NetworkAclRule]) -> list[NetworkAclRule]:
    return sorted(rules, key=lambda rule: rule.rule_no)


def _of_acl(acl: NetworkAcl, rule: NetworkAclRule, *, outbound: bool) -> FilterRule:
    other = (AddressMatch.of(str(rule.cidr_block), AddressSet.of(rule.cidr_block)),)
    found, sides = Rule(f"{acl.name}/{rule.name}", rule.origin), _sides(other, outbound=outbound)
    return _rule(found, _PROTOCOLS[rule.protocol], sides, PortSet.of(rule.ports), allow=rule.action == "allow")


def _turned_round(acl: NetworkAcl, rules: list[NetworkAclRule], *, outbound: bool) -> Iterator[FilterRule]:
    """What rules say to replies, as rules on the requests: those about no port of clients are about no reply.

    A rule on what leaves becomes one on requests that come in, from where it leads to; and the other way round.
    """
    for rule in rules:
        ports = PortSet.of(rule.ports)
        if ports.isdisjoint(_OF_CLIENTS):
            continue
        other = (AddressMatch.of(str(rule.cidr_block), AddressSet.of(rule.cidr_block)),)
        yield _rule(
            Rule(f"{acl.name}/{rule.name}", rule.origin),
            _PROTOCOLS[rule.protocol],
            _sides(other, outbound=not outbound),
            allow=rule.action == "allow",
            source_ports=_EVERY_PORT if ports >= _OF_CLIENTS else ports,
        )
