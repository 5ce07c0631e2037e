"""Closure, first half: nobody on the internet reaches a service, a machine or a compute; no site opens a shell."""

from collections.abc import Iterator

from cloister.ask.packs.doors import every_door
from cloister.ask.packs.places import Target
from cloister.ask.posed import Posed, must_not
from cloister.facts.packs import Pack
from cloister.facts.well_known_ports import DESKTOP, SSH
from cloister.inventory.azure import Inventory

_WHY = "a stolen credential alone must not be enough"
_WHY_SITES = "people at a site work through the workspace; nobody opens a shell on a machine of the cloud"
_SHELLS = (SSH, DESKTOP)


def way_in(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """One intent for each door of each service, and each shell of each machine and compute with an address."""
    for target in (*every_door(inventory), *_shells(inventory)):
        name = f"internet-to-{target.question.replace('/', '-').replace(':', '-')}"
        origin = target.origin or inventory.origin
        yield must_not(pack.heading, name, f"internet -> {target.question}", _WHY, origin=origin)
    for site in inventory.on_premises:
        for target in _shells(inventory, without="jump-host"):  # which people at a site are meant to enter
            name = f"{site.name}-to-{target.question.replace(':', '-')}"
            origin = target.origin or inventory.origin
            yield must_not(pack.heading, name, f"{site.name} -> {target.question}", _WHY_SITES, origin=origin)


def _shells(inventory: Inventory, without: str = "") -> Iterator[Target]:
    machines = [one for one in inventory.machines if inventory.subnet(one.subnet) and one.purpose != without]
    inside = [(one.name, one.origin) for one in machines]
    inside += [(one.name, one.origin) for one in inventory.computes if one.private_ip]
    for name, origin in inside:
        for port in _SHELLS:
            yield Target(f"{name}:{port}", name, origin)
