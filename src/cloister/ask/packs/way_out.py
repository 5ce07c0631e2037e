"""Closure, second half: from no place inside does data leave to where nobody approved it.

The hosts of the tables stand for all hosts that nobody approved: each is public and on no list. `internet` is any host
at all. Names that the platform's own resolver looks up can carry data too; no rule of a network judges them.
"""

from collections.abc import Iterator
from dataclasses import replace

from cloister.ask.packs.doors import every_door
from cloister.ask.packs.places import Place, compute_places, machines_inside
from cloister.ask.posed import Posed, must_not
from cloister.facts.packs import Pack, WayOut, ways_out
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Intent, Side

PUBLIC = "@public"
_OWN_DOORS = "a service that answers on the internet is reached around its private endpoint, and so by strangers"
_PEERED = "what stands in a network that is not described here may lead anywhere"


def way_out(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place inside: every way out of the tables, and the public doors of one's own services."""
    for place in places_inside(inventory):
        for way in _ways(inventory):
            end, _, protocol = way.port.partition("/")
            suffix = f":{end}/{protocol}" if protocol else f":{end}"
            question = f"{place.name} -> {way.target.format(region=inventory.region)}{suffix}"
            yield must_not(pack.heading, _named(place, way.name), question, way.why, origin=place.origin)
        for door in every_door(inventory):
            if "." not in door.words:
                name, question = f"{door.words.replace('/', '-')}-public", f"{place.name} -> {door.words}{PUBLIC}"
                port = door.question.rpartition(":")[2]
                yield must_not(pack.heading, _named(place, name), f"{question}:{port}", _OWN_DOORS, origin=place.origin)
    yield from _foreign_peerings(inventory, pack)


def _named(place: Place, way: str) -> str:
    return f"{place.name.replace('/', '-')}-to-{way}"


def places_inside(inventory: Inventory) -> tuple[Place, ...]:
    """Where data could leave from: computes and machines, of those that stand alike the first."""
    return (*compute_places(inventory), *machines_inside(inventory))


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
