"""A pack asked once for each workspace: of its own computes and services, and of what several share.

Nobody wants the computes of one workspace to reach the services of another, so the needs of each are posed apart.
People, machines and networks are everybody's.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cloister.ask.posed import Posed
from cloister.facts.packs import Pack
from cloister.inventory.azure import Inventory, Workspace

Pose = Callable[[Inventory, Pack], Iterator[Posed]]


def for_each_workspace(pose: Pose) -> Pose:
    """The pack, asked for one workspace after another; what two of them would ask alike is asked once."""

    def posed(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
        seen: set[str] = set()
        views = [view_of(inventory, workspace) for workspace in inventory.workspaces] or [inventory]
        for one in (one for view in views for one in pose(view, pack) if _runs(view, one)):
            if one.intent.name not in seen:
                seen.add(one.intent.name)
                yield one

    return posed


def _runs(view: Inventory, posed: Posed) -> bool:
    """Whether the loop of an intent runs in the view's workspace: where nobody explores, nobody installs packages."""
    loops = view.workspaces[0].loops if view.workspaces else ()
    return not loops or not posed.intent.loop or posed.intent.loop in loops


def view_of(inventory: Inventory, workspace: Workspace) -> Inventory:
    """The inventory without other workspaces, their computes, and the services that only they depend on."""
    others = [other for other in inventory.workspaces if other is not workspace]
    own, theirs = _services(workspace), {name for other in others for name in _services(other)}
    hidden = theirs - own
    return replace(
        inventory,
        workspaces=(workspace,),
        computes=tuple(one for one in inventory.computes if inventory.workspace_of(one) is workspace),
        storage_accounts=tuple(one for one in inventory.storage_accounts if one.name not in hidden),
        key_vaults=tuple(one for one in inventory.key_vaults if one.name not in hidden),
        container_registries=tuple(one for one in inventory.container_registries if one.name not in hidden),
    )


def _services(workspace: Workspace) -> set[str]:
    return {workspace.storage_account, workspace.key_vault} | {workspace.container_registry or ""} - {""}
