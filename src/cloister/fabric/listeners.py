"""What stands between a caller and what answers: a place, or a service, that takes connections and hands them on.

Unlike a balancer of `balancers`, it ends the connection and begins another one, under its own address unless it keeps
that of the caller.
"""

from dataclasses import dataclass

from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Listener:
    """What comes on `ports` goes on to `to_port` of one of the places `backends`.

    `keeps_source`: the backends see the caller's address. `check_port`: the port at which it looks whether a backend
    lives, 0 for none. `gap` says why it is not known where it leads.
    """

    rule: Rule
    protocols: frozenset[Protocol]
    ports: PortSet
    to_port: int
    backends: tuple[str, ...]
    keeps_source: bool = False
    check_port: int = 0
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a service hands on what it lets in: a port of one of the places `to`, over a link of its own.

    `bound`: the filters of those places are asked, of a caller whose address nobody knows. `gap` says why it is not
    known where it leads.
    """

    rule: Rule
    to: tuple[str, ...]
    port: int
    bound: bool = False
    gap: str = ""
    mend: str = ""
