"""AZ342: Databricks stands in the network of the storage's endpoints."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.databricks import homes_of
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ342",
    title="Databricks stands in the network in which the workspace's closed storage has its endpoints",
    why="Databricks does not come to its network by a private endpoint: its nodes have to stand beside the "
    "endpoints of the storage that they read.",
    remedy="Put Databricks into the network of the storage's private endpoints, or give the storage endpoints in "
    "that of Databricks.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        training_guide(
            "Azure Databricks: storage in a virtual network is in the same one; no private endpoint to the network"
        ),
    ),
    aliases=(
        "S2-15",
        "S2-17",
    ),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Databricks workspaces with nodes in a network, where a workspace's storage is closed."""
    used = {workspace.storage_account for workspace in inventory.workspaces}
    closed = [one for one in inventory.storage_accounts if one.name in used and not one.public_network_access]
    return homes_of(inventory) if closed else ()


def check(service: OtherService, environment: Environment) -> Iterator[Finding]:
    """A finding for each closed account of a workspace that has no approved endpoint in the network of the nodes."""
    inventory, home = environment.inventory, service.subnets[0].partition("/")[0]
    near = {
        end.target
        for end in inventory.private_endpoints
        if end.subnet.partition("/")[0] == home and end.approval == "Approved"
    }
    used = {workspace.storage_account for workspace in inventory.workspaces}
    for account in inventory.storage_accounts:
        if account.name in used and not account.public_network_access and account.name not in near:
            message = f"its nodes stand in {home}, and {account.name} has no private endpoint there"
            yield CONTROL.finding(f'service "{service.name}"', message, at=service.origin.of("subnets"))
