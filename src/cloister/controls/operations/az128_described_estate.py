"""AZ128: what runs is what is written."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

_SECTIONS = {
    "microsoft.machinelearningservices/workspaces": "workspaces",
    "microsoft.storage/storageaccounts": "storage_accounts",
    "microsoft.keyvault/vaults": "key_vaults",
    "microsoft.containerregistry/registries": "container_registries",
    "microsoft.network/virtualnetworks": "networks",
    "microsoft.network/privateendpoints": "private_endpoints",
    "microsoft.network/azurefirewalls": "firewalls",
    "microsoft.network/networksecuritygroups": "network_security_groups",
    "microsoft.network/routetables": "route_tables",
    "microsoft.network/bastionhosts": "bastions",
    "microsoft.network/virtualnetworkgateways": "gateways",
    "microsoft.network/natgateways": "nat_gateways",
    "microsoft.compute/virtualmachines": "machines",
}
"""Types of resources that have a section here, in small letters, as Azure prints them in either case."""

CONTROL = Control(
    id="AZ128",
    title="Workspaces, computes, stores and networks that run are described as code",
    why="What somebody clicked together is reviewed by nobody, and no proof about the description is one about it.",
    remedy="Describe the resource, or remove it.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(well_architected("Operational Excellence: implement infrastructure as code"),),
    aliases=("WAF-OPS-C3",),
    question="Is everything that runs made from code, by a pipeline, and does somebody look for what is not?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Finding | Due]:
    """A finding for each resource and compute that was seen and is not described; due where neither was seen."""
    observed = inventory.observed
    if observed is None or observed.resources is None:
        yield CONTROL.due("the environment", at=inventory.origin)
    if observed is None:
        return
    for resource in observed.resources or ():
        section = _SECTIONS.get(resource.type.lower())
        if section and not _described(inventory, section, resource.name):
            thing = f'{resource.type} "{resource.name}"'
            message = f"it runs, and nothing describes it {on(observed)}"
            yield CONTROL.finding(thing, message, at=resource.origin, mend=f"describe it under {section}, or remove it")
    for compute in observed.computes or ():
        if not _described(inventory, "computes", compute.name):
            message = f"it runs, and nothing describes it {on(observed)}"
            mend = "describe it under computes, or remove it"
            yield CONTROL.finding(f'compute "{compute.name}"', message, at=compute.origin, mend=mend)


def _described(inventory: Inventory, section: str, name: str) -> bool:
    return any(one.name.lower() == name.lower() for one in getattr(inventory, section))
