"""AZ330: computes stand in a network that somebody closes."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, psrule, security_baseline, training_guide, well_architected
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ330",
    title="Each compute stands in a subnet of one's own or in a managed network",
    why="A compute without either stands in a network of Microsoft's that nobody closes: whatever runs on it may "
    "send anything anywhere.",
    remedy="Name the subnet of the compute, or let the workspace have a managed network.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        training_guide("Prerequisites: an existing virtual network and subnet to use with compute resources"),
        well_architected("Security: network isolation of computes"),
        security_baseline("NS-1: Establish network segmentation boundaries, virtual network integration"),
        psrule("Azure.ML.ComputeVnet", "ML Compute should be in a virtual network"),
        azure_policy("Azure Machine Learning Computes should be in a virtual network", "Vnet_Audit"),
    ),
    aliases=(
        "S2-04",
        "ADV-SEC-4",
        "MSB-NS-1a",
        "PSRule Azure.ML.ComputeVnet AZR-000405",
        "AzurePolicy 7804b5c7-01dc-4723-969b-ae300cc07ff1",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Finding]:
    """A finding where neither a subnet is named nor the workspace has a managed network."""
    workspace = environment.inventory.workspace_of(compute)
    if compute.subnet is None and (workspace is None or workspace.managed_network == "Disabled"):
        yield CONTROL.finding(
            f'compute {compute.kind} "{compute.name}"',
            "it names no subnet, and its workspace has no managed network",
            at=compute.origin.of("subnet"),
            mend="name its subnet, or set managed_network: AllowOnlyApprovedOutbound on the workspace",
        )
