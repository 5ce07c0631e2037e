"""AZ102: what people try out cannot take production along."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory, Workspace

_STORES = ("storage_account", "key_vault")

CONTROL = Control(
    id="AZ102",
    title="People explore in other workspaces than those that production runs in, on other stores",
    why="A notebook that fills the disk, a secret that somebody replaces, a quota that a sweep eats: where both share "
    "a workspace or its stores, production stops with the experiment.",
    remedy="Give production a workspace with a storage account and a key vault of its own, and state what each is for.",
    severity=Severity.HIGH,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Reliability: segregate workspaces used for exploratory work from production"),),
    aliases=("WAF-REL-C3",),
    question="Does production run in another workspace than the one in which people explore?",
)


def subjects(inventory: Inventory) -> Iterable[tuple[Workspace, ...]]:
    """Each pair of workspaces of which one is explored in and the other not; without one, all that there are."""
    pairs = [pair for pair in combinations(inventory.workspaces, 2) if _apart(pair)]
    return pairs or ([inventory.workspaces] if inventory.workspaces else [])


def check(workspaces: tuple[Workspace, ...], environment: Environment) -> Iterator[Finding | Due]:
    """A finding for each store that a pair shares; due where nothing tells which workspace is production's."""
    if _apart(workspaces):
        yield from _shared(*workspaces)
        return
    requirements = environment.inventory.requirements
    if requirements is None or requirements.stage is None:
        yield CONTROL.due("the workspaces", at=workspaces[0].origin)
    elif requirements.stage == "prod":
        yield from (_explored_production(one) for one in workspaces if _explored(one))


def _apart(workspaces: tuple[Workspace, ...]) -> bool:
    """Whether they are two that say what they are for, and people explore in one of them."""
    return all(one.loops for one in workspaces) and len(workspaces) == len({_explored(one) for one in workspaces}) > 1


def _explored(workspace: Workspace) -> bool:
    """Whether people explore in it; one that does not say what it is for is not counted."""
    return "inner" in workspace.loops


def _shared(first: Workspace, second: Workspace) -> Iterator[Finding]:
    for store in _STORES:
        shared = getattr(first, store)
        if shared == getattr(second, store):
            message = f"it shares {store} {shared} with {first.name}, and people explore in one of the two only"
            mend = f"give {second.name} a {store} of its own"
            yield CONTROL.finding(f'workspace "{second.name}"', message, at=second.origin.of(store), mend=mend)


def _explored_production(workspace: Workspace) -> Finding:
    message = f"the environment is production, and people explore in it: loops are {', '.join(workspace.loops)}"
    mend = "take inner out of its loops, and give people a workspace of another environment"
    return CONTROL.finding(f'workspace "{workspace.name}"', message, at=workspace.origin.of("loops"), mend=mend)
