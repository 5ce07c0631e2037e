"""The places and targets that the packs ask about, in the words of a question."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cloister.facts.tables import service_names
from cloister.inventory.azure import Inventory, Workspace
from cloister.origin import Origin

_KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: its name in a question, and where it was declared."""

    name: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: the words for it in a question with its port, and in a sentence."""

    question: str
    words: str
    origin: Origin | None = None


def compute_places(inventory: Inventory, kind: str = "") -> tuple[Place, ...]:
    """Computes as places. Those of one kind that stand alike, in one subnet, answer alike: the first stands for all."""
    places: dict[tuple[object, ...], Place] = {}
    for compute in inventory.computes:
        if not kind or compute.kind == kind:
            likeness = (compute.kind, compute.subnet or compute.name, compute.node_public_ip)
            places.setdefault(likeness, Place(compute.name, compute.origin))
    return tuple(places.values())


def machines_for(inventory: Inventory, purpose: str) -> tuple[Place, ...]:
    """The machines of one purpose, as places."""
    return tuple(Place(machine.name, machine.origin) for machine in inventory.machines if machine.purpose == purpose)


def machines_inside(inventory: Inventory) -> tuple[Place, ...]:
    """The machines in networks of the environment. Those that stand alike have the same ways: the first is for all."""
    places: dict[tuple[object, ...], Place] = {}
    for machine in inventory.machines:
        if inventory.subnet(machine.subnet):
            likeness = (machine.subnet, machine.network_security_group, machine.public_ip, machine.purpose)
            places.setdefault(likeness, Place(machine.name, machine.origin))
    return tuple(places.values())


def computes_in_subnets(inventory: Inventory, kind: str = "") -> tuple[Place, ...]:
    """The computes that stand in subnets, not in a network that is managed for their workspace."""
    kept = {compute.name for compute in inventory.computes if compute.subnet is not None}
    return tuple(place for place in compute_places(inventory, kind) if place.name in kept)


def people_places(inventory: Inventory) -> tuple[Place, ...]:
    """Where people sit: their own machines, or else jump hosts, or else the sites behind a gateway."""
    sites = tuple(Place(site.name, site.origin) for site in inventory.on_premises if site.gateway)
    return machines_for(inventory, "client") or machines_for(inventory, "jump-host") or sites


def places_for(inventory: Inventory, word: str) -> tuple[Place, ...]:
    """The places of a kind, by the word that the tables of packs use for it."""
    return _PLACES[word](inventory)


def _runtimes_inside(inventory: Inventory) -> tuple[Place, ...]:
    """Integration runtimes in networks of the environment; what a site's own internet access gives is not stated."""
    inside = {machine.name for machine in inventory.machines if inventory.subnet(machine.subnet)}
    return tuple(one for one in machines_for(inventory, "integration-runtime") if one.name in inside)


def _clusters(inventory: Inventory, *, public: bool = False) -> tuple[Place, ...]:
    """The nodes of Kubernetes clusters, all of them or of those whose API answers on the internet."""
    clusters = (one for one in inventory.services if one.kind == _KUBERNETES and one.subnets)
    return tuple(Place(f"{one.name}/nodes", one.origin) for one in clusters if one.public_network_access or not public)


def _exploring(inventory: Inventory, kind: str = "") -> tuple[Place, ...]:
    """The computes of workspaces in which people explore: only there packages, models and code are chosen."""
    homes = {compute.name: inventory.workspace_of(compute) for compute in inventory.computes}
    places = computes_in_subnets(inventory, kind)
    return tuple(place for place in places if _explores(homes[place.name]))


def _explores(workspace: Workspace | None) -> bool:
    return workspace is None or not workspace.loops or "inner" in workspace.loops


_PLACES: dict[str, Callable[[Inventory], tuple[Place, ...]]] = {
    "computes": _exploring,
    "instances": lambda inventory: _exploring(inventory, "instance"),
    "ci-agents": lambda inventory: machines_for(inventory, "ci-agent"),
    "people": people_places,
    "studio": lambda inventory: machines_for(inventory, "jump-host"),
    "integration-runtimes": lambda inventory: machines_for(inventory, "integration-runtime"),
    "integration-runtimes-inside": _runtimes_inside,
    "kubernetes": _clusters,
    "kubernetes-with-public-api": lambda inventory: _clusters(inventory, public=True),
}


def service_targets(inventory: Inventory, workspace: Workspace) -> Iterator[Target]:
    """Every door of a workspace and of what it depends on: workspace, blobs, files, vault, registry."""
    yield target(inventory, workspace.name, "amlworkspace", "", workspace.origin)
    for account in inventory.storage_accounts:
        yield target(inventory, account.name, "blob", "/blob", account.origin)
        if account.name == workspace.storage_account:
            yield target(inventory, account.name, "file", "/file", account.origin)
    for vault in inventory.key_vaults:
        yield target(inventory, vault.name, "vault", "", vault.origin)
    for registry in inventory.container_registries:
        yield target(inventory, registry.name, "registry", "", registry.origin)


def target(inventory: Inventory, name: str, subresource: str, suffix: str, origin: Origin) -> Target:
    """One door of a service, on the port that its facts state."""
    port = next(row.port for row in service_names(inventory.cloud.value) if row.subresource == subresource)
    return Target(f"{name}{suffix}:{port}", f"{name}{suffix}", origin)
