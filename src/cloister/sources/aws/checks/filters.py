"""Faults of filters: numbers that two rules share, rules about nobody, ports of what has none."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.aws import Inventory, NetworkAcl, NetworkAclRule, SecurityGroup, SecurityGroupRule

_WITH_PORTS = ("tcp", "udp")


def filter_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every rule that AWS would refuse, or that nobody could mean."""
    for group in inventory.security_groups:
        yield from _of_group(group)
    for acl in inventory.network_acls:
        yield from _of_acl(acl)


def _of_group(group: SecurityGroup) -> Iterator[Fault]:
    for rule in (*group.ingress, *(group.egress or ())):
        thing = f'rule "{group.name}/{rule.name}"'
        if not (rule.cidr_blocks or rule.prefix_lists or rule.security_groups or rule.self):
            mend = "write cidr_blocks, prefix_lists, security_groups or self: true"
            yield Fault(thing, "names nobody that it is about", mend, rule.origin)
        yield from _of_ports(thing, rule)


def _of_acl(acl: NetworkAcl) -> Iterator[Fault]:
    for rules in (acl.ingress, acl.egress):
        seen: dict[int, NetworkAclRule] = {}
        for rule in rules:
            thing = f'rule "{acl.name}/{rule.name}"'
            first = seen.setdefault(rule.rule_no, rule)
            if first is not rule:
                reason = f"has the rule_no {rule.rule_no}, which {acl.name}/{first.name} has already"
                yield Fault(thing, reason, "give one of the two another number", rule.origin.of("rule_no"))
            yield from _of_ports(thing, rule)


def _of_ports(thing: str, rule: SecurityGroupRule | NetworkAclRule) -> Iterator[Fault]:
    if rule.ports != "*" and rule.protocol not in _WITH_PORTS:
        what = "every protocol" if rule.protocol == "-1" else rule.protocol
        reason = f"states ports {rule.ports} for {what}, where there are none to state"
        yield Fault(thing, reason, "remove ports, or write protocol: tcp or udp", rule.origin.of("ports"))
