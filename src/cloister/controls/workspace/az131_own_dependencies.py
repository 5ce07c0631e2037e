"""AZ131: a workspace says what it depends on."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.inventory.azure import Inventory, Workspace

_MADE_BY_AZURE = {
    "container_registry": "Azure makes a registry of its own choice for the first image, which answers on the internet",
    "application_insights": "what deployments and monitors report has no place",
}

CONTROL = Control(
    id="AZ131",
    title="The workspace names its own Application Insights and container registry",
    why="What a workspace does not name Azure makes when it is needed: public, and outside of all rules.",
    remedy="Declare both, and name them in the workspace.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Azure Machine Learning workspace: application_insights_id, container_registry_id"),
        lately(
            "What is an Azure Machine Learning workspace?",
            "Associated resources",
            "azure/machine-learning/concept-workspace#associated-resources",
        ),
    ),
    aliases=("S0-08",),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, _: Environment) -> Iterator[Finding]:
    """A finding for each that it does not name."""
    for attribute, consequence in _MADE_BY_AZURE.items():
        if getattr(workspace, attribute) is None:
            message = f"{attribute} is not stated: {consequence}"
            place = workspace.origin.of(attribute)
            yield CONTROL.finding(f'workspace "{workspace.name}"', message, at=place, mend=f"state {attribute}")
