"""The way of a packet as values: its legs, and where it was delivered."""

from dataclasses import dataclass
from enum import StrEnum

from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Peer
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import AddressSet
from cloister.reach.judged import Judged

_UNSTATED = AddressSet()
_EVERY_PROTOCOL = frozenset(Protocol)


class EndKind(StrEnum):
    """Where a packet can be delivered."""

    SEGMENT = "segment"
    ENDPOINT = "endpoint"
    APPLIANCE = "appliance"
    BALANCER = "balancer"
    SITE = "site"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class End:
    """Where a packet was delivered. `identity` is the segment that a service sees as the caller, if it sees one.

    `acts_as` are the names under which a service knows the caller, whatever its address.
    `over` is the kind of services over whose own route it came.
    On the internet it comes from the addresses `shows`, if they are known, and its way carries the protocols `carries`.
    """

    kind: EndKind
    where: str = ""
    identity: str = ""
    acts_as: tuple[str, ...] = ()
    shows: AddressSet = _UNSTATED
    carries: frozenset[Protocol] = _EVERY_PROTOCOL
    over: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the way: the step, the appliance that the packet then stands before, the network that it then enters.

    `entering` is set where an appliance sends the packet on into another network, which that network has to accept.
    `balanced`: a balancer sends it on.
    """

    judged: Judged
    appliance: Appliance | None = None
    entering: Peer | None = None
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """The legs in order, and the end if there is one."""

    legs: tuple[Leg, ...]
    end: End | None

    @property
    def appliances(self) -> tuple[Appliance, ...]:
        """The appliances on the way, in order."""
        return tuple(leg.appliance for leg in self.legs if leg.appliance)
