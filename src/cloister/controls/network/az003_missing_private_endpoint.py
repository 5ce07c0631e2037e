"""AZ003: a private endpoint for every door that Azure Machine Learning uses."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.services import services
from cloister.controls.sources import page, well_architected
from cloister.facts.tables import NO_SUBRESOURCE, service_names
from cloister.inventory.azure import (
    Inventory,
    KeyVault,
    OtherService,
    OutboundRule,
    PrivateEndpoint,
    StorageAccount,
    Workspace,
)

_USES = {
    "amlworkspace": "jobs, notebooks and people speak to it",
    "blob": "jobs read data and write results there",
    "file": "notebooks and code live on its file share, which every compute mounts",
    "vault": "datastores and connections keep their secrets there",
    "registry": "every node pulls its image from it",
}

_OF_STORAGE = ("blob", "dfs", "file", "queue", "table", "web")
_BESIDE = "whoever uses the service goes to its public address"
Owner = Workspace | StorageAccount | KeyVault | OtherService
Door = tuple[Owner, str, tuple[str, ...]]
"""Whose door it is, of which service, and the subresources any of which leads to it."""

CONTROL = Control(
    id="AZ003",
    title="Each door that the workspace uses, and each service beside it, has an approved private endpoint",
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
    aliases=(
        "WAF-SEC-R3",
        "WAF-SEC-R5",
        "S0-11",
        "S0-12",
        "S0-13",
        "S0-14",
        "ADV-SEC-2",
        "MSB-NS-2a",
        "CKV_AZURE_243",
        "CKV2_AZURE_32",
        "CKV2_AZURE_33",
        "AzurePolicy 45e05259-1eb5-4f70-9574-baf73e9d219b",
        "AzurePolicy 40cec1dd-a100-4920-b15b-3024fe8901ab",
        "AzurePolicy 7838fd83-5cbb-4b5d-888c-bfa240972597",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Door]:
    """Each workspace with each subresource that it uses; then each store and service beside with its own."""
    for workspace in inventory.workspaces:
        yield workspace, workspace.name, ("amlworkspace",)
        yield workspace, workspace.storage_account, ("blob",)
        yield workspace, workspace.storage_account, ("file",)
        yield workspace, workspace.key_vault, ("vault",)
        if workspace.container_registry:
            yield workspace, workspace.container_registry, ("registry",)
    used = {name for one in inventory.workspaces for name in (one.storage_account, one.key_vault)}
    yield from ((one, one.name, _OF_STORAGE) for one in inventory.storage_accounts if one.name not in used)
    yield from ((one, one.name, ("vault",)) for one in inventory.key_vaults if one.name not in used)
    rows = service_names(inventory.cloud.value)
    for service in inventory.services:
        own = tuple(dict.fromkeys(row.subresource for row in rows if row.service == service.kind))
        own = tuple(one for one in own if one != NO_SUBRESOURCE)
        if own:
            yield service, service.name, own


def check(door: Door, environment: Environment) -> Iterator[Finding]:
    """A finding where no endpoint leads to the door, or none that was approved; one of its subresources is enough."""
    owner, target, subresources = door
    endpoints = list(_leading(environment.inventory, target, subresources))
    if any(endpoint.approval == "Approved" for endpoint in endpoints):
        return
    for endpoint in endpoints:
        state = endpoint.approval.lower()
        kind = "private endpoint" if isinstance(endpoint, PrivateEndpoint) else "outbound rule"
        yield CONTROL.finding(
            f'{kind} "{endpoint.name}"',
            f"its connection to {target} ({endpoint.subresource}) is {state}, so it carries nothing",
            at=endpoint.origin.of("approval"),
            mend="approve the connection at the service",
        )
    if not endpoints:
        stated = (one.origin for one in services(environment.inventory) if one.name == target)
        yield CONTROL.finding(
            f'"{target}" ({subresources[0]})',
            f"no private endpoint leads there, and {_USES.get(subresources[0], _BESIDE)}",
            at=next(stated, owner.origin),
            mend=f"add a private endpoint with target: {target} and subresource: {subresources[0]}",
        )


def _leading(
    inventory: Inventory, target: str, subresources: tuple[str, ...]
) -> Iterator[PrivateEndpoint | OutboundRule]:
    """The private endpoints to a door; to a service beside the workspace, those of managed networks as well."""
    for endpoint in inventory.private_endpoints:
        if endpoint.target == target and endpoint.subresource in subresources:
            yield endpoint
    used = {name for one in inventory.workspaces for name in (one.name, one.storage_account, one.key_vault)}
    used |= {one.container_registry for one in inventory.workspaces if one.container_registry}
    if target not in used:
        rules = (rule for workspace in inventory.workspaces for rule in workspace.outbound_rules)
        yield from (rule for rule in rules if rule.target == target and rule.subresource in subresources)
