"""What a deed in people's words comes down to: ways to doors, and rights at resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from cloister.errors import Fault, SpecError
from cloister.facts.people_actions import PeoplesAction, people_actions
from cloister.facts.tables import required_traffic
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Inventory, Workspace
from cloister.inventory.azure.placement import RESOURCE_GROUP, resource_paths
from cloister.verdict import Rule

NOBODY = "-"
"""In the facts: nothing is asked for."""
_SECTIONS = {
    "workspace": ("workspaces", ""),
    "storage": ("storage_accounts", ""),
    "vault": ("key_vaults", ""),
    "registry": ("container_registries", ""),
    "compute": ("computes", ""),
    "instance": ("computes", "instance"),
    "network": ("networks", ""),
    "firewall": ("firewalls", ""),
    "machine": ("machines", ""),
    "kubernetes": ("services", "kubernetes"),
    "factory": ("services", "datafactory"),
}
_OF_WORKSPACE = {"storage": "storage_account", "vault": "key_vault", "registry": "container_registry"}
_OPTIONAL = ("compute",)
_ANY = "any"
_NAMES_A_PART = frozenset({"data", "files", "secret", "image", "endpoint", "batch-endpoint", "compute"})
"""Of these, the name of the object is a scope of its own, below the resource."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done, to which object, and at which resource if one is said: `read data/raw from lake`."""

    action: str
    resource: str
    where: str = ""

    @property
    def kind(self) -> str:
        """The kind of object."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """The object's name, or nothing where any is meant."""
        return self.resource.partition("/")[2]

    def __str__(self) -> str:
        return f"{self.action} {self.resource}{f' on {self.where}' if self.where else ''}"


@dataclass(frozen=True, slots=True)
class Need:
    """A way to a door, or nothing; and a right to an operation at a resource, or nothing."""

    way: str
    plane: str
    operation: str
    at: str
    text: str
    rule: Rule

    @property
    def asks_for_a_right(self) -> bool:
        """Whether somebody decides about it."""
        return self.plane != NOBODY


@dataclass(frozen=True, slots=True)
class Task:
    """A deed in one environment: the resource that it is done at, the workspace concerned, and its needs."""

    deed: Deed
    on: str
    where: str
    workspace: Workspace | None
    needs: tuple[Need, ...]


def task_of(inventory: Inventory, deed: Deed) -> Task:
    """The needs of a deed. Raises SpecError where its words mean nothing in the environment."""
    rows = [row for row in people_actions() if (row.action, row.resource) == (deed.action, deed.kind)]
    if not rows:
        raise SpecError(_unknown(deed))
    on, where = _where(inventory, deed, list(dict.fromkeys(row.on for row in rows)))
    workspace = _workspace(inventory, on, where)
    words = words_of(inventory, where, workspace) | {"scoring": _scoring(inventory, deed.name, workspace)}
    return Task(deed, on, where, workspace, tuple(_need(row, deed, words) for row in rows if row.on == on))


def words_of(inventory: Inventory, where: str, workspace: Workspace | None) -> dict[str, str]:
    """What the words of the facts stand for."""
    group = resource_paths(inventory).get(where, ("",))[0]
    return {
        "where": where,
        "workspace": workspace.name if workspace else "",
        "storage": workspace.storage_account if workspace else "",
        "manager": f"{_manager(inventory)}:{HTTPS}",
        "group": f"{RESOURCE_GROUP}{group}",
    }


def _scoring(inventory: Inventory, endpoint: str, workspace: Workspace | None) -> str:
    """Where an endpoint takes requests: its own name, its ingress on a cluster, or where any of the workspace does."""
    online = next((one for one in inventory.online_endpoints if one.name == endpoint), None)
    if online and online.kind == "kubernetes":
        return f"{endpoint}:{HTTPS}"
    if online or any(one.name == endpoint for one in inventory.batch_endpoints):
        return endpoint
    return f"{workspace.name}/inference" if workspace else ""


