"""What could not be read, as doubt in the data plane: every way that depends on it comes out UNKNOWN, the rest stands.

A rule that was left out may be about anything, a route may lead anywhere, and a resource that is missing may stand
anywhere: its name is a place of which nothing is known. Because doubt is data, neither engine of `reach` knows of gaps.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.fabric import Fabric, Place, PlaceKind, Segment
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.services import Service
from cloister.fabric.sets import AddressSet, PortSet
from cloister.inventory.aws import Gap, Inventory
from cloister.verdict import Rule

UNREAD = "the part with a fault"
"""The name of the rule that stands for what could not be read; its origin is that of the gap."""
_EVERYWHERE = AddressSet.everything()
_ANY = AddressMatch.of("*", _EVERYWHERE)
_DOUBT = AddressMatch("what it says", possible=_EVERYWHERE)
Apply = Callable[[Fabric, Inventory, Gap], Fabric]


def with_gaps(fabric: Fabric, inventory: Inventory) -> Fabric:
    """The data plane with a doubt for each gap of the inventory."""
    for gap in inventory.gaps:
        fabric = _BY_SECTION.get(gap.section, _anything)(fabric, inventory, gap)
    return fabric


def _rule(gap: Gap) -> Rule:
    return Rule(UNREAD, gap.origin)


def _nothing(fabric: Fabric, _: Inventory, __: Gap) -> Fabric:
    """What decides nothing about ways: people, roles."""
    return fabric


def _anything(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """Nothing can be told of anything."""
    return _unknown_places(fabric, gap, fabric.places)


def _unknown_places(fabric: Fabric, gap: Gap, names: Iterable[str]) -> Fabric:
    unknown = {
        name: replace(
            fabric.places.get(name) or Place(name, PlaceKind.UNKNOWN, Address(fabric.public)),
            kind=PlaceKind.UNKNOWN,
            gap=gap.what,
            rule=_rule(gap),
            listeners=(),
        )
        for name in names
        if name not in fabric.places or fabric.places[name].kind is not PlaceKind.INTERNET
    }
    return replace(fabric, places={**fabric.places, **unknown})


def _doubtful_rules(gap: Gap) -> tuple[FilterRule, ...]:
    """A rule that may be about anything, once allowing and once refusing, so that none behind it decides alone."""
    return tuple(
        FilterRule(_rule(gap), allow, frozenset(Protocol), (_DOUBT,), (_ANY,), PortSet.everything())
        for allow in (True, False)
    )


def _doubtful(found: Filter | None, gap: Gap) -> Filter:
    rules = _doubtful_rules(gap)
    if found is None:
        return Filter("no filter", rules, rules, _rule(gap))
    return replace(found, inbound=(*rules, *found.inbound), outbound=(*rules, *found.outbound))


def _segments(fabric: Fabric, gap: Gap, names: Iterable[str]) -> Fabric:
    """Segments of which nothing is sure: what filters stand there, and which way packets leave."""
    route = Route(_DOUBT, None, Preference.USER, Hop(HopKind.DROP, "not read"), _rule(gap))

    def changed(segment: Segment) -> Segment:
        return replace(segment, filter=_doubtful(segment.filter, gap), routes=(route, *segment.routes))

    found = {name: changed(fabric.segments[name]) for name in names if name in fabric.segments}
    return replace(fabric, segments={**fabric.segments, **found})


def _in_vpc(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A VPC, or what decides about all of it: routes, filters, gateways. One that is not there may be any."""
    vpc = gap.name if gap.section == "vpcs" else _home(inventory, gap)
    names = [name for name, segment in fabric.segments.items() if vpc in (None, segment.network)]
    return _segments(fabric, gap, names)


def _home(inventory: Inventory, gap: Gap) -> str | None:
    """The VPC in which the resource of a gap stands, where that is known."""
    found = next((one for one in getattr(inventory, gap.section) if one.name == gap.name), None)
    subnet = getattr(found, "subnet", None)
    return getattr(found, "vpc", None) or (subnet.partition("/")[0] if subnet else None)


def _of_group(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A security group: every interface may have what its rules say, and rules that name it may mean anybody."""
    vpc = _home(inventory, gap)
    held = [place for place in fabric.places.values() if place.where in fabric.segments]
    found = {
        place.name: replace(place, filter=_doubtful(place.filter, gap))
        for place in held
        if vpc in (None, fabric.segments[place.where].network)
    }
    ends = tuple(replace(one, filter=_doubtful(one.filter, gap)) for one in fabric.endpoints)
    return replace(fabric, places={**fabric.places, **found}, endpoints=ends)


def _of_place(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """Something that stands in subnets: its own places, and the segments whose addresses it may have."""
    names = [name for name in fabric.places if name == gap.name or name.startswith((f"{gap.name}[", f"{gap.name}/"))]
    return _unknown_places(fabric, gap, names or [gap.name])


def _of_endpoint(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A VPC endpoint: names and routes of its VPC may lead to it."""
    ends = tuple(
        replace(one, gap=gap.what, rule=_rule(gap)) if one.called == gap.name else one for one in fabric.endpoints
    )
    return _in_vpc(replace(fabric, endpoints=ends), inventory, gap)


def _of_service(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A bucket or an API: whom it takes in is not known."""
    found = fabric.services.get(gap.name)
    if found is None:
        return _unknown_places(fabric, gap, [gap.name])
    unknown: Service = replace(found, gap=gap.what, rule=_rule(gap), refuses="")
    return replace(fabric, services={**fabric.services, gap.name: unknown})


_BY_SECTION: dict[str, Apply] = {
    **dict.fromkeys(("accounts", "cognito_user_pools", "iam_roles"), _nothing),
    **dict.fromkeys(
        (
            *("vpcs", "internet_gateways", "nat_gateways", "route_tables", "vpc_peering_connections", "network_acls"),
            "prefix_lists",
        ),
        _in_vpc,
    ),
    "security_groups": _of_group,
    "vpc_endpoints": _of_endpoint,
    **dict.fromkeys(
        (
            *("load_balancers", "target_groups", "ecs_services", "db_clusters", "instances"),
            *("sagemaker_domains", "sagemaker_notebook_instances", "sagemaker_jobs"),
        ),
        _of_place,
    ),
    **dict.fromkeys(("rest_apis", "s3_buckets"), _of_service),
    "vpc_links": _anything,
}
