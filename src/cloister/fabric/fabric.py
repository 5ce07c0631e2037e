"""The data plane of one environment, without a cloud's words: what `reach` walks on."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address
from itertools import accumulate

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance, host_fits
from cloister.fabric.balancers import Frontend
from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.filters import Filter
from cloister.fabric.listeners import Listener
from cloister.fabric.names import KnownHost, MachineName, NameServer, PublicName, Ruleset, Zone
from cloister.fabric.policies import ServicePolicy
from cloister.fabric.routes import Route
from cloister.fabric.services import Door, Endpoint, Service
from cloister.fabric.sets import AddressSet, PortSet
from cloister.verdict import Rule

_UNSTATED = AddressSet()


@dataclass(frozen=True, slots=True)
class Peer:
    """An open peering as one of its two networks has it. `accepts_forwarded`: packets that others sent on may enter.

    It joins the addresses `near` of that network with the addresses `far` of the other one. `doubt` says why it is not
    known whether it carries anything, and `mend` what would settle that.
    """

    network: str
    accepts_forwarded: bool
    near: AddressSet
    far: AddressSet
    rule: Rule
    doubt: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class BrokenPeer:
    """A peering that was written but carries nothing, with the reason and what would open it."""

    network: str
    reason: str
    mend: str
    rule: Rule


_WIDE = 1 << 24
"""How many addresses a route is to, at least, that is looked at whatever the address: few are so wide."""


class NearRoutes:
    """Routes by where they lead to, so that those near some addresses are found without looking at all of them.

    A route to a published group, or to very many addresses, is near to everything.
    """

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._routes = routes
        self._always: list[int] = []
        spans: list[tuple[int, int, int]] = []
        for number, route in enumerate(routes):
            own = route.to.possible.spans
            if route.to.labels or route.to.doubtful_labels or any(high - low >= _WIDE for low, high in own):
                self._always.append(number)
            else:
                spans += [(low, high, number) for low, high in own]
        spans.sort()
        self._spans = spans
        self._starts = [low for low, _, _ in spans]
        self._reach = list(accumulate((high for _, high, _ in spans), max))

    def near(self, addresses: AddressSet) -> Iterator[Route]:
        """The routes that may lead to one of the addresses, in their order."""
        found = set(self._always)
        for low, high in addresses.spans:
            at = bisect_right(self._starts, high) - 1
            while at >= 0 and self._reach[at] >= low:
                if self._spans[at][1] >= low:
                    found.add(self._spans[at][2])
                at -= 1
        return (self._routes[number] for number in sorted(found))


@dataclass(frozen=True)
class Network:
    """A network: its address space, the routes that all its segments share, and where its machines ask for names.

    `link_mend` is set where no other network can be joined to it: how it gets a private endpoint of its own.
    `unread_servers` says why it is not known which name servers its machines ask, and by what place in the input;
    `no_resolver` why the cloud's own resolver does not answer them.
    """

    name: str
    space: AddressSet
    routes: tuple[Route, ...]
    peers: tuple[Peer, ...]
    broken_peers: tuple[BrokenPeer, ...]
    name_servers: tuple[IPv4Address, ...]
    rule: Rule
    link_mend: str = ""
    unread_servers: str = ""
    no_resolver: str = ""

    def routes_near(self, addresses: AddressSet) -> Iterator[Route]:
        """The routes that may match such addresses: of those to hosts and prefixes, which may be thousands, the near.

        Those to more than one address come in their own order, then those to single ones, ascending.
        """
        numbers, hosts = self._host_routes
        yield from self._prefix_routes.near(addresses)
        for low, high in addresses.spans:
            yield from hosts[bisect_left(numbers, low) : bisect_right(numbers, high)]

    @cached_property
    def _host_routes(self) -> tuple[list[int], list[Route]]:
        """The routes to single addresses, with these, ascending."""
        hosts = sorted((route for route in self.routes if route.to.only), key=lambda route: route.to.possible.spans)
        return [route.to.possible.spans[0][0] for route in hosts], hosts

    @cached_property
    def _prefix_routes(self) -> NearRoutes:
        return NearRoutes(tuple(route for route in self.routes if not route.to.only))

    def peer(self, network: str) -> Peer | None:
        """The open peering with that network, if there is one."""
        return next((peer for peer in self.peers if peer.network == network), None)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a network with its own filter, routes and egress.

    `guard` is read before every other filter of it, by those who stand above its owner. `services` are the kinds of
    services to which its machines show the segment's identity. `replies` says what its `filter` does to replies, where
    that remembers nothing.
    """

    name: str
    network: str
    space: AddressSet
    filter: Filter | None
    routes: tuple[Route, ...]
    learns_routes: bool
    egress: Egress
    services: frozenset[str]
    rule: Rule
    guard: Filter | None = None
    policies: tuple[ServicePolicy, ...] = ()
    replies: Filter | None = None

    def inbound_levels(self, own: Filter | None) -> tuple[Filter, ...]:
        """The filters that a packet meets on its way in, in that order; `own` is that of the interface."""
        return tuple(level for level in (self.guard, self.filter, own, self.replies) if level)

    def outbound_levels(self, own: Filter | None) -> tuple[Filter, ...]:
        """The filters that a packet meets on its way out, in that order."""
        return tuple(level for level in (self.guard, own, self.filter, self.replies) if level)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the clients of a place send requests for named hosts on the ports that it `carries`."""

    address: IPv4Address
    port: int
    carries: PortSet
    rule: Rule


class PlaceKind(StrEnum):
    """Where a place stands."""

    SEGMENT = "segment"
    SITE = "site"
    INTERNET = "internet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can start a connection, or be reached: a machine, a whole segment, a site, the internet.

    `where` is its segment or site; `gap` says why the model cannot follow its traffic (kind UNKNOWN). `acts_as` are
    the names under which services know it, whatever its address. `shown` is its public address where that is known,
    and `open_outside` says that it is open where no filter stands; `front` why it is not known what of it the cloud
    shows to the internet. `lent` are ways out that others lend to it alone. It asks its own `name_servers`, if it
    has any, before those of where it stands. `forwards` says whether it may send on packets that are meant for
    others, None where nobody says. With `listeners` it answers nothing itself, and hands on what comes to them.
    """

    name: str
    kind: PlaceKind
    address: Address
    where: str = ""
    filter: Filter | None = None
    public_address: bool = False
    public_rule: Rule | None = None
    gap: str = ""
    rule: Rule | None = None
    acts_as: tuple[str, ...] = ()
    proxy: Proxy | None = None
    shown: AddressSet = _UNSTATED
    open_outside: bool = False
    front: str = ""
    lent: tuple[Egress, ...] = ()
    name_servers: tuple[IPv4Address, ...] = ()
    name_servers_rule: Rule | None = None
    forwards: bool | None = None
    listeners: tuple[Listener, ...] = ()

    @property
    def ways_out(self) -> tuple[Egress, ...]:
        """Its ways to the internet beside those of its segment: under its own address, and what is lent to it alone."""
        if not self.public_address or self.public_rule is None:
            return self.lent
        own = Egress(True, "its public address", self.public_rule, EgressRank.OWN, self.shown)  # noqa: FBT003 - is open
        return (own, *self.lent)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway between sites and a network; `reaches` are the addresses that it announces to the sites."""

    name: str
    network: str
    segment: str
    reaches: AddressSet
    rule: Rule


@dataclass(frozen=True, slots=True)
class Site:
    """A network of one's own behind gateways, the one that it prefers first."""

    name: str
    space: AddressSet
    gateways: tuple[str, ...]
    name_server: IPv4Address
    rule: Rule