def _need(row: PeoplesAction, deed: Deed, words: dict[str, str]) -> Need:
    filled = words | {"name": deed.name or "*"}
    at = row.at.format_map(filled)
    if row.at == "{where}" and deed.name and deed.kind in _NAMES_A_PART and row.plane != "local":
        at = f"{at}/{deed.name}"
    way = "" if row.way == NOBODY else row.way.format_map(filled)
    rule = Rule(f"{row.action} {row.resource}", source=row.source)
    return Need(way, row.plane, row.operation, at, row.text, rule)


def _where(inventory: Inventory, deed: Deed, kinds: list[str]) -> tuple[str, str]:
    """The kind and name of the resource that the deed is done at: the one it names, or the only one it can mean."""
    if deed.where:
        for kind in kinds:
            if deed.where in _names(inventory, kind):
                return kind, deed.where
        known = [name for kind in kinds for name in _names(inventory, kind)]
        raise SpecError(_no_such_place(deed, known))
    kind = kinds[0]
    if kind == deed.kind and deed.name in _names(inventory, kind):
        return kind, deed.name
    usual = _usual(inventory, kind)
    if usual or kind in _OPTIONAL:
        return kind, usual
    known = list(_names(inventory, kind))
    reason = f"does not say which {kind} is meant" if known else f"needs a {kind}, and there is none"
    mend = f"write {deed} on {' or '.join(known)}" if known else f"describe the {kind}"
    raise SpecError(Fault(f'action "{deed}"', reason, mend))


def _usual(inventory: Inventory, kind: str) -> str:
    """The resource that is meant where none is named: what the first workspace uses, or the only one there is."""
    workspace = inventory.workspaces[0] if inventory.workspaces else None
    if workspace and kind in ("workspace", _ANY):
        return workspace.name
    if workspace and kind in _OF_WORKSPACE:
        return getattr(workspace, _OF_WORKSPACE[kind]) or ""
    names = _names(inventory, kind)
    return names[0] if len(names) == 1 and kind not in _OPTIONAL else ""


def _names(inventory: Inventory, kind: str) -> tuple[str, ...]:
    if kind == _ANY:
        return tuple(resource_paths(inventory))
    section, sort = _SECTIONS[kind]
    return tuple(one.name for one in getattr(inventory, section) if not sort or one.kind == sort)


def _workspace(inventory: Inventory, on: str, where: str) -> Workspace | None:
    """The workspace that a deed concerns: the resource itself, the one it belongs to, or the one that uses it."""
    if on in ("compute", "instance"):
        compute = next((one for one in inventory.computes if one.name == where), None)
        if compute:
            return inventory.workspace_of(compute)
    attribute = {"workspace": "name", **_OF_WORKSPACE}.get(on, "name")
    using = (one for one in inventory.workspaces if getattr(one, attribute) == where)
    return next(using, inventory.workspaces[0] if inventory.workspaces else None)


def _manager(inventory: Inventory) -> str:
    """The public host of the resource manager, through which control planes are called."""
    rows = required_traffic(inventory.cloud.value)
    return next(row.destination for row in rows if row.kind == "fqdn" and row.destination.startswith("management."))


def known_deeds() -> Iterator[str]:
    """Every deed that can be asked about."""
    yield from dict.fromkeys(f"{row.action} {row.resource}" for row in people_actions())


def _unknown(deed: Deed) -> Fault:
    wanted = f"{deed.action} {deed.kind}"
    near = get_close_matches(wanted, list(known_deeds()), n=3, cutoff=0.5)
    mend = f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(known_deeds())}"
    return Fault(f'action "{wanted}"', "is none that Cloister knows the needs of", mend)


def _no_such_place(deed: Deed, known: list[str]) -> Fault:
    near = get_close_matches(deed.where, known, n=3, cutoff=0.5) or known[:12]
    mend = f"did you mean {' or '.join(near)}?" if near else "describe it"
    return Fault(f'resource "{deed.where}"', f"is nothing at which to {deed.action} {deed.kind}", mend)
