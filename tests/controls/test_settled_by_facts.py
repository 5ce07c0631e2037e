"""Claims that a person has to state unless the document tells: what tells it, and what does not."""

import pytest

from cloister.ask.judgement import Judgement
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import Environment, Status
from cloister.sources.spec import read_text

HEAD = "version: 1\nname: example\nblueprint: azure-hub-spoke\n"
ENTRIES = {entry.control.id: entry for entry in catalogue()}
SEEN = "observed: {collected: '2026-11-20', "
TARGETS = "response_ms: 200, requests_per_second: 50, error_percent: 0.1"
DUE, PASS = Status.DUE, Status.PASS

ROWS = [
    ("AZ103", "online_endpoints: {churn: {deployments: {blue: {}}}}", DUE),
    ("AZ103", "online_endpoints: {churn: {deployments: {blue: {}, green: {}}}}", PASS),
    ("AZ103", "online_endpoints: {churn: {deployments: {blue: {}, green: {}}}, other: {}}", DUE),
    (
        "AZ103",
        SEEN + "online_deployments: [{name: blue, endpoint: churn}, {name: green, endpoint: churn}]}",
        PASS,
    ),
    ("AZ107", "requirements: {availability: 99.95}", DUE),
    ("AZ107", "requirements: {availability: 99.9}", Status.NOT_APPLICABLE),
    ("AZ116", "metric_alerts: {busy: {target: workspace, metric: GpuUtilizationPercentage}}", PASS),
    ("AZ116", "metric_alerts: {busy: {target: workspace, metric: Failed Runs}}", DUE),
    ("AZ116", "metric_alerts: {busy: {target: lake, metric: CpuUtilizationPercentage}}", DUE),
    ("AZ122", "services: {models: {kind: ml-registry}}", PASS),
    ("AZ122", SEEN + "models: [{name: churn, id: 'azureml://registries/r/models/churn/versions/1'}]}", PASS),
    ("AZ122", SEEN + "models: [{name: churn, id: /subscriptions/x/models/churn}]}", DUE),
    ("AZ130", "requirements: {stage: dev}", PASS),
    ("AZ130", "requirements: {api: v2}", DUE),
    ("AZ140", "requirements: {training_hours: 4, retrain_days: 30}", PASS),
    ("AZ140", "requirements: {training_hours: 4}", DUE),
    ("AZ141", f"requirements: {{{TARGETS}, availability: 99.9}}", PASS),
    ("AZ141", f"requirements: {{{TARGETS}}}", DUE),
    ("AZ144", "metric_alerts: {failed: {target: workspace, metric: Failed Runs}}", PASS),
    ("AZ144", "metric_alerts: {slow: {target: storage, metric: SuccessE2ELatency}}", DUE),
    ("AZ156", "machines: {ci-agent: {purpose: other}}", Status.NOT_APPLICABLE),
]


@pytest.mark.parametrize(("control", "spec", "status"), ROWS)
def test_status(control: str, spec: str, status: Status) -> None:
    environment = Environment(read_text(HEAD + spec, "cloister.yaml"), Judgement((), ()))
    assert run(environment, (ENTRIES[control],))[0].status is status


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (
            "AZ152",
            (
                "the input does not tell how much data crosses the peerings of hub with ml, hub with source-control "
                "and ml with source-control, which pay at both ends"
            ),
        ),
        ("AZ156", "the input does not tell what the agents cost: ci-agent, and jobs in parallel"),
        (
            "AZ157",
            (
                "what the network costs in a month is not stated: 8 private endpoints, 8 private zones, 1 gateway, "
                "1 bastion and 1 firewall"
            ),
        ),
    ],
)
def test_what_is_charged_for_is_counted(control: str, message: str) -> None:
    environment = Environment(read_text(HEAD, "cloister.yaml"), Judgement((), ()))
    (due,) = run(environment, (ENTRIES[control],))[0].dues
    assert due.message == message
