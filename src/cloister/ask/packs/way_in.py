"""Closure, first half: nobody on the internet reaches a service, a machine or a compute; no site opens a shell."""

from collections.abc import Iterator

from cloister.ask.packs.places import Target, service_targets
from cloister.ask.posed import Posed, must_not
from cloister.facts.well_known_ports import SSH
from cloister.inventory.azure import Inventory

HEADING = "no way in"
_WHY = "a stolen credential alone must not be enough"
_WHY_SITES = "people at a site work through the workspace; nobody opens a shell on a compute"


def way_in(inventory: Inventory) -> Iterator[Posed]:
    """One intent for each door of each service, each machine in a network and each compute with an address."""
    seen: set[str] = set()
    for target in _targets(inventory):
        if target.question not in seen:
            seen.add(target.question)
            name = f"internet-to-{target.words.replace('/', '-')}"
            origin = target.origin or inventory.origin
            yield must_not(HEADING, name, f"internet -> {target.question}", _WHY, origin=origin)
    for site in inventory.on_premises:
        for compute in inventory.computes:
            if compute.private_ip:
                question = f"{site.name} -> {compute.name}:{SSH}"
                yield must_not(HEADING, f"{site.name}-to-{compute.name}", question, _WHY_SITES, origin=compute.origin)


def _targets(inventory: Inventory) -> Iterator[Target]:
    for workspace in inventory.workspaces:
        yield from service_targets(inventory, workspace)
    for machine in inventory.machines:
        if inventory.subnet(machine.subnet):
            yield Target(f"{machine.name}:{SSH}", machine.name, machine.origin)
    for compute in inventory.computes:
        if compute.private_ip:
            yield Target(f"{compute.name}:{SSH}", compute.name, compute.origin)
