"""The packs that are a table of destinations: packages, images, models, editors, agents, Kubernetes, Data Factory."""

from collections.abc import Iterator

from cloister.ask.packs.places import Place, places_for
from cloister.ask.posed import Posed, must
from cloister.facts.packs import Pack, PackTraffic, pack_traffic
from cloister.inventory.azure import Inventory

_INSTANCES = "instances"  # asked of each instance by its own name, instead of one host for all
_FACTORIES = "factories"  # and so of each data factory


def traffic(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place of a pack, and each row of its table, the question whether the one reaches the other."""
    for row in pack_traffic(inventory.cloud.value):
        if row.pack == pack.name and row.asked:
            for place in places_for(inventory, row.place):
                yield from _row(inventory, pack, row, place)


def _row(inventory: Inventory, pack: Pack, row: PackTraffic, place: Place) -> Iterator[Posed]:
    for host in _hosts(inventory, row):
        for end in port_ends(row.protocol, row.ports):
            name = f"{pack.name}-{place.name}-{host}{end}".replace("/", "-").replace(":", "-")
            stands = f"{host} for {row.destination}, " if host != row.destination else ""
            why = f"{row.what}: {stands}asked for by {row.source}"
            posed = must(pack.heading, name, f"{place.name} -> {host}{end}", why, origin=place.origin, action=row.what)
            yield Posed(heading=posed.heading, intent=posed.intent, action=row.what, disputed=disputed(row.reading))


def _hosts(inventory: Inventory, row: PackTraffic) -> list[str]:
    if row.asked == _INSTANCES:
        return [compute.name for compute in inventory.computes if compute.kind == "instance"]
    if row.asked == _FACTORIES:
        return [service.name for service in inventory.services if service.kind == "datafactory"]
    return [row.asked.format(region=inventory.region)]


def disputed(reading: str) -> str:
    """What a row's reading says against its being needed, or nothing where sources agree."""
    if reading == "older":
        return "an older page asks for it, and the newer one does not"
    return "the page does not say clearly enough between whom" if reading else ""


def port_ends(protocol: str, ports: str) -> list[str]:
    """How questions for some ports end, such as `:443` and `:5831/udp`. A range is asked at its first and last."""
    bounds = [bound for part in ports.split(",") for bound in dict.fromkeys(part.split("-"))]
    return [f":{bound}/udp" if protocol.upper() == "UDP" else f":{bound}" for bound in bounds]
