"""Ends that no route, appliance or gateway tells apart: one of each class is walked, and stands for the others.

Rules for changing this file: a class is told by everything that the walk may look at, filters and appliances' rules
left out, because those are painted. What a value of the data plane says is therefore taken whole, and only what is
known not to count is left out by name: a new attribute makes classes finer, never wrong.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from ipaddress import IPv4Address
from itertools import pairwise

import numpy as np

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place, PlaceKind, Segment
from cloister.fabric.filters import Filter
from cloister.fabric.routes import Preference, Route
from cloister.fabric.services import Endpoint
from cloister.fabric.sets import AddressSet
from cloister.origin import Origin
from cloister.reach.matrix.crossing import stands_open
from cloister.reach.matrix.ends import Destination
from cloister.reach.matrix.parts import parts_of
from cloister.verdict import Rule

_NOT_WALKED = frozenset(
    {
        "name", "places", "endpoints", "services", "zones", "name_servers", "public_names", "known_hosts", "published",
        "cloud_labels", "cloud_suffixes", "service_zones", "public_suffixes", "behaviours",
        "rulesets", "machine_names", "machine_suffixes", "reserved_suffixes",
    }
)  # fmt: skip
"""What of a fabric the walk does not look at where an address is given, or what classes treat by themselves."""


def _bare(value: object, without: frozenset[str] = frozenset()) -> Hashable:
    """A value to compare by: without rules and origins, of filters only that one stands there."""
    if isinstance(value, str | int | None):  # most parts, and asking whether they are dataclasses is slow
        return value
    if isinstance(value, Filter):
        return "filter"
    if isinstance(value, Rule | Origin):
        return None
    if isinstance(value, tuple):
        return tuple(_bare(part) for part in value)
    names = _names_in(type(value))  # type: ignore[arg-type]  # mypy takes the hash of its instances for that of a type
    return tuple(_bare(getattr(value, name)) for name in names if name not in without) if names else value


@cache
def _names_in(kind: type) -> tuple[str, ...]:
    """The names of the fields of a value that is made of others."""
    return tuple(item.name for item in fields(kind)) if is_dataclass(kind) and kind is not AddressSet else ()


@dataclass(frozen=True)
class Classes:
    """Tells of every end in which class it is."""

    fabric: Fabric

    def of_place(self, place: Place) -> Hashable:
        """The class of a place that asks."""
        return (*self._place(place), self._address(place.address))

    def of_destination(self, destination: Destination) -> Hashable:
        """The class of a destination."""
        place = self.fabric.places.get(destination.place)
        standing = self.fabric.place_at(destination.address)  # who replies: another one where two have one address
        places = (place, None if standing is place else standing)
        known = tuple(self._place(one) if one else None for one in places)
        return (destination.host, *known, self._address(destination.address))

    def _place(self, place: Place) -> tuple[Hashable, ...]:
        where: Hashable = self._segments[place.where] if place.kind is PlaceKind.SEGMENT else place.where
        filtered = place.filter is not None if stands_open(place) else None
        return (where, filtered, _bare(place, frozenset({"name", "address", "where", "filter"})))

    def _endpoint(self, endpoint: Endpoint) -> Hashable:
        """Of an endpoint: not which service it leads to, which counts only where a flow is meant for a service."""
        segment = self._segments.get(endpoint.segment)
        return (segment, _bare(endpoint, frozenset({"name", "addresses", "segment", "service", "doors"})))

    @cached_property
    def _segments(self) -> dict[str, int]:
        """The class of every segment, by name: a segment that something else names is in a class by itself."""
        named = {part for value in self._walked() for part in parts_of(value) if isinstance(part, str)}
        numbers: dict[Hashable, int] = {}
        return {
            name: numbers.setdefault((name if name in named else "", self._segment(segment)), len(numbers))
            for name, segment in self.fabric.segments.items()
        }

    def _segment(self, segment: Segment) -> Hashable:
        """What a segment is to a walk. Whether it learns routes does not count where its network has none to learn."""
        learns = segment.network in self._learning or any(map(_is_learned, segment.routes))
        return _bare(segment, frozenset({"name", "space"} if learns else {"name", "space", "learns_routes"}))

    @cached_property
    def _learning(self) -> frozenset[str]:
        """The networks that have routes to learn."""
        return frozenset(name for name, one in self.fabric.networks.items() if any(map(_is_learned, one.routes)))

    def _walked(self) -> Iterator[object]:
        """The values of the data plane that the walk may look at, without segments and networks' routes."""
        for item in fields(self.fabric):
            if item.name not in _NOT_WALKED | {"segments", "networks"}:
                yield getattr(self.fabric, item.name)
        for network in self.fabric.networks.values():
            yield from (getattr(network, f.name) for f in fields(network) if f.name not in ("routes", "name_servers"))
        for segment in self.fabric.segments.values():
            ours = ("name", "network", "space", "filter", "routes")
            yield from (getattr(segment, item.name) for item in fields(segment) if item.name not in ours)

    def _address(self, address: Address) -> Hashable:
        """What the data plane can tell of an address: what stands there, and what areas and routes to hosts it touches.

        Of an address that published groups may hold, all that is known of it.
        """
        holder = self.fabric.segment_of(address)
        endpoint = self.fabric.endpoint_at(address)
        stands = (self._segments[holder.name] if holder else None, self._endpoint(endpoint) if endpoint else None)
        groups = (address.labels, address.doubtful_labels, address.absent_labels, address.labels_complete)
        if any(groups) or not address.within.isdisjoint(self.fabric.public):
            return (stands, address.within, *groups)
        areas = frozenset(area for low, high in address.within.spans for area in self._areas_between(low, high))
        hosts = frozenset(key for low, high in address.within.spans for key in self._hosts_between(low, high))
        return (stands, address.single is not None, areas, hosts)

    def _areas_between(self, low: int, high: int) -> set[int]:
        starts, areas = self._areas
        return set(areas[bisect_right(starts, low) - 1 : bisect_right(starts, high)])

    @cached_property
    def _areas(self) -> tuple[list[int], list[int]]:
        """All addresses, cut wherever a set of the data plane begins or ends: the starts, and the area of each piece.

        Pieces that lie in the same sets are of the same area.
        """
        sets = sorted(set(self._sets()), key=lambda one: one.spans)
        cuts = {AddressSet.LOWEST, AddressSet.HIGHEST + 1}
        cuts |= {cut for one in sets for low, high in one.spans for cut in (low, high + 1)}
        starts = [low for low, _ in pairwise(sorted(cuts))]
        held = np.zeros((len(sets), len(starts)), dtype=np.bool_)
        for row, one in enumerate(sets):
            for low, high in one.spans:
                held[row, bisect_left(starts, low) : bisect_right(starts, high)] = True
        _, areas = np.unique(np.packbits(held, axis=0), axis=1, return_inverse=True)
        return starts, areas.reshape(-1).tolist()

    def _sets(self) -> Iterator[AddressSet]:
        for value in self._walked():
            for part in parts_of(value):
                if isinstance(part, AddressSet):
                    yield part
                elif isinstance(part, IPv4Address):
                    yield AddressSet.of(part)
        for _, route in self._routes():
            yield from (one for one in (route.to.sure, route.to.possible) if one and one.single is None)

    def _routes(self) -> Iterator[tuple[str, Route]]:
        """Every route, with the table that it stands in."""
        for network in self.fabric.networks.values():
            yield from ((f"network {network.name}", route) for route in network.routes)
        for segment in self.fabric.segments.values():
            yield from ((f"segment {self._segments[segment.name]}", route) for route in segment.routes)

    def _hosts_between(self, low: int, high: int) -> Iterator[Hashable]:
        numbers, keys = self._hosts
        for at in range(bisect_left(numbers, low), bisect_right(numbers, high)):
            yield keys[at]

    @cached_property
    def _hosts(self) -> tuple[list[int], list[Hashable]]:
        """The addresses that have routes of their own, ascending, and which: those of two endpoints are alike."""
        found: dict[int, set[Hashable]] = {}
        for table, route in self._routes():
            host = route.to.possible.single
            if host is not None:
                key = (table, route.to.sure == route.to.possible, _bare(route, frozenset({"to"})))
                found.setdefault(int(host), set()).add(key)
        numbers = sorted(found)
        return numbers, [frozenset(found[number]) for number in numbers]


def _is_learned(route: Route) -> bool:
    return route.preference is Preference.LEARNED