@dataclass(frozen=True, slots=True)
class Platform:
    """Addresses of the cloud's own helpers on every host. Filters spare them unless a rule names one of the labels.

    `forwarding_off` is what the switch of a machine that forwards nothing says, `forwarding_mend` what turns it.
    """

    resolver: IPv4Address
    spared: AddressSet
    labels: frozenset[str]
    rule: Rule
    forwarding_off: str = "ip_forwarding is off"
    forwarding_mend: str = "set ip_forwarding: true"


@dataclass(frozen=True)
class Fabric:
    """The whole data plane. Mappings are by name, and in the order of the source.

    `published` are the published address groups by label, each as a question can name it. `cloud_labels` are those that
    hold hosts of the cloud alone, and `cloud_suffixes` the names of those hosts: a host under another name is in none.
    A ruleset's forward for all names leaves out those under `reserved_suffixes`; names under `machine_suffixes` are the
    cloud's own for machines.
    """

    name: str
    public: AddressSet
    platform: Platform
    networks: Mapping[str, Network]
    segments: Mapping[str, Segment]
    sites: Mapping[str, Site]
    gateways: Mapping[str, Gateway]
    appliances: tuple[Appliance, ...]
    places: Mapping[str, Place]
    endpoints: tuple[Endpoint, ...]
    services: Mapping[str, Service]
    zones: tuple[Zone, ...]
    rulesets: tuple[Ruleset, ...]
    name_servers: tuple[NameServer, ...]
    machine_names: tuple[MachineName, ...]
    machine_suffixes: tuple[str, ...]
    reserved_suffixes: tuple[str, ...]
    public_names: tuple[PublicName, ...]
    known_hosts: tuple[KnownHost, ...]
    published: Mapping[str, Address]
    cloud_labels: frozenset[str]
    cloud_suffixes: tuple[str, ...]
    service_zones: tuple[str, ...]
    public_suffixes: tuple[str, ...]
    behaviours: Mapping[str, Rule]
    frontends: tuple[Frontend, ...] = ()

    def segment_of(self, address: Address) -> Segment | None:
        """The segment that holds the whole address, if one does; the first in their order where several do."""
        spans = address.within.spans
        if not spans:
            return next(iter(self.segments.values()), None)
        starts, reach, ordered = self._segments_by_start
        found: Segment | None = None
        for at in range(bisect_right(starts, spans[0][0]) - 1, -1, -1):
            if reach[at] < spans[0][0]:
                break
            position, segment = ordered[at]
            if address.within <= segment.space and (found is None or position < self._position[found.name]):
                found = segment
        return found

    @cached_property
    def _segments_by_start(self) -> tuple[list[int], list[int], list[tuple[int, Segment]]]:
        """The segments by the first address of each span of theirs; and how far any span up to that one reaches."""
        spans = sorted(
            (low, high, position, segment.name)
            for position, segment in enumerate(self.segments.values())
            for low, high in segment.space.spans
        )
        reach = list(accumulate((high for _, high, _, _ in spans), max))
        return [low for low, *_ in spans], reach, [(position, self.segments[name]) for _, _, position, name in spans]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.segments)}

    def public_names_of(self, host: str) -> tuple[PublicName, ...]:
        """What public DNS says of a name: its own entry, or else those whose wildcard it fits, in their order."""
        exact = self._public_names_by_host.get(host)
        if exact:
            return (exact,)
        suffixes, others = self._wild_public_names
        labels = host.split(".")
        under = (suffixes.get(".".join(labels[at:]), ()) for at in range(1, len(labels)))
        found = [(number, one) for several in (*under, others) for number, one in several if host_fits(one.host, host)]
        return tuple(one for _, one in sorted(found, key=lambda one: one[0]))

    @cached_property
    def _public_names_by_host(self) -> dict[str, PublicName]:
        return {one.host: one for one in reversed(self.public_names)}

    @cached_property
    def _wild_public_names(self) -> tuple[dict[str, list[tuple[int, PublicName]]], list[tuple[int, PublicName]]]:
        """Names with a wildcard, each with its place in their order: `*.suffix` by that suffix, then all others."""
        suffixes: dict[str, list[tuple[int, PublicName]]] = {}
        others: list[tuple[int, PublicName]] = []
        for number, one in enumerate(self.public_names):
            if one.host.startswith("*."):
                suffixes.setdefault(one.host.removeprefix("*."), []).append((number, one))
            elif one.host.startswith("*"):
                others.append((number, one))
        return suffixes, others

    @cached_property
    def _services_backwards(self) -> tuple[Service, ...]:
        return tuple(self.services.values())[::-1]

    @cached_property
    def doors(self) -> Mapping[str, Door]:
        """The doors of all services by name; of two with one name the first."""
        return {door.name: door for service in self._services_backwards for door in reversed(service.doors)}

    @cached_property
    def doors_by_host(self) -> Mapping[str, Door]:
        """The doors of all services by host; of two with one host the first."""
        return {door.host: door for service in self._services_backwards for door in reversed(service.doors)}

    @cached_property
    def door_ports(self) -> frozenset[int]:
        """The ports of all doors."""
        return frozenset(door.port for door in self.doors.values())

    @cached_property
    def services_by_kind(self) -> Mapping[str, tuple[Service, ...]]:
        """The services of each kind, in their order."""
        found: dict[str, list[Service]] = {}
        for service in self.services.values():
            found.setdefault(service.kind, []).append(service)
        return {kind: tuple(several) for kind, several in found.items()}

    @cached_property
    def places_by_last_word(self) -> Mapping[str, tuple[str, ...]]:
        """The names of places in networks by their last part: `compute` for `ml/compute`."""
        found: dict[str, list[str]] = {}
        for name in self.places:
            _, slash, last = name.partition("/")
            if slash:
                found.setdefault(last, []).append(name)
        return {last: tuple(several) for last, several in found.items()}

    def endpoint_at(self, address: Address) -> Endpoint | None:
        """The private endpoint with exactly that address."""
        return self._endpoints_by_address.get(address.single)

    @cached_property
    def _endpoints_by_address(self) -> dict[IPv4Address | None, Endpoint]:
        return {address: end for end in reversed(self.endpoints) for address in end.addresses}

    def levels_at(self, endpoint: Endpoint) -> tuple[Filter, ...]:
        """The filters that bind a private endpoint, in the order in which a packet to it meets them."""
        segment = self.segments.get(endpoint.segment)
        if segment is None or not endpoint.filters_bind:
            return ()
        return tuple(level for level in (segment.filter, endpoint.filter, segment.replies) if level)

    def appliance_at(self, address: IPv4Address | None) -> Appliance | None:
        """The appliance with exactly that address."""
        return next((appliance for appliance in self.appliances if appliance.address == address), None)

    def place_at(self, address: Address) -> Place | None:
        """The machine with exactly that address."""
        return self._places_by_address.get(address.single) if address.single else None

    @cached_property
    def _places_by_address(self) -> dict[IPv4Address | None, Place]:
        singles = [(place.address.single, place) for place in self.places.values() if place.address.single]
        return dict(reversed(singles))

    def gate_at(self, address: IPv4Address | None) -> Appliance | None:
        """The cloud's own appliance with exactly that address, as against a machine that forwards."""
        found = self.appliance_at(address)
        return None if found is None or found.machine else found

    def place_shown_at(self, address: Address) -> Place | None:
        """The place that has exactly that public address."""
        return self._places_by_shown_address.get(address.single) if address.single else None

    @cached_property
    def _places_by_shown_address(self) -> dict[IPv4Address | None, Place]:
        shown = [(span, place) for place in self.places.values() for span in place.shown.spans]
        return {IPv4Address(n): place for (low, high), place in reversed(shown) for n in range(low, high + 1)}

    def frontend_at(self, address: Address) -> Frontend | None:
        """The frontend of a balancer with exactly that address, inside or public."""
        single = address.single
        return next((one for one in self.frontends if single is not None and one.address == single), None)

    def door(self, name: str) -> Door | None:
        """The door of that name, such as `storage/file`."""
        return next((door for service in self.services.values() for door in service.doors if door.name == name), None)
