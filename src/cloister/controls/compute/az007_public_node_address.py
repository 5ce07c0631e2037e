"""AZ007: computes without addresses of their own on the internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ007",
    title="Computes have no public addresses",
    why="A node with a public address has a door to the internet that no firewall of the hub stands before.",
    remedy="Set node_public_ip to false, and let the subnet's route lead to the firewall.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: no public IP for compute"),
        page(
            "Secure an Azure Machine Learning training environment",
            "No public IP",
            "azure/machine-learning/how-to-secure-training-vnet",
        ),
    ),
    aliases=("WAF-SEC-R9", "S0-31", "S2-41"),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, _: Environment) -> Iterator[Finding]:
    """A finding where nodes get public addresses."""
    if compute.node_public_ip:
        yield CONTROL.finding(
            f'compute {compute.kind} "{compute.name}"',
            f"its nodes get public addresses: {stated(compute.origin, 'node_public_ip', 'true')}",
            at=compute.origin.of("node_public_ip"),
            mend="set node_public_ip: false",
            fix=(edit(compute.origin, "node_public_ip", value=False),),
        )
