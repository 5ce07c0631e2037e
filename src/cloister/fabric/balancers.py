"""Balancers: addresses that stand for several machines, each connection going to one of them.

A balancer changes the destination alone: filters at the machine see the caller, and its replies go their own way back.
"""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Balanced:
    """A rule of a frontend: what comes on `ports` goes on to one of the places `backends`.

    `to_port` is the port there, 0 where it stays as it is. A backend that the probe on `probe_port` does not reach gets
    nothing; without one, each gets its share. `every_port`: the rule also takes what is meant for others and routed
    here. `keeps_address`: the backend may see the frontend's address as the destination instead of its own.
    """

    rule: Rule
    protocols: frozenset[Protocol]
    ports: PortSet
    to_port: int
    backends: tuple[str, ...]
    probe_port: int = 0
    every_port: bool = False
    keeps_address: bool = False

    def port_behind(self, port: int) -> int:
        """The port at which a backend gets what came on a port."""
        return self.to_port or port


@dataclass(frozen=True, slots=True)
class Frontend:
    """An address of a balancer: private ones stand in a segment, public ones in none.

    `address` is None where a public one is not stated, `balancer` the name of what it belongs to. `open_outside` says
    that callers from outside come in where no filter stands at the backend.
    """

    name: str
    balancer: str
    address: IPv4Address | None
    within: Address
    segment: str
    open_outside: bool
    rules: tuple[Balanced, ...]
    rule: Rule

    def about(self, protocol: Protocol, port: int) -> Balanced | None:
        """The rule that takes a connection to the frontend."""
        return next((one for one in self.rules if protocol in one.protocols and port in one.ports), None)

    @property
    def forwarding(self) -> Balanced | None:
        """The rule that takes what is meant for others."""
        return next((one for one in self.rules if one.every_port), None)

    def only(self, rule: Balanced, backend: str) -> "Frontend":
        """The same with one backend behind a rule."""
        rules = tuple(replace(one, backends=(backend,)) if one == rule else one for one in self.rules)
        return replace(self, rules=rules)
