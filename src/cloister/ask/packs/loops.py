"""Flow: the three loops of model development as eleven needs. An environment that fails one of them fails its people.

Inner loop: explore. Middle loop: train at scale. Outer loop: deploy, watch, train again. Each need is one or more
questions, and each of those has a place, an action and a resource; a need is met when all of its questions are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloister.ask.packs.places import (
    Place,
    Target,
    compute_places,
    machines_for,
    people_places,
    service_targets,
    target,
)
from cloister.ask.packs.sources_of_data import read_from
from cloister.ask.posed import Posed, absent, must
from cloister.ask.standing_in import new_instance
from cloister.facts.development import MODEL_HOSTS, PACKAGE_HOSTS, SOURCE_CODE_HOSTS
from cloister.facts.packs import Pack
from cloister.facts.tables import required_traffic, service_names
from cloister.facts.well_known_ports import HTTPS, MSSQL
from cloister.inventory.azure import Inventory, Workspace

INNER, MIDDLE, OUTER = "inner", "middle", "outer"
_LACKS = {
    "compute": ("there is no compute", "add a compute instance or cluster"),
    "cluster": ("there is no compute cluster", "add a compute with kind cluster"),
    "people": ("people have no place to work from", "add a machine with purpose client or jump-host, or a site"),
    "ci-agent": ("there is no CI agent", "add a machine with purpose ci-agent"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One question of a need without its place: what somebody does there, and to what."""

    action: str
    resource: Target


def loops(inventory: Inventory, pack: Pack) -> Iterator[Posed]:  # noqa: ARG001 - the needs have headings of their own
    """The eleven needs, loop by loop, for the environment's first workspace."""
    if not inventory.workspaces:
        return
    workspace = inventory.workspaces[0]
    yield from _inner(inventory, workspace)
    yield from _middle(inventory, workspace)
    yield from _outer(inventory, workspace)


