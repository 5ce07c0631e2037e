"""AZ120: what happens in a workspace is written down."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, security_baseline, well_architected
from cloister.inventory.azure import DiagnosticSetting, Inventory, Workspace

CONTROL = Control(
    id="AZ120",
    title="The workspace keeps its resource logs",
    why="Without them nobody can say afterwards who ran what on which cluster, or why it failed.",
    remedy="Add a diagnostic setting for the workspace with its logs, and a place that they go to.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Operational Excellence: monitor infrastructure, collect resource logs"),
        security_baseline("LT-4"),
        azure_policy("Resource logs should be enabled 1.0.1", "AuditDiagnosticLog_Audit"),
    ),
    aliases=(
        "WAF-OPS-R4",
        "ADV-OPS-1",
        "S0-07",
        "MSB-LT-4",
        "AzurePolicy afe0c3be-ba3b-4544-ba52-0c99672a8ad6",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding]:
    """A finding where there is no setting, and for each setting that sends no log anywhere where none sends one."""
    settings = [one for one in environment.inventory.diagnostic_settings if one.target == workspace.name]
    if any(map(keeps_logs, settings)):
        return
    thing = f'workspace "{workspace.name}"'
    if not settings:
        message = "no diagnostic setting sends its logs anywhere"
        mend = f"add a diagnostic setting with target: {workspace.name}, category_groups: [allLogs] and a destination"
        yield CONTROL.finding(thing, message, at=workspace.origin, mend=mend)
    for setting in settings:
        logs = bool(setting.categories or setting.category_groups)
        message = f"diagnostic setting {setting.name} {'names no place for its logs' if logs else 'sends no log'}"
        mend = "add log_analytics_workspace" if logs else "add category_groups: [allLogs]"
        yield CONTROL.finding(thing, message, at=setting.origin, mend=mend)


def keeps_logs(setting: DiagnosticSetting) -> bool:
    """Whether a setting sends logs to some place."""
    places = (setting.log_analytics_workspace, setting.storage_account, setting.eventhub)
    return any(places) and bool(setting.categories or setting.category_groups)
