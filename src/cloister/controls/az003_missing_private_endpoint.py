"""AZ003: a private endpoint for every door that Azure Machine Learning uses."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.services import services
from cloister.controls.sources import page, well_architected
from cloister.inventory.azure import Inventory, Workspace

_USES = {
    "amlworkspace": "jobs, notebooks and people speak to it",
    "blob": "jobs read data and write results there",
    "file": "notebooks and code live on its file share, which every compute mounts",
    "vault": "datastores and connections keep their secrets there",
    "registry": "every node pulls its image from it",
}

CONTROL = Control(
    id="AZ003",
    title="Each door that the workspace uses has an approved private endpoint",
    why="A door without a private endpoint is reached publicly, or, where public access is off, not at all.",
    remedy="Add a private endpoint for the subresource, with its zone.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: private endpoint for the workspace and its dependent services"),
        page(
            "Secure an Azure Machine Learning workspace with virtual networks",
            "Secure Azure storage accounts: endpoints for blob and file",
            "azure/machine-learning/how-to-secure-workspace-vnet",
        ),
    ),
    aliases=("WAF-SEC-R3", "WAF-SEC-R5", "S0-11", "S0-12", "S0-13", "S0-14", "CKV_AZURE_243", "ADV-SEC-2"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[Workspace, str, str]]:
    """Each workspace with each service and subresource that it uses."""
    for workspace in inventory.workspaces:
        yield workspace, workspace.name, "amlworkspace"
        yield workspace, workspace.storage_account, "blob"
        yield workspace, workspace.storage_account, "file"
        yield workspace, workspace.key_vault, "vault"
        if workspace.container_registry:
            yield workspace, workspace.container_registry, "registry"


def check(door: tuple[Workspace, str, str], environment: Environment) -> Iterator[Finding]:
    """A finding where no endpoint leads to the door, or none that was approved."""
    workspace, target, subresource = door
    endpoints = [
        endpoint
        for endpoint in environment.inventory.private_endpoints
        if (endpoint.target, endpoint.subresource) == (target, subresource)
    ]
    if any(endpoint.approval == "Approved" for endpoint in endpoints):
        return
    for endpoint in endpoints:
        yield CONTROL.finding(
            f'private endpoint "{endpoint.name}"',
            f"its connection to {target} ({subresource}) is {endpoint.approval.lower()}, so it carries nothing",
            at=endpoint.origin.of("approval"),
            mend="approve the connection at the service",
        )
    if not endpoints:
        owner = next((one for one in services(environment.inventory) if one.name == target), workspace)
        yield CONTROL.finding(
            f'"{target}" ({subresource})',
            f"no private endpoint leads there, and {_USES[subresource]}",
            at=owner.origin,
            mend=f"add a private endpoint with target: {target} and subresource: {subresource}",
        )
