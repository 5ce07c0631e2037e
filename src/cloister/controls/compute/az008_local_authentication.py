"""AZ008: no accounts on computes beside the directory's."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ008",
    title="Computes take no local accounts",
    why="A local account outlives the person: no directory ends it, no conditional access binds it.",
    remedy="Set local_auth to false, so that only the directory's identities sign in.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: disable local authentication"), security_baseline("IM-1")),
    aliases=(
        "WAF-SEC-R7",
        "CKV_AZURE_142",
        "PSRule Azure.ML.DisableLocalAuth AZR-000404",
        "AzurePolicy e96a9a5f-07ca-471b-9bc5-6a0f33cbd68f",
        "AzurePolicy a6f9a2d0-cff7-4855-83ad-4cd750666512",
        "MSB-IM-1b",
        "S3-R13",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, _: Environment) -> Iterator[Finding]:
    """A finding where local accounts are on."""
    if compute.local_auth:
        yield CONTROL.finding(
            f'compute {compute.kind} "{compute.name}"',
            f"it takes local accounts: {stated(compute.origin, 'local_auth', 'true')}",
            at=compute.origin.of("local_auth"),
            mend="set local_auth: false",
            fix=(edit(compute.origin, "local_auth", value=False),),
        )
