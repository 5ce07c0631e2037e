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
from cloister.fabric.policies import ServicePolicy
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.services import Endpoint, Relay, Service
from cloister.fabric.sets import AddressSet, PortSet
from cloister.inventory.aws import Gap, Inventory
from cloister.verdict import Rule

UNREAD = "parts that could not be read"
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
    route = Route(_DOUBT, None, Preference.USER, Hop(HopKind.ELSEWHERE, "what could not be read"), _rule(gap))

    def changed(segment: Segment) -> Segment:
        return replace(segment, filter=_doubtful(segment.filter, gap), routes=(route, *segment.routes))

    found = {name: changed(fabric.segments[name]) for name in names if name in fabric.segments}
    return replace(fabric, segments={**fabric.segments, **found})


def _in_vpc(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A VPC, or what decides about all of it: routes, filters, gateways. One that is not there may be any."""
    vpc = gap.name if gap.section == "vpcs" else _home(inventory, gap)
    if gap.section == "vpcs" and gap.path[2:3] != ("subnets",):
        fabric = _names_of(fabric, gap, vpc)
    names = [name for name, segment in fabric.segments.items() if vpc in (None, segment.network)]
    return _segments(fabric, gap, names)


def _names_of(fabric: Fabric, gap: Gap, vpc: str | None) -> Fabric:
    """A VPC of which it is not known what names mean in it; any where it is not known which."""
    networks = {
        name: replace(one, unread_servers=gap.what, rule=_rule(gap)) if vpc in (None, name) else one
        for name, one in fabric.networks.items()
    }
    return replace(fabric, networks=networks)


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
    """Something that stands in subnets: its own places, and what listeners hand on, for it may stand behind any."""
    if _is_harmless(gap):
        return fabric
    own = (gap.name, f"{_KIND_WORDS.get(gap.section, '')}.{gap.name}")
    starts = tuple(f"{name}{mark}" for name in own for mark in "[/")
    names = [name for name in fabric.places if name in own or name.startswith(starts)]
    fabric = _unknown_places(fabric, gap, names or [gap.name])
    return _listening(fabric, gap) if gap.section in _BEHIND_LISTENERS else fabric


def _of_target_group(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    return _listening(fabric, gap)


def _listening(fabric: Fabric, gap: Gap) -> Fabric:
    """Listeners of which it is not known where they lead."""
    found = {
        name: replace(place, listeners=tuple(replace(one, gap=gap.what, rule=_rule(gap)) for one in place.listeners))
        for name, place in fabric.places.items()
    }
    return replace(fabric, places=found)


def _of_endpoint(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A VPC endpoint: names and routes of its VPC may lead to it, and interfaces may have or lack what it says."""
    ends = tuple(
        replace(one, gap=gap.what, rule=_rule(gap)) if one.called == gap.name else one for one in fabric.endpoints
    )
    fabric = _names_of(replace(fabric, endpoints=ends), gap, _home(inventory, gap))
    return _in_vpc(fabric, inventory, gap)


def _of_service(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A bucket or an API: whom it takes in is not known, nor what policies of endpoints say of it."""
    if _is_harmless(gap):
        return fabric
    found = fabric.services.get(gap.name)
    if found is None:
        return _unknown_places(fabric, gap, [gap.name])
    unknown: Service = replace(found, gap=gap.what, rule=_rule(gap), refuses="")
    segments = {
        name: replace(one, policies=tuple(_unsure_of(policy, gap) for policy in one.policies))
        for name, one in fabric.segments.items()
    }
    ends = tuple(_with_doubt(one, found, gap) for one in fabric.endpoints)
    services = {**fabric.services, gap.name: unknown}
    return replace(fabric, services=services, segments=segments, endpoints=ends)


def _unsure_of(policy: ServicePolicy, gap: Gap) -> ServicePolicy:
    return replace(policy, doubtful=policy.doubtful | {gap.name})


def _with_doubt(endpoint: Endpoint, service: Service, gap: Gap) -> Endpoint:
    """An endpoint that may or may not lead to a service."""
    relays = tuple(Relay(door.host, service.name, None, gap.what, _rule(gap)) for door in service.doors)
    policy = _unsure_of(endpoint.policy, gap) if endpoint.policy else None
    return replace(endpoint, relays=(*relays, *endpoint.relays), policy=policy)


def _of_link(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A VPC link: where any API hands on by it is not known."""
    services = {
        name: replace(one, onward=tuple(replace(each, gap=gap.what, rule=_rule(gap)) for each in one.onward))
        for name, one in fabric.services.items()
    }
    return replace(fabric, services=services)


def _is_harmless(gap: Gap) -> bool:
    """Whether the gap is an attribute that decides nothing about ways."""
    return gap.path[2:3] != () and gap.path[2] in _HARMLESS


_KIND_WORDS = {
    "ecs_services": "service",
    "db_clusters": "database",
    "load_balancers": "balancer",
    "instances": "instance",
}
_BEHIND_LISTENERS = ("ecs_services", "instances", "load_balancers")
_HARMLESS = frozenset(
    {
        *("cluster", "launch_type", "desired_count", "environment", "secrets", "task_role", "execution_role"),
        *("container_ports", "engine", "port", "storage_encrypted", "deletion_protection", "backup_retention_period"),
        *("iam_database_authentication_enabled", "manage_master_user_password", "iam_role", "http_tokens"),
        *("user_profiles", "auth_mode", "role", "root_access", "kind"),
        *("sse_algorithm", "kms_key", "versioning", "logging_target_bucket", "authorizers", "stages"),
        *("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    }
)
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
            *("load_balancers", "ecs_services", "db_clusters", "instances"),
            *("sagemaker_domains", "sagemaker_notebook_instances", "sagemaker_jobs"),
        ),
        _of_place,
    ),
    **dict.fromkeys(("rest_apis", "s3_buckets"), _of_service),
    "target_groups": _of_target_group,
    "vpc_links": _of_link,
}
