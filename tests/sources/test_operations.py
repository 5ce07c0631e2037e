"""What watches over an environment refers to what stands in it, and a budget begins with a month."""

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

HEAD = "version: 1\nname: tt\nblueprint: azure-hub-spoke\n"

ROWS = [
    (
        "diagnostic_settings: {logs: {target: workspce}}",
        'diagnostic setting "logs"',
        'target "workspce" names no service, firewall, bastion, gateway or network security group',
        "write workspace",
    ),
    (
        "metric_alerts: {busy: {target: firewall, metric: Throughput}}",
        'metric alert "busy"',
        'target "firewall" names no workspace, storage account, key vault, container registry or other service',
        "declare it under the section of its kind, or write factory, lake, registry, storage, vault or workspace",
    ),
    (
        "autoscale_settings: {more: {target: churn/blue, maximum: 3}}",
        'autoscale setting "more"',
        'target "churn/blue" names no deployment of an online endpoint',
        "declare it under online_endpoints",
    ),
    (
        'budgets: {monthly: {amount: 1, start_date: "2026-12-24"}}',
        'budget "monthly"',
        "start_date 2026-12-24 is not the first of a month",
        "write 2026-12-01",
    ),
    (
        "requirements: {peak_nodes: {trainin: 3}}",
        "the environment",
        'requirements.peak_nodes.trainin "trainin" names no compute',
        "write training",
    ),
]


@pytest.mark.parametrize(("spec", "thing", "reason", "mend"), ROWS)
def test_a_fault(spec: str, thing: str, reason: str, mend: str) -> None:
    with pytest.raises(SpecError) as raised:
        read_text(HEAD + spec, "cloister.yaml")
    assert [(one.thing, one.reason, one.mend) for one in raised.value.faults] == [(thing, reason, mend)]


def test_what_watches_a_service_goes_by_its_name_in_azure() -> None:
    names = "workspaces: {workspace: {name: mlw-prod}}\nmetric_alerts: {busy: {target: workspace, metric: Cpu}}"
    inventory = read_text(f"{HEAD}{names}", "cloister.yaml")
    (setting,), (alert,) = inventory.diagnostic_settings, inventory.metric_alerts
    assert (setting.target, alert.target) == ("mlw-prod", "mlw-prod")
