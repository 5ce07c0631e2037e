"""Flow: the traffic that Azure Machine Learning requires of computes, by service tags or by names.

A page that asks for traffic gives two lists: tags for filters and firewalls that know them, names for those that do
not. Either is enough for each need, so a need is met as soon as one of the two ways is open.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cloister.ask.packs.places import Place, computes_in_subnets, places_for, service_targets
from cloister.ask.packs.traffic import disputed, port_ends
from cloister.ask.posed import Posed, Way, must, must_one_way
from cloister.facts.packs import Pack
from cloister.facts.tables import RequiredTraffic, required_traffic
from cloister.inventory.azure import Compute, Inventory, RouteTable

_NODE_STORAGE = "node storage"
_OWN_SERVICES = "services"  # the tag VirtualNetwork, asked through the services' own endpoints
_STUDIO = "studio"
_TAG_ROUTE = "AzureMachineLearning"


def required(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """What each compute needs of the service, but for the storage of the nodes, which is a pack of its own."""
    rows = [row for row in _rows(inventory, "compute") if row.need != _NODE_STORAGE]
    for place in computes_in_subnets(inventory):
        yield from _needs(inventory, pack, place, rows)
        yield from _commands(inventory, pack, place)


def node_storage(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """The storage accounts of Microsoft from which nodes are made."""
    rows = [row for row in _rows(inventory, "compute") if row.need == _NODE_STORAGE]
    for place in computes_in_subnets(inventory):
        yield from _needs(inventory, pack, place, rows)


def studio(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """What the browsers of people inside need; what a site's own internet access gives people there is not stated."""
    for place in places_for(inventory, _STUDIO):
        yield from _needs(inventory, pack, place, _rows(inventory, _STUDIO))


def managed_network(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """What computes in a workspace's managed network need, by its mode."""
    for compute in inventory.computes:
        workspace = inventory.workspace_of(compute)
        if compute.subnet is None and workspace and workspace.managed_network != "Disabled":
            rows = [row for row in _rows(inventory, "managed compute") if row.mode == workspace.managed_network]
            yield from _needs(inventory, pack, Place(compute.name, compute.origin), rows)


def _rows(inventory: Inventory, who: str) -> list[RequiredTraffic]:
    rows = required_traffic(inventory.cloud.value)
    return [row for row in rows if row.direction == "out" and row.who == who and _is_needed(inventory, row.needed)]


def _is_needed(inventory: Inventory, needed: str) -> bool:
    """Whether what a row waits for stands in the environment."""
    return _WAITS_FOR[needed](inventory) if needed in _WAITS_FOR else True


def _has_endpoint(inventory: Inventory, subresource: str) -> bool:
    return any(endpoint.subresource == subresource for endpoint in inventory.private_endpoints)


_WAITS_FOR: dict[str, Callable[[Inventory], bool]] = {
    "workspace has a private endpoint": lambda inventory: _has_endpoint(inventory, "amlworkspace"),
    "private endpoints stand in the network or its peers": lambda inventory: bool(inventory.private_endpoints),
    "instances are used": lambda inventory: any(compute.kind == "instance" for compute in inventory.computes),
    "files have no private endpoint": lambda inventory: not _has_endpoint(inventory, "file"),
    "monitoring has no private link scope": lambda inventory: not _monitored_privately(inventory),
    "high business impact workspace": lambda inventory: any(one.high_business_impact for one in inventory.workspaces),
}


def _monitored_privately(inventory: Inventory) -> bool:
    """Whether monitoring is sent through a private link scope, which an approved endpoint leads to."""
    scopes = {service.name for service in inventory.services if service.kind == "monitor"}
    approved = (endpoint for endpoint in inventory.private_endpoints if endpoint.approval == "Approved")
    return any(endpoint.target in scopes for endpoint in approved)


def _needs(inventory: Inventory, pack: Pack, place: Place, rows: list[RequiredTraffic]) -> Iterator[Posed]:
    """One intent a need: by its tags or by its names. What only one reading asks for is an intent of its own."""
    for need in dict.fromkeys(row.need for row in rows):
        agreed = [row for row in rows if row.need == need and not row.reading]
        ways = [_way(inventory, place, agreed, kind) for kind in ("tag", "fqdn")]
        sources = " and ".join(dict.fromkeys(row.source for row in agreed))
        name = f"{pack.name}-{place.name}-{need}".replace(" ", "-").replace("/", "-")
        if any(ways):
            why = f"{need}, required by {sources}"
            posed = must_one_way(pack.heading, name, tuple(way for way in ways if way), why, origin=place.origin)
            yield replace(posed, need=need)
        for row in rows:
            if row.need == need and row.reading:
                # Tags are enough for it as well: the pages disagree about names only.
                way, why = _way(inventory, place, [row], row.kind), f"{need}, required by {row.source}"
                other = f"{name}-{row.destination}".replace("{region}", inventory.region)
                either = tuple(one for one in (ways[0], way) if one)
                posed = must_one_way(pack.heading, other, either, why, origin=place.origin)
                yield replace(posed, disputed=disputed(row.reading), need=need)


def _way(inventory: Inventory, place: Place, rows: list[RequiredTraffic], kind: str) -> Way:
    """The questions of all rows of a kind."""
    questions = [
        question for row in rows if row.kind == kind and row.asked for question in _questions(inventory, place, row)
    ]
    return tuple(dict.fromkeys(questions))


def _questions(inventory: Inventory, place: Place, row: RequiredTraffic) -> Iterator[str]:
    if row.asked == _OWN_SERVICES:
        for workspace in inventory.workspaces:
            for target in service_targets(inventory, workspace):
                if target.question.endswith(f":{row.ports}"):
                    yield f"{place.name} -> {target.question}"
        return
    for end in port_ends(row.protocol, row.ports):
        yield f"{place.name} -> {row.asked.format(region=inventory.region)}{end}"


def _commands(inventory: Inventory, pack: Pack, place: Place) -> Iterator[Posed]:
    """The service's commands to a compute with a public address, which come from outside."""
    compute = next(compute for compute in inventory.computes if compute.name == place.name)
    rows = [row for row in required_traffic(inventory.cloud.value) if row.direction == "in" and not row.mode]
    for row in rows if compute.node_public_ip else ():
        for end in port_ends(row.protocol, row.ports):
            name = f"{pack.name}-{place.name}-{row.need}".replace(" ", "-").replace("/", "-")
            why = f"{row.need}, required by {row.source}"
            question, mend = f"{row.asked} -> {place.name}{end}", _route_mend(inventory, compute)
            yield replace(must(pack.heading, name, question, why, origin=place.origin, mend=mend), need=row.need)


def _route_mend(inventory: Inventory, compute: Compute) -> str:
    """What lets replies to the service out past a firewall, where a route sends everything to one."""
    found = inventory.subnet(compute.subnet or "")
    table = found and next((one for one in inventory.route_tables if one.name == found[1].route_table), None)
    if not table or not _forces(table):
        return ""
    return f"add a route for {_TAG_ROUTE} with next_hop_type Internet to {table.name}"


def _forces(table: RouteTable) -> bool:
    prefixes = {route.prefix for route in table.routes if route.next_hop_type == "VirtualAppliance"}
    back = {route.prefix.partition(".")[0] for route in table.routes if route.next_hop_type == "Internet"}
    return "0.0.0.0/0" in prefixes and _TAG_ROUTE not in back
