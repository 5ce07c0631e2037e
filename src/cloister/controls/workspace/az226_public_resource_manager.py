"""AZ226: the v2 API goes through Resource Manager."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ226",
    title="That calls of the v2 API go through the public Resource Manager is known and accepted",
    why="A private endpoint of the workspace does not cover them: names and settings of jobs pass Azure's public "
    "management door.",
    remedy="Use a private link for Resource Manager, or write down that public calls with Entra ID are accepted.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(
        lately(
            "Network isolation change with our new API platform on Azure Resource Manager",
            "What is the new API platform on Azure Resource Manager",
            "azure/machine-learning/how-to-configure-network-isolation-with-v2",
        ),
        network_security_guide("Network isolation: the v2 API and private endpoints"),
    ),
    aliases=("S0-03",),
    question="do v2 calls go through a private link for Resource Manager, or is it accepted that they do not",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace that has the v2 API."""
    return [workspace for workspace in inventory.workspaces if not workspace.v1_legacy_mode]


def check(workspace: Workspace, environment: Environment) -> Iterator[Due]:
    """Due, unless people use the v1 API alone."""
    required = environment.inventory.requirements
    if required is None or required.api != "v1":
        yield CONTROL.due(f'workspace "{workspace.name}"', at=workspace.origin)
