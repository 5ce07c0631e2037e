"""What does not stand yet and will: a compute instance that somebody creates tomorrow.

Its name is known only then, so nobody can write a record for it by hand today. Whether the name resolves is asked of
the environment with one more instance in it, beside one that stands or in the subnet of any compute.
"""

from dataclasses import replace

from cloister.inventory.azure import Compute, Inventory, Workspace

_SUFFIX = "-new-instance"


def new_instance(workspace: Workspace) -> str:
    """The name of the instance that stands in for one that will be made in a workspace."""
    return f"{workspace.name}{_SUFFIX}"


def is_new_instance(word: str) -> bool:
    """Whether a target is such a name."""
    return word.endswith(_SUFFIX)


def with_new_instances(inventory: Inventory) -> Inventory:
    """The inventory with one more instance in each workspace that has a compute to put it beside."""
    taken = {compute.name for compute in inventory.computes}
    fresh = [_beside(inventory, workspace) for workspace in inventory.workspaces]
    return replace(inventory, computes=(*inventory.computes, *(one for one in fresh if one and one.name not in taken)))


def _beside(inventory: Inventory, workspace: Workspace) -> Compute | None:
    own = [compute for compute in inventory.computes if inventory.workspace_of(compute) is workspace]
    model = next((one for one in own if one.kind == "instance"), own[0] if own else None)
    if model is None:
        return None
    return replace(model, name=new_instance(workspace), kind="instance", workspace=workspace.name, private_ip=None)
