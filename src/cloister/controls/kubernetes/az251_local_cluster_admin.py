"""AZ251: who administers a cluster is somebody."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ251",
    title="Kubernetes clusters take only identities of the directory, and roles decide what these may",
    why="The local admin account is one certificate for everybody, with every right. Nobody can take it back from a "
    "single person.",
    remedy="Set local_accounts to false, and role_based_access_control to true.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_141", "Ensure AKS local admin account is disabled"),
        checkov("CKV_AZURE_5", "Ensure RBAC is enabled on AKS clusters"),
    ),
    aliases=(
        "CKV_AZURE_141",
        "CKV_AZURE_5",
    ),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding]:
    """A finding where the local account is on, and one where roles do not decide."""
    if cluster.local_accounts:
        message = f"its local admin account opens it: {stated(cluster.origin, 'local_accounts', 'true')}"
        place = cluster.origin.of("local_accounts")
        yield CONTROL.finding(
            named(cluster),
            message,
            at=place,
            mend="set local_accounts: false",
            fix=(edit(cluster.origin, "local_accounts", value=False),),
        )
    settings = cluster.kubernetes
    if settings and not settings.role_based_access_control:
        message, place = "whoever comes in may do everything", settings.origin.of("role_based_access_control")
        yield CONTROL.finding(
            named(cluster),
            message,
            at=place,
            mend="set role_based_access_control: true",
            fix=(edit(settings.origin, "role_based_access_control", value=True),),
        )
