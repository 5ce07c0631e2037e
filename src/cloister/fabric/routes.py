"""Routes: where packets for some addresses go next."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.egress import Egress
from cloister.fabric.sets import AddressSet
from cloister.verdict import Rule


class HopKind(StrEnum):
    """What stands at the other end of a route."""

    LOCAL = "local"
    PEER = "peer"
    ENDPOINT = "endpoint"
    APPLIANCE = "appliance"
    GATEWAY = "gateway"
    SERVICE = "service"
    INTERNET = "internet"
    ELSEWHERE = "elsewhere"
    DROP = "drop"


class Preference(IntEnum):
    """Which route wins where prefixes are equally long: the smaller. FIXED routes beat LEARNED ones at any length."""

    USER = 0
    LEARNED = 1
    SYSTEM = 2
    FIXED = 3


@dataclass(frozen=True, slots=True)
class Hop:
    """The next hop. `target` is a network, an endpoint, a gateway or a service, as the kind says."""

    kind: HopKind
    target: str = ""
    address: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route. `length` is the prefix length, or None where the destination is a published address group.

    `yields_at` is the length from which a user's route that covers it wins although it is shorter (private endpoints).
    `closed` says why a route that leads nowhere does so, where no change of routes would open it.
    `rank` decides between routes of one length and one preference: the smaller wins. `parts` are the addresses of a
    published address group by the length of their prefix, the longest first, where its list is at hand. `egress` is the
    way to the internet that it takes, where that is another than the segment's.
    """

    to: AddressMatch
    length: int | None
    preference: Preference
    hop: Hop
    rule: Rule
    yields_at: int = 33
    closed: str = ""
    rank: int = 0
    parts: tuple[tuple[int, AddressSet], ...] = ()
    egress: Egress | None = None
