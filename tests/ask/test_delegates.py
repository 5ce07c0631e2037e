"""What runs other people's code, and what decides beside roles. The rows stand in delegates_cases.yaml."""

from pathlib import Path

import pytest
import yaml

from cloister.ask.asking import Environment, answer
from cloister.sources.spec import read_text
from cloister.verdict import Layer

HERE = Path(__file__).parent
TEXT = (HERE / "delegates.yaml").read_text(encoding="utf-8")
CASES = yaml.safe_load((HERE / "delegates_cases.yaml").read_text(encoding="utf-8"))
LONG = {
    "ML": "Microsoft.MachineLearningServices/workspaces",
    "BLOB": "Microsoft.Storage/storageAccounts/blobServices/containers/blobs",
}
RIGHTS = (Layer.AUTHENTICATION, Layer.AUTHORIZATION)


@pytest.fixture(scope="module")
def ours() -> Environment:
    return Environment(read_text(TEXT, "d.yaml"))


@pytest.mark.parametrize("question", CASES)
def test_the_way_and_the_right_are_answered_together(ours: Environment, question: str) -> None:
    verdict = answer(ours, question).verdict
    why = verdict.reason
    for short, long in LONG.items():
        why = why.replace(long, short)
    told = {"answer": verdict.answer.value, "how": verdict.how, "why": why, "mend": verdict.mend}
    assert told == {"how": "", "mend": "", **CASES[question]}


def _rights(environment: Environment, question: str) -> list[tuple[str, str, str]]:
    steps = (step for step in answer(environment, question).verdict.trace if step.layer in RIGHTS)
    return [(step.outcome.value, step.at, step.rule.name if step.rule else "") for step in steps]


def test_a_step_through_a_deployment_shows_both_halves(ours: Environment) -> None:
    trace = _rights(ours, "user:dana at jump-host: read data from cold")
    deployed = trace.index(("pass", "churn/blue", "identity"))
    assert ("pass", "churn", "role assignment deploys") in trace[:deployed]
    assert trace[deployed + 1 :] == [("pass", "cold", "role assignment own")]


def test_what_azure_assigns_by_itself_is_told_as_such(ours: Environment) -> None:
    trace = _rights(ours, "identity:churn at churn/blue: pull image")
    assert trace == [("pass", "registry", "role assignment that Azure makes for endpoint churn")]


def test_an_invocation_asks_the_way_to_the_name_of_the_endpoint(ours: Environment) -> None:
    steps = answer(ours, "user:ivy at jump-host: invoke endpoint/churn").verdict.trace
    need = next(step for step in steps if step.layer is Layer.NEED)
    assert (need.at, need.text) == ("churn", "jump-host has to reach it to send it a request")
    looked_up = [step.text for step in steps if step.layer is Layer.NAME]
    assert "looks up churn.westeurope.inference.ml.azure.com" in looked_up
