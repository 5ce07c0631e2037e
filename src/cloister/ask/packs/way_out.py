"""Closure, second half: from no place inside does data leave to where nobody approved it.

The hosts of the tables stand for all hosts that nobody approved: each is public and on no list. `internet` is any host
at all. Names that the platform's own resolver looks up can carry data too; no rule of a network judges them.
"""

from collections.abc import Iterator
from dataclasses import replace

from cloister.ask.packs.alike import doors_alike, standing_for
from cloister.ask.packs.places import Place, compute_places, machines_inside
from cloister.ask.posed import Posed, must_not
from cloister.facts.packs import Pack, WayOut, ways_out
from cloister.inventory.azure import Inventory, Workspace
from cloister.inventory.intents import Intent, Side

PUBLIC = "@public"
_OWN_DOORS = "a service that answers on the internet is reached around its private endpoint, and so by strangers"
_SERVERLESS = "serverless"
_MEND = "set serverless_subnet of {0} to a subnet whose way out is judged, or let Azure manage a network that approves"
_PEERED = "what stands in a network that is not described here may lead anywhere"


def way_out(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place inside: every way out of the tables, and the public doors of one's own services.

    Of services whose doors answer alike the first stands for all.
    """
    mends = {f"{workspace.name}/{_SERVERLESS}": _MEND.format(workspace.name) for workspace in _loose(inventory)}
    doors = [(door, others) for door, others in doors_alike(inventory) if "." not in door.words]
    for place in places_inside(inventory):
        for way in _ways(inventory):
            end, _, protocol = way.port.partition("/")
            suffix = f":{end}/{protocol}" if protocol else f":{end}"
            question = f"{place.name} -> {way.target.format(region=inventory.region)}{suffix}"
            asked = must_not(pack.heading, _named(place, way.name), question, way.why, origin=place.origin)
            yield replace(asked, intent=replace(asked.intent, mend=mends.get(place.name, "")))
        for door, others in doors:
            name, question = f"{door.words.replace('/', '-')}-public", f"{place.name} -> {door.words}{PUBLIC}"
            port, why = door.question.rpartition(":")[2], f"{_OWN_DOORS}{standing_for(others)}"
            yield must_not(pack.heading, _named(place, name), f"{question}:{port}", why, origin=place.origin)
    yield from _foreign_peerings(inventory, pack)


def _named(place: Place, way: str) -> str:
    return f"{place.name.replace('/', '-')}-to-{way}"


def places_inside(inventory: Inventory) -> tuple[Place, ...]:
    """Where data could leave from: computes, serverless jobs, deployments and machines.

    Of computes and machines that stand alike the first stands for all.
    """
    return (
        *compute_places(inventory),
        *_serverless(inventory),
        *_deployments(inventory),
        *machines_inside(inventory),
    )


def _deployments(inventory: Inventory) -> Iterator[Place]:
    """What people's code runs in behind an endpoint that Azure keeps; on Kubernetes it runs on the cluster's nodes."""
    for endpoint in inventory.online_endpoints:
        if endpoint.kind == "managed":
            yield from (Place(f"{endpoint.name}/{one.name}", one.origin) for one in endpoint.deployments)


def _serverless(inventory: Inventory) -> Iterator[Place]:
    """Serverless jobs of each workspace, which nobody has to declare, where no compute stands beside them."""
    taken = {compute.subnet for compute in inventory.computes if compute.subnet}
    kept = {owner.name for one in inventory.computes if not one.subnet and (owner := inventory.workspace_of(one))}
    for workspace in inventory.workspaces:
        managed = workspace.managed_network != "Disabled"
        if not (workspace.name in kept if managed else workspace.serverless_subnet in taken):
            yield Place(f"{workspace.name}/{_SERVERLESS}", workspace.origin)


def _loose(inventory: Inventory) -> Iterator[Workspace]:
    """The workspaces whose serverless jobs run in a network that nobody closes."""
    return (one for one in inventory.workspaces if one.managed_network == "Disabled" and not one.serverless_subnet)


def _ways(inventory: Inventory) -> Iterator[WayOut]:
    """The ways of the tables, each once: of several regions for one way, the first that is not one's own."""
    own, seen = f".{inventory.region}", set[str]()
    for way in ways_out(inventory.cloud.value):
        foreign = way.kind == "tag" and "{region}" not in way.target and way.target.endswith(own)
        if way.name not in seen and not foreign:
            seen.add(way.name)
            yield way


def _foreign_peerings(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    for peering in inventory.peerings:
        if inventory.network(peering.remote) is None:
            name = f"{peering.network}-peers-with-{peering.remote}"
            intent = Intent(name=name, side=Side.CLOSURE, why=_PEERED, origin=peering.origin)
            intent = replace(intent, mend=f"describe network {peering.remote}, or remove the peering")
            unknown = f"{peering.network} is peered with {peering.remote}, which is not in the environment"
            yield Posed(heading=pack.heading, intent=intent, unknown=unknown)
