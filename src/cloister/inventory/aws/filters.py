"""Filters: security groups at interfaces, which remember connections, and network ACLs of subnets, which do not."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from cloister.origin import Origin

RuleProtocol = Literal["-1", "tcp", "udp", "icmp", "esp", "ah"]
"""What a rule can say of protocols; -1 is all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule:
    """A rule of a security group; it allows. With `self` its own group's members are meant as well."""

    name: str
    protocol: RuleProtocol = "-1"
    ports: str = "*"
    cidr_blocks: tuple[IPv4Network, ...] = ()
    prefix_lists: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    self: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group. Where nothing is said of `egress`, everything may leave, as AWS creates it."""

    name: str
    vpc: str
    ingress: tuple[SecurityGroupRule, ...] = ()
    egress: tuple[SecurityGroupRule, ...] | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAclRule:
    """A numbered rule of a network ACL: the smallest number that matches decides."""

    name: str
    rule_no: int
    action: Literal["allow", "deny"]
    protocol: RuleProtocol = "-1"
    ports: str = "*"
    cidr_block: IPv4Network
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl:
    """A network ACL. What no rule of its own is about is denied; replies need rules like everything else."""

    name: str
    vpc: str
    ingress: tuple[NetworkAclRule, ...] = ()
    egress: tuple[NetworkAclRule, ...] = ()
    origin: Origin
