"""AZ225: the version of the API that is switched off is the one that nobody uses."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, lately
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ225",
    title="The v2 API is switched off exactly where people use v1, and no public door is open beside it",
    why="The flag switches off the v2 API, whose calls go through the public Resource Manager. The wrong way round, "
    "people cannot work, or a door stays on that nobody uses.",
    remedy="Set v1_legacy_mode as the API in use asks, and public_network_access to false.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Network isolation change with our new API platform on Azure Resource Manager",
            "What are the network isolation changes with V2; scenarios and required actions",
            "azure/machine-learning/how-to-configure-network-isolation-with-v2",
        ),
        azure_policy(
            "Azure Machine Learning workspaces should enable V1LegacyMode", "Workspace_EnableV1LegacyMode_Audit"
        ),
    ),
    aliases=(
        "S0-04",
        "AzurePolicy e413671a-dd10-4cc1-a943-45b598596cb7",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the flag and the API in use do not fit; a doubt where legacy mode is on and nobody says which."""
    required = environment.inventory.requirements
    api, place = required.api if required else None, workspace.origin.of("v1_legacy_mode")
    thing = f'workspace "{workspace.name}"'
    if not workspace.v1_legacy_mode:
        if api == "v1":
            message = "people use the v1 API, and v1_legacy_mode is false: v2 stays on, through public Resource Manager"
            yield CONTROL.finding(thing, message, at=place, mend="set v1_legacy_mode: true")
        return
    if api == "v2":
        message = "people use the v2 API, and v1_legacy_mode switches it off"
        yield CONTROL.finding(thing, message, at=place, mend="set v1_legacy_mode: false")
    elif api is None:
        message = "v1_legacy_mode is true, and nobody says which API people use"
        yield CONTROL.doubt(thing, message, at=place, mend="state api under requirements")
    if workspace.public_network_access:
        message = "v1_legacy_mode is true to keep calls inside, and public access lets them come from anywhere"
        yield CONTROL.finding(thing, message, at=place, mend="set public_network_access: false")
