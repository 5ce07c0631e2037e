"""Who answers name queries: private zones seen from networks, name servers that forward, public names."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.facts.well_known_ports import DOMAIN
from cloister.verdict import Rule

NAME_PORT = DOMAIN
"""The port at which every name server of the model answers."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a private zone: full name, or a wildcard with `*` as its first label.

    `address` is missing where something writes the record, but the input does not say with which address. Clients may
    take any of `others` instead of it.
    """

    name: str
    address: IPv4Address | None
    rule: Rule
    others: tuple[IPv4Address, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneView:
    """From which network a zone is seen; `falls_back` asks the public name service where the zone has no record.

    None: whether it does is not known. `idle_fallback`: the author asked for it where it does not count. `registers`:
    the machines of the network have records in the zone.
    """

    network: str
    falls_back: bool | None
    rule: Rule
    idle_fallback: bool = False
    registers: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A private zone: authoritative for its suffix in every network that sees it."""

    name: str
    records: tuple[Record, ...]
    views: tuple[ZoneView, ...]
    rule: Rule

    def view_from(self, network: str) -> ZoneView | None:
        """How that network sees the zone, if it does."""
        return next((view for view in self.views if view.network == network), None)


@dataclass(frozen=True, slots=True)
class PublicName:
    """What the public name service says of a host: an alias in front of the public address, where there is one.

    `alias_certain` is False where it is not known whether the alias exists. `door` is the service's door behind it.
    Without an `address`, public DNS has no such name.
    """

    host: str
    alias: str
    alias_certain: bool
    address: Address | None
    door: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class MachineName:
    """A machine that the resolver of its network knows by name; `label` is the first part of that name."""

    label: str
    network: str
    address: IPv4Address
    rule: Rule


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where another name server is asked."""

    address: IPv4Address
    port: int = NAME_PORT

    def __str__(self) -> str:
        return str(self.address) if self.port == NAME_PORT else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Forward:
    """Queries for a suffix (empty: all others) go to servers: the first that answers, or any of those `at_random`."""

    suffix: str
    to: tuple[Upstream, ...]
    rule: Rule
    at_random: bool = False


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Forwards that the resolvers of some networks obey; their queries leave at the `outlets`, which are places.

    `gap` says what of it is not known.
    """

    name: str
    networks: frozenset[str]
    forwards: tuple[Forward, ...]
    outlets: tuple[str, ...]
    rule: Rule
    gap: str = ""


class Rest(StrEnum):
    """What a name server does with names that it neither states nor forwards."""

    NETWORK = "asks the resolver of its network"
    PUBLIC = "asks the public name service"
    UNSTATED = "nobody says"


@dataclass(frozen=True, slots=True)
class NameServer:
    """A name server at an address.

    It stands at `place`. It states some names itself, forwards others, and does with the `rest` what that says; the
    resolver of its network is that of `network`. `refuses` says why it does not answer at all.
    """

    name: str
    address: IPv4Address
    place: str
    network: str
    records: tuple[Record, ...]
    forwards: tuple[Forward, ...]
    rest: Rest
    rule: Rule
    refuses: str = ""
    refusal_mend: str = ""


@dataclass(frozen=True, slots=True)
class KnownHost:
    """Which published address groups hold the hosts that fit a pattern (`images.example`, `*.example`)."""

    pattern: str
    labels: frozenset[str]
    doubtful_labels: frozenset[str]
