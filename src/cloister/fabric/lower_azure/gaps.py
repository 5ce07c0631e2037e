"""What could not be read, as doubt in the data plane: every way that depends on it comes out UNKNOWN, the rest stands.

A rule that was left out may be about anything, so it stands first in its filter, once allowing and once refusing, and
no rule behind it decides alone. A route that was left out may lead anywhere. A record may say any address. Because
doubt is data, neither engine of `reach` knows of gaps.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance, HostGroup, HostRule
from cloister.fabric.fabric import Fabric, Network, Place, PlaceKind, Segment
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.islands import islands
from cloister.fabric.names import NameServer, Record, Rest, Ruleset, Zone, ZoneView
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.facts.service_kinds import service_kinds
from cloister.inventory.azure import Gap, Inventory
from cloister.verdict import Rule

UNREAD = "parts that could not be read"
"""The name of the rule that stands for what could not be read; its origin is that of the gap."""
_EVERYWHERE = AddressSet.everything()
_SUBNET_DEPTH = 4
_ATTRIBUTES_OF_NAMES = (("name",), ("workspace_id",))
_KINDS = {
    "storage_accounts": "storage",
    "key_vaults": "vault",
    "container_registries": "registry",
    "workspaces": "workspace",
    "online_endpoints": "workspace",
    "batch_endpoints": "workspace",
}
Apply = Callable[[Fabric, Inventory, Gap], Fabric]


def with_gaps(fabric: Fabric, inventory: Inventory) -> Fabric:
    """The data plane with a doubt for each gap of the inventory."""
    for gap in inventory.gaps:
        fabric = _BY_SECTION.get(gap.section, _anything)(fabric, inventory, gap)
    return fabric


def _rule(gap: Gap) -> Rule:
    return Rule(UNREAD, gap.origin)


def _doubt(within: AddressSet) -> AddressMatch:
    return AddressMatch("what it says", possible=within)


def _any_address() -> AddressMatch:
    return AddressMatch.of("*", _EVERYWHERE)


def _anything(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """Nothing can be told of anything."""
    return _unknown_places(fabric, gap, fabric.places)


def _unknown_places(fabric: Fabric, gap: Gap, names: Iterable[str]) -> Fabric:
    unknown = {name: _unknown(fabric.places[name], gap) for name in names if name in fabric.places}
    return replace(fabric, places={**fabric.places, **unknown})


def _unknown(place: Place, gap: Gap) -> Place:
    return replace(place, kind=PlaceKind.UNKNOWN, gap=gap.what, rule=_rule(gap), filter=_doubtful(place.filter, gap))


def _doubtful(found: Filter | None, gap: Gap, apart: AddressSet = _EVERYWHERE) -> Filter:
    """A filter of which it is not known what it says of flows that come from, or go to, the addresses `apart`."""
    inbound = _doubtful_rules(gap, _doubt(apart), _any_address())
    outbound = _doubtful_rules(gap, _any_address(), _doubt(apart))
    if found is None:
        otherwise = _sure_rule(gap)
        return Filter("no filter", (*inbound, otherwise), (*outbound, otherwise), _rule(gap))
    return replace(found, inbound=(*inbound, *found.inbound), outbound=(*outbound, *found.outbound))


def _sure_rule(gap: Gap) -> FilterRule:
    """What holds where no filter stands: everything is let through."""
    anywhere, every = (_any_address(),), frozenset(Protocol)
    return FilterRule(_rule(gap), True, every, anywhere, anywhere, PortSet.everything())  # noqa: FBT003 - a row


def _doubtful_rules(gap: Gap, sources: AddressMatch, destinations: AddressMatch) -> tuple[FilterRule, ...]:
    return tuple(
        FilterRule(_rule(gap), allow, frozenset(Protocol), (sources,), (destinations,), PortSet.everything())
        for allow in (True, False)
    )


def _doubtful_route(gap: Gap, to: AddressSet) -> Route:
    return Route(_doubt(to), None, Preference.USER, Hop(HopKind.DROP, "not read"), _rule(gap))


def _with_segments(fabric: Fabric, change: Callable[[Segment], Segment], names: Iterable[str]) -> Fabric:
    return replace(fabric, segments={**fabric.segments, **{name: change(fabric.segments[name]) for name in names}})


def _inside(fabric: Fabric, gap: Gap, names: Iterable[str]) -> Fabric:
    """Segments of which nothing is sure: what filters stand there, and which way packets leave."""

    def change(segment: Segment) -> Segment:
        route = _doubtful_route(gap, _EVERYWHERE)
        return replace(segment, filter=_doubtful(segment.filter, gap), routes=(route, *segment.routes))

    return _with_segments(fabric, change, names)


def _towards(fabric: Fabric, gap: Gap, space: AddressSet) -> Fabric:
    """Addresses of which it is not known whether and how the others reach them."""

    def network(one: Network) -> Network:
        return replace(one, routes=(_doubtful_route(gap, space), *one.routes))

    def segment(one: Segment) -> Segment:
        return replace(one, filter=_doubtful(one.filter, gap, space)) if one.filter else one

    fabric = replace(fabric, networks={name: network(one) for name, one in fabric.networks.items()})
    fabric = _with_segments(fabric, segment, fabric.segments)
    places = {
        name: replace(place, filter=_doubtful(place.filter, gap, space)) if place.filter else place
        for name, place in fabric.places.items()
    }
    return replace(fabric, places=places)


def _unclaimed(fabric: Fabric) -> AddressSet:
    """Private addresses that no network and no site holds: where something that was left out may stand."""
    spaces = (*(one.space for one in fabric.networks.values()), *(one.space for one in fabric.sites.values()))
    return ~fabric.public - AddressSet.union(spaces) - fabric.platform.spared


def _with_network(fabric: Fabric, network: Network) -> Fabric:
    return replace(fabric, networks={**fabric.networks, network.name: network})


def _network(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    network = fabric.networks.get(gap.name)
    if network is None:
        return _towards(fabric, gap, _unclaimed(fabric))
    if gap.path[2:3] in ((), ("dns_servers",)):
        fabric = _with_network(fabric, replace(network, unread_servers=gap.what, rule=_rule(gap)))
    inside = [segment for segment in fabric.segments.values() if segment.network == gap.name]
    if gap.path[2:3] != ("subnets",) or len(gap.path) < _SUBNET_DEPTH:
        fabric = _sites_beyond(_inside(fabric, gap, [one.name for one in inside]), gap, fabric.sites)
        return _towards(fabric, gap, network.space)
    name = f"{gap.name}/{gap.path[3]}"
    if name in fabric.segments:
        return _towards(_inside(fabric, gap, [name]), gap, fabric.segments[name].space)
    return _towards(fabric, gap, network.space - AddressSet.union(one.space for one in inside))


def _group(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    def change(found: Filter | None) -> Filter | None:
        return _doubtful(found, gap) if found and found.name == gap.name else found

    segments = {name: replace(one, filter=change(one.filter)) for name, one in fabric.segments.items()}
    places = {name: replace(one, filter=change(one.filter)) for name, one in fabric.places.items()}
    return replace(fabric, segments=segments, places=places)


def _route_table(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    using = [f"{net.name}/{subnet.name}" for net, subnet in inventory.subnets() if subnet.route_table == gap.name]
    return _inside(fabric, gap, using)


def _resolver(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A resolver of whose endpoints nothing is sure: what is asked there, and what leaves there."""
    mine = [name for name in fabric.places if name.startswith(f"{gap.name}/")]
    servers = tuple(one for one in fabric.name_servers if one.place not in mine)
    return _unknown_places(replace(fabric, name_servers=servers), gap, mine)


