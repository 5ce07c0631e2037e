"""AZ247: somebody watches what the workspace depends on."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters
from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline, well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ247",
    title="Defender for Cloud watches storage, key vaults, images and machines",
    why="Who got in is seen by what happens then: a download of everything, a login from elsewhere. Without the plan "
    "nobody looks.",
    remedy="Turn on the plans for what stands: StorageAccounts, KeyVaults, Containers, VirtualMachines.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: apply the security baseline, monitor with Microsoft Defender for Cloud"),
        security_baseline("LT-1: Enable threat detection capabilities"),
    ),
    aliases=(
        "WAF-SEC-R1",
        "MSB-LT-1",
    ),
    question="which plans of Defender for Cloud are on",
)


def subjects(inventory: Inventory) -> Iterable[str]:
    """The plan for each kind of thing that stands."""
    machines = [one for one in inventory.machines if inventory.subnet(one.subnet)]
    images = (*inventory.container_registries, *clusters(inventory))
    standing = {
        "StorageAccounts": inventory.storage_accounts,
        "KeyVaults": inventory.key_vaults,
        "Containers": images,
        "VirtualMachines": machines,
    }
    return [plan for plan, things in standing.items() if things]


def check(plan: str, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the plan is off; due where nobody says."""
    thing = f'Defender plan "{plan}"'
    stated = next((one for one in environment.inventory.defender_plans if one.name == plan), None)
    if stated is None:
        mend = f"state {plan} under defender_plans, or attest {CONTROL.id}"
        yield CONTROL.due(thing, at=environment.inventory.origin, mend=mend)
    elif stated.tier == "Free":
        yield CONTROL.finding(thing, "it is Free, which is off", at=stated.origin.of("tier"), mend="set tier: Standard")