def _inner(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    computes, people = _or_lack(inventory, "compute"), _or_lack(inventory, "people")
    packages = [Act("installs packages", _host(row.host)) for row in PACKAGE_HOSTS]
    yield from _need("packages", INNER, computes, packages, "people install what their model needs")
    models = [Act("downloads a model", _host(row.host)) for row in MODEL_HOSTS]
    yield from _need("pre-trained models", INNER, computes, models, "people start from a trained model")
    servers = [_server(inventory, place, HTTPS) for place in machines_for(inventory, "source-control")]
    code = [Act("clones and pushes code", one) for one in servers or [_host(row.host) for row in SOURCE_CODE_HOSTS]]
    yield from _need("source code", INNER, computes, code, "people share code through a repository")
    fresh = new_instance(workspace)
    free = [
        Act("creates an instance", _service(inventory, workspace, workspace.name)),
        Act("opens the instance that was just made, by its name", Target(f"{fresh}:{HTTPS}", fresh)),
    ]
    yield from _need("free compute", INNER, people, free, "people open notebooks on a compute that nobody else uses")


def _middle(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    clusters, people = _or_lack(inventory, "cluster"), _or_lack(inventory, "people")
    door, blobs = _service(inventory, workspace, workspace.name), _blobs(inventory, workspace)
    fast = [Act("takes jobs", door), *_registry(inventory, workspace, "pulls its image")]
    yield from _need("fast compute for tuning", MIDDLE, clusters, fast, "a cluster node registers and pulls its image")
    again = [Act("submits the same job with other parameters", door), Act("reads what the run left", blobs)]
    yield from _need("re-run with changed parameters", MIDDLE, people, again, "people submit the same job again")
    yield from _data_need(inventory, workspace, clusters)


def _data_need(inventory: Inventory, workspace: Workspace, clusters: Sequence[Place] | Posed) -> Iterator[Posed]:
    """Every source of data, each by itself; where jobs are to read from none of them, the workspace's own storage."""
    heading, why = "data source or lake", "training reads its data"
    if isinstance(clusters, Posed):
        yield from _need(heading, MIDDLE, clusters, [], why)
        return
    for place in clusters:
        sources = read_from(inventory, place, _data(inventory, workspace)) or [_blobs(inventory, workspace)]
        yield from _need(heading, MIDDLE, [place], [Act("reads training data", one) for one in sources], why)


def _outer(inventory: Inventory, workspace: Workspace) -> Iterator[Posed]:
    agents, clusters = _or_lack(inventory, "ci-agent"), _or_lack(inventory, "cluster")
    door, blobs = _service(inventory, workspace, workspace.name), _blobs(inventory, workspace)
    control = [_host(name) for name in _control_plane(inventory)]
    deploy = [Act("deploys", door), *_registry(inventory, workspace, "pushes the image that serves")]
    yield from _need("deployment from outside", OUTER, agents, deploy, "the pipeline deploys through the workspace")
    scoring = [Act("scores a candidate", one) for one in _scoring(inventory, workspace)]
    qa = [Act("registers what it found", door), *scoring, Act("reads test data", blobs)]
    yield from _need("model QA from outside", OUTER, agents, qa, "the pipeline scores a candidate")
    watch = [Act("reads what endpoints collected", blobs), Act("records signals", door)]
    yield from _need("monitoring", OUTER, clusters, watch, "a monitor reads what endpoints collected")
    retrain = [
        *(Act("starts the training pipeline", one) for one in control),
        Act("starts the training pipeline", door),
    ]
    yield from _need("automatic retraining", OUTER, agents, retrain, "a drift alert starts the training pipeline")


def _need(heading: str, loop: str, places: Sequence[Place] | Posed, acts: Sequence[Act], why: str) -> Iterator[Posed]:
    slug = heading.replace(" ", "-").lower()
    if isinstance(places, Posed):
        lack = places
        yield absent(heading, slug, lack.absent, mend=lack.intent.mend, origin=lack.intent.origin, loop=loop)
        return
    for place in places:
        for act in acts:
            wanted = act.resource
            name = f"{slug}-{place.name}-{wanted.words}".replace("/", "-")
            question = f"{place.name} -> {wanted.question}"
            yield must(heading, name, question, why, origin=place.origin, loop=loop, action=act.action)


def _or_lack(inventory: Inventory, who: str) -> tuple[Place, ...] | Posed:
    """The places of somebody, or what is missing where there are none."""
    places = {
        "compute": lambda: compute_places(inventory),
        "cluster": lambda: compute_places(inventory, "cluster"),
        "people": lambda: people_places(inventory),
        "ci-agent": lambda: machines_for(inventory, "ci-agent"),
    }[who]()
    lack, mend = _LACKS[who]
    return places or absent("", "", lack, mend=mend, origin=inventory.origin)


def _registry(inventory: Inventory, workspace: Workspace, action: str) -> list[Act]:
    """The registry with the door through which layers travel, where the workspace has one."""
    name = workspace.container_registry
    if not name:
        return []
    registry = _service(inventory, workspace, name)
    return [Act(action, registry), Act(action, Target(f"{name}/data:{HTTPS}", f"{name}/data", registry.origin))]


def _data(inventory: Inventory, workspace: Workspace) -> list[Target]:
    """Lakes, other accounts for data, and databases, on-premises ones by their own route."""
    lakes = []
    for account in inventory.storage_accounts:
        if account.name != workspace.storage_account:
            door = "dfs" if account.hierarchical_namespace else "blob"
            lakes.append(target(inventory, account.name, door, f"/{door}", account.origin))
    databases = [_server(inventory, place, MSSQL) for place in machines_for(inventory, "database")]
    return [*lakes, *databases]


def _scoring(inventory: Inventory, workspace: Workspace) -> Iterator[Target]:
    """A host of an online endpoint: one name stands for all under the workspace's wildcard.

    All workspaces of a region share that wildcard, so that with several a name says nothing of whose it is.
    """
    doors = {end.target for end in inventory.private_endpoints if end.subresource == "amlworkspace"}
    for row in service_names(inventory.cloud.value) if doors <= {workspace.name} else ():
        if row.door == "inference" and row.service == "workspace":
            host = row.host.replace("*", "candidate").format(region=inventory.region)
            yield Target(f"{host}:{row.port}", host)


def _service(inventory: Inventory, workspace: Workspace, words: str) -> Target:
    return next(found for found in service_targets(inventory, workspace) if found.words == words)


def _blobs(inventory: Inventory, workspace: Workspace) -> Target:
    return _service(inventory, workspace, f"{workspace.storage_account}/blob")


def _host(name: str) -> Target:
    return Target(f"{name}:{HTTPS}", name)


def _server(inventory: Inventory, place: Place, port: int) -> Target:
    machine = next(found for found in inventory.machines if found.name == place.name)
    return Target(f"{machine.name}:{port}", machine.name, machine.origin)


def _control_plane(inventory: Inventory) -> list[str]:
    """The hosts through which jobs are started with a managed identity: sign-in, and the resource manager."""
    rows = required_traffic(inventory.cloud.value)
    wanted = [row.destination for row in rows if row.kind == "fqdn" and row.need in ("sign-in", "resource manager")]
    return list(dict.fromkeys(wanted))
