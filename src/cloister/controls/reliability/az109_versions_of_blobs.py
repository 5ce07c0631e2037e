"""AZ109: what was overwritten comes back."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, StorageAccount
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ109",
    title="The workspace's storage keeps the versions before a change",
    why="Azure Machine Learning has no backup of its own: a job that writes over data is the last to see it.",
    remedy="Set versioning to true on the workspace's storage account; AZ205 and AZ208 are about what is deleted.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(security_baseline("BR-1"),),
    aliases=("MSB-BR-1",),
)


def subjects(inventory: Inventory) -> Iterable[StorageAccount]:
    """The storage account of each workspace; a data lake cannot keep versions."""
    accounts = {one.storage_account for one in inventory.workspaces}
    return tuple(one for one in inventory.storage_accounts if one.name in accounts and not one.hierarchical_namespace)


def check(account: StorageAccount, _: Environment) -> Iterator[Finding]:
    """A finding where what is overwritten is gone."""
    if not account.versioning:
        message = f"what is overwritten is gone at once: {stated(account.origin, 'versioning', 'false')}"
        place = account.origin.of("versioning")
        fix = edit(account.origin, "versioning", value=True)
        thing = f'storage account "{account.name}"'
        yield CONTROL.finding(thing, message, at=place, mend="set versioning: true", fix=(fix,))
