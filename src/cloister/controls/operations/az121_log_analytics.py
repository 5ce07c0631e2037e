"""AZ121: logs lie where they can be asked."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.operations.az120_resource_logs import keeps_logs
from cloister.controls.sources import azure_policy
from cloister.inventory.azure import DiagnosticSetting, Inventory

CONTROL = Control(
    id="AZ121",
    title="The workspace's resource logs go to Log Analytics",
    why="Logs in an archive answer nobody: an alert, or a question in the hour of an incident, needs them as tables.",
    remedy="Name a Log Analytics workspace in the diagnostic setting; an archive may stand beside it.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        azure_policy(
            "Configure diagnostic settings for Azure Machine Learning Workspaces to Log Analytics workspace 1.0.1",
            "AuditDiagnosticLog_DINE",
        ),
    ),
    aliases=("AzurePolicy f59276f0-5740-4aaf-821d-45d185aa210e",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, tuple[DiagnosticSetting, ...]]]:
    """Every workspace whose logs go somewhere, with the settings that send them."""
    for workspace in inventory.workspaces:
        settings = tuple(one for one in inventory.diagnostic_settings if one.target == workspace.name)
        sending = tuple(filter(keeps_logs, settings))
        if sending:
            yield workspace.name, sending


def check(sent: tuple[str, tuple[DiagnosticSetting, ...]], _: Environment) -> Iterator[Finding]:
    """A finding where none of them leads to Log Analytics."""
    name, settings = sent
    if not any(one.log_analytics_workspace for one in settings):
        first = settings[0]
        places = first.storage_account or first.eventhub
        message = f"its logs go to {places} alone: diagnostic setting {first.name} names no log_analytics_workspace"
        yield CONTROL.finding(f'workspace "{name}"', message, at=first.origin, mend="add log_analytics_workspace")
