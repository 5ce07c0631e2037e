"""Services with several doors (host names), the private endpoints that lead to them, and their own access rules."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.filters import Filter
from cloister.fabric.listeners import Onward
from cloister.fabric.policies import ServicePolicy
from cloister.fabric.sets import AddressSet
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Door:
    """One host name of a service, such as `storage/file`. `zones` are the private zones in which its record belongs.

    `also` are other host names that sources give for the same door.
    """

    name: str
    service: str
    host: str
    port: int
    zones: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicAccess:
    """What a service says to callers from outside its private endpoints. `segments` come in by service identity.

    `exceptions` are names under which others act; whoever acts under one comes in whatever the rest says.
    `spares_own_region`: its rules on addresses have no effect on callers from its own region. `endpoints` are the
    private ones that it takes callers from, None where it takes them from all.
    """

    enabled: bool
    open_to_all: bool
    segments: tuple[str, ...]
    addresses: AddressSet
    switch: Rule
    default: Rule
    exceptions: tuple[str, ...] = ()
    exempted: Rule | None = None
    exception_mend: str = ""
    spares_own_region: bool = False
    endpoints: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A managed service. `gap` says what of it is not known, where that decides who is let in.

    `remarks` and `login` are told to everybody who gets in: rules whose names are sentences. `through` is the door of
    another service whose private endpoints lead here, where it has none of its own. `refuses` says why it lets in
    nobody at all, with its `mend`. What it lets in goes on to all of `onward`.
    """

    name: str
    kind: str
    doors: tuple[Door, ...]
    public: PublicAccess
    rule: Rule
    gap: str = ""
    remarks: tuple[Rule, ...] = ()
    login: Rule | None = None
    through: str = ""
    refuses: str = ""
    mend: str = ""
    onward: tuple[Onward, ...] = ()


@dataclass(frozen=True, slots=True)
class Relay:
    """A door of a service that no endpoint is for, though its host name leads to one.

    `passes`: whether the endpoint passes on to it, where it is as from outside; None where nobody says. `mend` is what
    would make the door one of the endpoint's own, or the missing fact known.
    """

    host: str
    service: str
    passes: bool | None
    text: str
    rule: Rule
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A private endpoint: addresses in a segment that lead to doors of one service, once its owner approved it.

    `closed` says in other words than its state why it carries nothing, and `mend` what would open it.

    `local_routes`: whether a route to the network itself may lead to it instead of its own; None where nobody says.
    `filter` is that of its own interface. `policy`: what passes through it of services that others have as well.
    `called` is its name as services know it. `routed`: its replies go by the routes of its segment.
    """

    name: str
    addresses: tuple[IPv4Address, ...]
    segment: str
    service: str
    doors: tuple[str, ...]
    state: str
    approved: bool
    filters_bind: bool
    rule: Rule
    local_routes: bool | None = None
    gap: str = ""
    closed: str = ""
    mend: str = ""
    relays: tuple[Relay, ...] = ()
    filter: Filter | None = None
    policy: ServicePolicy | None = None
    called: str = ""
    routed: bool = False
