"""Flow: the three loops of model development as eleven needs. An environment that fails one of them fails its people.

Inner loop: explore. Middle loop: train at scale. Outer loop: deploy, watch, train again. Each need is one or more
questions; it is met when all of them are.
"""

from collections.abc import Iterator, Sequence

from cloister.ask.packs.places import (
    Place,
    Target,
    compute_places,
    machines_for,
    people_places,
    service_targets,
    target,
)
from cloister.ask.posed import Posed, absent, must
from cloister.facts.development import MODEL_HOSTS, PACKAGE_HOSTS, SOURCE_CODE_HOSTS
from cloister.facts.tables import required_traffic
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Inventory, Workspace

INNER, MIDDLE, OUTER = "inner", "middle", "outer"
_LACKS = {
    "compute": ("there is no compute", "add a compute instance or cluster"),
    "cluster": ("there is no compute cluster", "add a compute with kind cluster"),
    "people": ("people have no place to work from", "add a machine with purpose client or jump-host, or a site"),
    "ci-agent": ("there is no CI agent", "add a machine with purpose ci-agent"),
}


def loops(inventory: Inventory) -> Iterator[Posed]:
    """The eleven needs, loop by loop, for the environment's first workspace."""
    if not inventory.workspaces:
        return
    workspace = inventory.workspaces[0]
    yield from _inner(inventory, workspace)
    yield from _middle(inventory, workspace)
    yield from _outer(inventory, workspace)


def _inner(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    computes = _or_lack(inventory, compute_places(inventory), "compute")
    packages = [_host(row.host) for row in PACKAGE_HOSTS]
    yield from _need("packages", INNER, computes, packages, "people install what their model needs")
    models = [_host(row.host) for row in MODEL_HOSTS]
    yield from _need("pre-trained models", INNER, computes, models, "people start from a trained model")
    servers = [_server(inventory, place) for place in machines_for(inventory, "source-control")]
    code = servers or [_host(row.host) for row in SOURCE_CODE_HOSTS]
    yield from _need("source code", INNER, computes, code, "people share code through a repository")
    people = _or_lack(inventory, people_places(inventory), "people")
    doors = [_service(inventory, workspace, workspace.name)]
    yield from _need("free compute", INNER, people, doors, "people open notebooks on a compute that nobody else uses")


def _middle(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    clusters = _or_lack(inventory, compute_places(inventory, "cluster"), "cluster")
    registry = workspace.container_registry
    images = [_service(inventory, workspace, registry)] if registry else []
    parts = [_service(inventory, workspace, workspace.name), *images]
    yield from _need("fast compute for tuning", MIDDLE, clusters, parts, "a cluster node registers and pulls its image")
    people = _or_lack(inventory, people_places(inventory), "people")
    doors = [_service(inventory, workspace, workspace.name)]
    yield from _need("re-run with changed parameters", MIDDLE, people, doors, "people submit the same job again")
    yield from _need("data source or lake", MIDDLE, clusters, _data(inventory, workspace), "training reads its data")


def _outer(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    agents = _or_lack(inventory, machines_for(inventory, "ci-agent"), "ci-agent")
    clusters = _or_lack(inventory, compute_places(inventory, "cluster"), "cluster")
    door = _service(inventory, workspace, workspace.name)
    blobs = _service(inventory, workspace, f"{workspace.storage_account}/blob")
    registry = workspace.container_registry
    deploy = [door, *([_service(inventory, workspace, registry)] if registry else [])]
    yield from _need("deployment from outside", OUTER, agents, deploy, "the pipeline deploys through the workspace")
    yield from _need("model QA from outside", OUTER, agents, [door, blobs], "the pipeline scores a candidate")
    yield from _need("monitoring", OUTER, clusters, [blobs, door], "a monitor reads what endpoints collected")
    control = [_host(name) for name in _control_plane(inventory)]
    yield from _need("automatic retraining", OUTER, agents, control, "a drift alert starts the training pipeline")


def _need(
    heading: str, loop: str, places: Sequence[Place] | Posed, targets: Sequence[Target], why: str
) -> Iterator[Posed]:
    slug = heading.replace(" ", "-").lower()
    if isinstance(places, Posed):
        lack = places
        yield absent(heading, slug, lack.absent, mend=lack.intent.mend, origin=lack.intent.origin, loop=loop)
        return
    for place in places:
        for wanted in targets:
            name = f"{slug}-{place.name}-{wanted.words}".replace("/", "-")
            yield must(heading, name, f"{place.name} -> {wanted.question}", why, origin=place.origin, loop=loop)


def _or_lack(inventory: Inventory, places: tuple[Place, ...], who: str) -> tuple[Place, ...] | Posed:
    """The places, or what is missing where there are none."""
    lack, mend = _LACKS[who]
    return places or absent("", "", lack, mend=mend, origin=inventory.origin)


def _data(inventory: Inventory, workspace: Workspace) -> list[Target]:
    """The lake where there is one, or databases, or else the workspace's own storage."""
    lakes = [
        target(inventory, account.name, "dfs", "/dfs", account.origin)
        for account in inventory.storage_accounts
        if account.hierarchical_namespace and account.name != workspace.storage_account
    ]
    return lakes or [_service(inventory, workspace, f"{workspace.storage_account}/blob")]


def _service(inventory: Inventory, workspace: Workspace, words: str) -> Target:
    return next(found for found in service_targets(inventory, workspace) if found.words == words)


def _host(name: str) -> Target:
    return Target(f"{name}:{HTTPS}", name)


def _server(inventory: Inventory, place: Place) -> Target:
    machine = next(found for found in inventory.machines if found.name == place.name)
    return Target(f"{machine.name}:{HTTPS}", machine.name, machine.origin)


def _control_plane(inventory: Inventory) -> list[str]:
    """The hosts through which jobs are started with a managed identity: sign-in, and the resource manager."""
    rows = required_traffic(inventory.cloud.value)
    return [
        row.destination for row in rows if row.kind == "fqdn" and row.destination.startswith(("login.", "management."))
    ]
