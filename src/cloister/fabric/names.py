"""Who answers name queries: private zones seen from networks, name servers that forward, public names."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a private zone: full name, or a wildcard with `*` as its first label.

    `address` is missing where something writes the record, but the input does not say with which address.
    """

    name: str
    address: IPv4Address | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class ZoneView:
    """From which network a zone is seen; `falls_back` asks the public name service where the zone has no record.

    None: whether it does is not known.
    """

    network: str
    falls_back: bool | None
    rule: Rule


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
    """

    host: str
    alias: str
    alias_certain: bool
    address: Address
    door: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Forward:
    """Queries for a suffix (empty: all others) go to a server; to the public name service where `to` is missing."""

    suffix: str
    to: IPv4Address | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class NameServer:
    """A name server at an address.

    It stands at `place`. It states some names itself, forwards others, and asks for the rest: the resolver of
    `network` if it stands in one, else the public name service. `refuses` says why it does not answer at all.
    """

    name: str
    address: IPv4Address
    place: str
    network: str
    records: tuple[Record, ...]
    forwards: tuple[Forward, ...]
    rule: Rule
    refuses: str = ""
    refusal_mend: str = ""


@dataclass(frozen=True, slots=True)
class KnownHost:
    """Which published address groups hold the hosts that fit a pattern (`images.example`, `*.example`)."""

    pattern: str
    labels: frozenset[str]
    doubtful_labels: frozenset[str]
