"""AZ021: Azure can make, and remove, what computes with public addresses need."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page
from cloister.inventory.azure import Compute, Inventory, ResourceGroup
from cloister.inventory.azure.placement import group_of

_MADE = (
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/publicIPAddresses",
    "Microsoft.Network/loadBalancers",
)

CONTROL = Control(
    id="AZ021",
    title="Computes with public addresses stand where Azure can make their filter, address and load balancer",
    why="Azure makes these in the resource group of the network with each compute, and takes them away with it; a lock "
    "or a policy there fails every start or every release of nodes.",
    remedy="Take public addresses from the nodes, or lift the lock and the policy from the network's resource group.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        page(
            "Secure an Azure Machine Learning training environment",
            "Compute instance/cluster with public IP: resources created in the virtual network's resource group",
            "azure/machine-learning/how-to-secure-training-vnet",
        ),
    ),
    aliases=("S2-39", "S2-40"),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Computes in a subnet whose nodes get public addresses."""
    return tuple(one for one in inventory.computes if one.subnet and one.node_public_ip)


def check(compute: Compute, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for a lock, and one for a policy; a doubt where the resource group is not described."""
    inventory = environment.inventory
    name = group_of(inventory, compute.subnet or "")
    group = next((group for group in inventory.resource_groups if group.name == name), None)
    thing = f'compute {compute.kind} "{compute.name}"'
    if group is None:
        message = f"whether resource group {name} has a lock or a policy is not stated"
        yield CONTROL.doubt(thing, message, at=compute.origin, mend=f"describe {name} under resource_groups")
        return
    yield from _locked(thing, group)
    denied = [kind for kind in _MADE if kind.lower() in {one.lower() for one in group.denied_types}]
    if denied:
        message = f"Azure cannot make its {', '.join(denied)}: a policy refuses that in resource group {name}"
        mend = "set node_public_ip: false, or except the resource group from the policy"
        yield CONTROL.finding(thing, message, at=group.origin.of("denied_types"), mend=mend)


def _locked(thing: str, group: ResourceGroup) -> Iterator[Finding]:
    if group.lock == "ReadOnly":
        message = f"Azure cannot make its filter, address and load balancer: resource group {group.name} is read-only"
    elif group.lock == "CanNotDelete":
        message = f"Azure cannot remove its filter, address and load balancer: resource group {group.name} has a lock"
    else:
        return
    mend = f"set node_public_ip: false, or take the lock off {group.name}"
    yield CONTROL.finding(thing, message, at=group.origin.of("lock"), mend=mend)
