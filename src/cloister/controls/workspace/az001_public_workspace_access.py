"""AZ001: the workspace's own door to the internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, Workspace
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ001",
    title="The workspace refuses public network access",
    why="With public access on, a private endpoint closes nothing: a stolen credential works from anywhere.",
    remedy="Set public_network_access to false in the workspace, and reach it through its private endpoint.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: restrict access to the workspace"), security_baseline("NS-2")),
    aliases=(
        "WAF-SEC-C1",
        "ADV-SEC-3",
        "CKV_AZURE_144",
        "CKV2_AZURE_49",
        "PSRule Azure.ML.PublicAccess AZR-000406",
        "AzurePolicy 438c38d2-3772-465a-a9cc-7a6666a275ce",
        "AzurePolicy a10ee784-7409-4941-b091-663697637c0f",
        "S3-R13",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, _: Environment) -> Iterator[Finding]:
    """A finding where the workspace answers on its public address."""
    if workspace.public_network_access:
        yield CONTROL.finding(
            f'workspace "{workspace.name}"',
            f"it answers on the internet: {stated(workspace.origin, 'public_network_access', 'true')}",
            at=workspace.origin.of("public_network_access"),
            mend="set public_network_access: false",
            fix=(edit(workspace.origin, "public_network_access", value=False),),
        )