def _ruleset(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A ruleset that may be linked to any network, and say anything."""
    networks = frozenset(fabric.networks)
    unread = Ruleset(gap.name, networks, (), (), _rule(gap), gap=gap.what)
    return replace(fabric, rulesets=(*fabric.rulesets, unread))


def _name_server(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A server of which nothing is sure; one that was left out may be the one that a site asks."""
    held = {place.address.single for place in fabric.places.values() if place.kind is not PlaceKind.INTERNET}
    servers = (one for one in fabric.name_servers if one.name != f"name server {gap.name}")
    sure = tuple(one for one in servers if one.place not in fabric.sites or one.address not in held)
    return replace(fabric, name_servers=sure)


def _machine(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A machine that may stand anywhere, under whatever name a zone registers, and forward anything or nothing."""
    registering = {zone.name for zone in fabric.zones if any(view.registers for view in zone.views)}
    zones = tuple(_with_any_record(zone, gap) if zone.name in registering else zone for zone in fabric.zones)
    known = tuple(one for one in fabric.machine_names if one.label != gap.name.lower())
    forwarding = tuple(one for one in fabric.appliances if one.machine != gap.name)
    fabric = replace(fabric, zones=zones, machine_names=known, appliances=forwarding)
    return _unknown_places(fabric, gap, [gap.name])


_RULES = ("network_rule_collections", "application_rule_collections")
_NAME_SETTINGS = ("dns_proxy", "dns_servers")


def _firewall(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A firewall whose rules and answers are not sure.

    Of one that was left out nothing is known, nor of what leads in or out beside its rules: translation and proxies.
    """
    found = next((one for one in fabric.appliances if one.name == gap.name), None)
    if found is None or not ((gap.path[4:5] and gap.path[4] in _RULES) or gap.path[2] in _NAME_SETTINGS):
        return _anything(fabric, inventory, gap)
    return replace(
        fabric,
        appliances=tuple(_doubtful_appliance(one, gap) if one is found else one for one in fabric.appliances),
        name_servers=tuple(_silent(one, gap) if one.address == found.address else one for one in fabric.name_servers),
    )


def _silent(server: NameServer, gap: Gap) -> NameServer:
    """A name server of whose answers nothing is stated."""
    return replace(server, records=(), forwards=(), rest=Rest.UNSTATED, refuses="", rule=_rule(gap))


def _doubtful_appliance(appliance: Appliance, gap: Gap) -> Appliance:
    by_address = tuple(
        AddressRule(
            rule=_rule(gap),
            allow=allow,
            protocols=frozenset(Protocol),
            sources=(_any_address(),),
            destinations=(_doubt(_EVERYWHERE),),
            hosts=(),
            ports=PortSet.everything(),
        )
        for allow in (True, False)
    )
    any_host = HostGroup("what it says", (), ())
    by_name = tuple(
        HostRule(_rule(gap), allow, (_any_address(),), (), PortSet.everything(), groups=(any_host,))
        for allow in (True, False)
    )
    return replace(
        appliance,
        address_rules=(*by_address, *appliance.address_rules),
        host_rules=(*by_name, *appliance.host_rules),
    )


def _gateway(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    if gap.name not in fabric.gateways:
        return _anything(fabric, inventory, gap)
    return _sites_beyond(fabric, gap, [name for name, site in fabric.sites.items() if gap.name in site.gateways])


def _sites_beyond(fabric: Fabric, gap: Gap, sites: Iterable[str]) -> Fabric:
    """Sites of which it is not known what they reach, nor who reaches them: a gateway or its network has the gap."""
    sites = set(sites)
    fabric = _unknown_places(fabric, gap, _standing_in(fabric, sites))
    return _towards(fabric, gap, AddressSet.union(fabric.sites[name].space for name in sites))


def _site(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    site = fabric.sites.get(gap.name)
    fabric = _unknown_places(fabric, gap, _standing_in(fabric, {gap.name}))
    servers = tuple(one for one in fabric.name_servers if one.place != gap.name)
    return _towards(replace(fabric, name_servers=servers), gap, site.space if site else _unclaimed(fabric))


def _standing_in(fabric: Fabric, sites: set[str]) -> list[str]:
    return [name for name, place in fabric.places.items() if place.where in sites]


def _place(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    return _unknown_places(fabric, gap, [gap.name])


def _endpoint(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """An endpoint that may be open or not, with records that may say any address."""
    if any(end.name == gap.name for end in fabric.endpoints):
        endpoints = tuple(replace(end, gap=gap.what) if end.name == gap.name else end for end in fabric.endpoints)
        return replace(fabric, endpoints=endpoints, zones=tuple(_unsure_of(zone, gap) for zone in fabric.zones))
    fabric = _towards_something_new(fabric, gap)
    stated = {endpoint.name for endpoint in inventory.private_endpoints}
    ready = {door for end in fabric.endpoints if end.name in stated for door in end.doors}
    hosts = {public.host.removeprefix("*.") for public in fabric.public_names if public.door not in ready}
    return replace(fabric, zones=(*fabric.zones, *(_zone_of_anything(fabric, host, gap) for host in sorted(hosts))))


def _towards_something_new(fabric: Fabric, gap: Gap) -> Fabric:
    """Addresses of which nothing is known, so that an endpoint that was left out may have them, with its own route."""
    held = (one.address.within for one in fabric.places.values() if one.name not in fabric.segments)
    free = AddressSet.union(one.space for one in fabric.segments.values()) - AddressSet.union(held)
    networks = {
        name: replace(one, routes=(_doubtful_route(gap, free), *one.routes)) for name, one in fabric.networks.items()
    }
    return replace(fabric, networks=networks)


def _unsure_of(zone: Zone, gap: Gap) -> Zone:
    """The zone with the records of the endpoint unknown, and any record where none stands."""
    mine = f"zone group of {gap.name}"
    records = (replace(record, address=None) if mine in record.rule.name else record for record in zone.records)
    return _with_any_record(replace(zone, records=tuple(records)), gap)


def _with_any_record(zone: Zone, gap: Gap) -> Zone:
    """The zone with a record of which nothing is known for every name that has none of its own."""
    return replace(zone, records=(*zone.records, Record(f"*.{zone.name}", None, _rule(gap))))


def _zone(fabric: Fabric, _: Inventory, gap: Gap) -> Fabric:
    """A zone that every network may see, and that may hold any record."""
    doubtful = _zone_of_anything(fabric, gap.name.lower(), gap)
    return replace(fabric, zones=(*(zone for zone in fabric.zones if zone.name != doubtful.name), doubtful))


def _zone_of_anything(fabric: Fabric, name: str, gap: Gap) -> Zone:
    views = tuple(ZoneView(network, falls_back=False, rule=_rule(gap)) for network in fabric.networks)
    records = tuple(Record(label, None, _rule(gap)) for label in (name, f"*.{name}"))
    return Zone(name, records, views, _rule(gap))


def _service(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A service that may let anybody in or nobody; one that was left out may stand behind any name of its kind."""
    service = fabric.services.get(gap.name)
    if service and gap.path[2:3] not in _ATTRIBUTES_OF_NAMES:
        return replace(fabric, services={**fabric.services, gap.name: replace(service, gap=gap.what)})
    kinds = {_KINDS[gap.section]} if gap.section in _KINDS else set(service_kinds())
    rows = (row for row in tables.service_names(inventory.cloud.value) if row.service in kinds)
    region = inventory.region
    suffixes = {suffix for row in rows for suffix in row.public_suffixes.replace("{region}", region).lower().split()}
    zones = tuple(_zone_of_anything(fabric, suffix, gap) for suffix in sorted(suffixes))
    outside = [name for name, place in fabric.places.items() if place.kind is not PlaceKind.SEGMENT]
    return _unknown_places(replace(fabric, zones=(*fabric.zones, *zones)), gap, outside)


def _other_service(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A service of another kind or an endpoint that scores, and the places that belong to it."""
    own = [name for name in fabric.places if name == gap.name or name.startswith(f"{gap.name}/")]
    return _unknown_places(_service(fabric, inventory, gap), gap, own)


def _workspace(fabric: Fabric, inventory: Inventory, gap: Gap) -> Fabric:
    """A workspace as a service, and the network that Azure keeps for it: what leads out of that is not sure."""
    kept = {island.name for island in islands(inventory) if island.owner.name == gap.name}
    return _unknown_places(_service(fabric, inventory, gap), gap, _standing_in(fabric, kept))


def _nothing(fabric: Fabric, _: Inventory, __: Gap) -> Fabric:
    """What no way depends on: the rights of people, and names that are missing anyhow."""
    return fabric


_BY_SECTION: Mapping[str, Apply] = {
    "networks": _network,
    "network_security_groups": _group,
    "route_tables": _route_table,
    "firewalls": _firewall,
    "gateways": _gateway,
    "bastions": _place,
    "on_premises": _site,
    "machines": _machine,
    "dns_resolvers": _resolver,
    "forwarding_rulesets": _ruleset,
    "name_servers": _name_server,
    "computes": _place,
    "private_endpoints": _endpoint,
    "private_dns_zones": _zone,
    "storage_accounts": _service,
    "key_vaults": _service,
    "container_registries": _service,
    "services": _other_service,
    "online_endpoints": _other_service,
    "batch_endpoints": _other_service,
    "workspaces": _workspace,
    "diagnostic_settings": _nothing,
    "metric_alerts": _nothing,
    "autoscale_settings": _nothing,
    "budgets": _nothing,
    "groups": _nothing,
    "resource_groups": _nothing,
    "principals": _nothing,
    "role_definitions": _nothing,
    "role_assignments": _nothing,
    "deny_assignments": _nothing,
    "policy_assignments": _nothing,
    "defender_plans": _nothing,
    "keys": _nothing,
    "requirements": _nothing,
    "observed": _nothing,
    "undeclared": _nothing,
}
