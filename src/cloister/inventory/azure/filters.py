"""Filters: network security groups, application security groups, and the admin rules that stand before both."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin

RuleProtocol = Literal["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"]
"""What a rule can say of protocols."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """A rule of a network security group: addresses are prefixes, tags or `*`; ports are `443`, `80-90`, `*`.

    Where application security groups stand on a side, they alone are that side, and its addresses say nothing.
    """

    name: str
    priority: int
    direction: Literal["Inbound", "Outbound"]
    access: Literal["Allow", "Deny"]
    protocol: RuleProtocol
    source: tuple[str, ...]
    source_ports: tuple[str, ...] = ("*",)
    source_application_security_groups: tuple[str, ...] = ()
    destination: tuple[str, ...]
    destination_ports: tuple[str, ...]
    destination_application_security_groups: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSecurityGroup:
    """Rules for subnets and interfaces; the default rules come from facts."""

    name: str
    rules: tuple[SecurityRule, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSecurityGroup:
    """A set of interfaces under one name; machines and private endpoints say themselves that they belong to it."""

    name: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGroup:
    """A network group of a Virtual Network Manager: networks that its rules are deployed to."""

    name: str
    networks: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRule:
    """A security admin rule, read before network security groups: Allow hands on to them, the others end it there."""

    name: str
    priority: int
    direction: Literal["Inbound", "Outbound"]
    access: Literal["Allow", "Deny", "AlwaysAllow"]
    protocol: RuleProtocol
    source: tuple[str, ...]
    source_ports: tuple[str, ...] = ("*",)
    destination: tuple[str, ...]
    destination_ports: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRuleCollection:
    """Admin rules that are deployed to networks, named one by one or as network groups."""

    name: str
    networks: tuple[str, ...] = ()
    network_groups: tuple[str, ...] = ()
    rules: tuple[AdminRule, ...]
    origin: Origin
