"""Managed identities: what can have one of its own, and as whose the code at a place acts."""

from collections.abc import Iterator

from cloister.inventory.azure.inventory import Inventory

NONE = "None"
LEARNING = "azure-machine-learning-service"
"""The place at which a workspace calls others itself, below its name."""
_SERVICE = "service"
_NODES = "nodes"


def identities(inventory: Inventory) -> dict[str, str]:
    """Every resource that can have an identity, and of which kind its own is; a machine on-premises has none."""
    sites = {site.name for site in inventory.on_premises}
    found: dict[str, str] = {one.name: one.identity for one in inventory.workspaces}
    found |= {one.name: one.identity for one in inventory.computes}
    found |= {one.name: one.identity for one in inventory.services}
    found |= {one.name: NONE if one.subnet in sites else one.identity for one in inventory.machines}
    managed = (one for one in inventory.online_endpoints if one.kind == "managed")
    return found | {one.name: one.identity for one in managed}


def places(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """By resource, where code acts as its identity: at itself, where it calls others, on its nodes, in deployments."""
    found: dict[str, list[str]] = {}
    for place, owner in _owned(inventory):
        found.setdefault(owner, []).append(place)
    return {owner: tuple(its) for owner, its in found.items()}


def acting_at(inventory: Inventory, place: str) -> str:
    """The resource as whose identity the code at a place acts, or nothing."""
    owner = dict(_owned(inventory)).get(place, "")
    return owner if identities(inventory).get(owner, NONE) != NONE else ""


def _owned(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Every place where code runs, with the resource whose identity is at hand there."""
    for workspace in inventory.workspaces:
        yield f"{workspace.name}/{LEARNING}", workspace.name
    yield from ((compute.name, compute.name) for compute in inventory.computes)
    yield from ((machine.name, machine.name) for machine in inventory.machines)
    for service in inventory.services:
        yield f"{service.name}/{_SERVICE}", service.name
        for number, _ in enumerate(service.subnets, start=1):
            yield f"{service.name}/{_NODES}{f'-{number}' if number > 1 else ''}", service.name
    for endpoint in inventory.online_endpoints:
        for deployment in endpoint.deployments:
            owner = endpoint.name if endpoint.kind == "managed" else endpoint.cluster or ""
            yield f"{endpoint.name}/{deployment.name}", owner
    for batch in inventory.batch_endpoints:
        yield batch.name, batch.compute
