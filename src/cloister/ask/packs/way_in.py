"""Closure, first half: nobody on the internet reaches a service, a machine or a compute."""

from collections.abc import Iterator

from cloister.ask.packs.places import Target, service_targets
from cloister.ask.posed import Posed, must_not
from cloister.inventory.azure import Inventory

HEADING = "no way in"
_WHY = "a stolen credential alone must not be enough"
_SHELL_PORT = 22  # https://www.iana.org/assignments/service-names-port-numbers


def way_in(inventory: Inventory) -> Iterator[Posed]:
    """One intent for each door of each service, each machine in a network, and each compute with an address."""
    seen: set[str] = set()
    for target in _targets(inventory):
        if target.question not in seen:
            seen.add(target.question)
            name = f"internet-to-{target.words.replace('/', '-')}"
            yield must_not(
                HEADING, name, f"internet -> {target.question}", _WHY, origin=target.origin or inventory.origin
            )


def _targets(inventory: Inventory) -> Iterator[Target]:
    for workspace in inventory.workspaces:
        yield from service_targets(inventory, workspace)
    for machine in inventory.machines:
        if inventory.subnet(machine.subnet):
            yield Target(f"{machine.name}:{_SHELL_PORT}", machine.name, machine.origin)
    for compute in inventory.computes:
        if compute.private_ip:
            yield Target(f"{compute.name}:{_SHELL_PORT}", compute.name, compute.origin)
