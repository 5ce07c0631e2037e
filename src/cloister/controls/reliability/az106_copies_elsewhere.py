"""AZ106: what the workspace depends on has copies in a second region, where the owner wants to go on there."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ106",
    title="Storage and registry have copies in a second region where work must go on when a region is lost",
    why="Azure Machine Learning fails over nowhere by itself: whoever has no copies elsewhere starts with nothing.",
    remedy="Replicate the storage accounts (GRS, GZRS) and the registry, and write down how work goes on.",
    severity=Severity.HIGH,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Reliability: ensure you have a recovery strategy defined"),
        lately(
            "Failover for business continuity and disaster recovery",
            "Plan for multi-regional deployment: associated resources",
            "azure/machine-learning/how-to-high-availability-machine-learning",
        ),
    ),
    aliases=("WAF-REL-C7",),
    question="Is it decided whether work goes on in another region when one is lost (requirements.recovery), and how?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Finding | Doubt | Due]:
    """A finding for each store without a copy elsewhere; due where nobody has decided whether there must be one."""
    recovery = inventory.requirements.recovery if inventory.requirements else None
    if recovery is None:
        yield CONTROL.due("the environment", at=inventory.origin)
    if recovery == "region":
        yield from _accounts(inventory)
        yield from _registries(inventory)


def _accounts(inventory: Inventory) -> Iterator[Finding | Doubt]:
    for account in inventory.storage_accounts:
        kind, thing = account.account_replication_type, f'storage account "{account.name}"'
        place = account.origin.of("account_replication_type")
        if kind is None:
            message = "where copies of its data lie is not stated"
            yield CONTROL.doubt(thing, message, at=place, mend="state its account_replication_type")
        elif "G" not in kind:
            message = f"its data lies in one region: account_replication_type is {kind}"
            yield CONTROL.finding(thing, message, at=place, mend="set account_replication_type: GZRS")


def _registries(inventory: Inventory) -> Iterator[Finding]:
    for registry in inventory.container_registries:
        if not registry.replications:
            message = "its images lie in one region: replications are not stated"
            mend = "add a second region to replications"
            place = registry.origin.of("replications")
            yield CONTROL.finding(f'container registry "{registry.name}"', message, at=place, mend=mend)
