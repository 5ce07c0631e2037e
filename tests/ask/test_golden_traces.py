"""The face of the product: whole traces of both blueprints, read by eye and kept in files.

Write them anew with `REFRESH_GOLDEN=1 python -m pytest tests/ask/test_golden_traces.py`, and read the difference.
"""

import json
import os
from pathlib import Path

import pytest

from cloister.ask.asking import Environment, answer
from cloister.ask.telling import WIDTH, as_json, tell
from cloister.sources.spec import read_text

GOLDEN = Path(__file__).parents[1] / "golden" / "ask"
HUB_SPOKE = [
    "compute -> workspace:443",
    "compute -> storage/file:445",
    "compute -> registry/data:443",
    "compute -> pypi.org:443",
    "compute -> mcr.microsoft.com:443",
    "compute -> internet:443",
    "compute -> strangers.blob.core.windows.net:443",
    "compute -> dev.azure.com:443",
    "ci-agent -> workspace:443",
    "jump-host -> notebook:443",
    "bastion -> jump-host:3389",
    "workstation -> workspace:443",
    "workstation -> notebook:22",
    "workstation -> jump-host:3389",
    "internet -> workspace:443",
    "internet -> jump-host:3389",
]
PUBLISHED = [
    "agent00 -> my_acr:443",
    "agent00 -> my_aml_workspace:443",
    "jump-host -> my_aml_workspace/notebooks:443",
    "jump-host -> my_sa/blob:443",
    "compute_subnet -> my_aml_workspace:443",
    "compute_subnet -> my_sa/file:445",
    "compute_subnet -> pypi.org:443",
    "internet -> my_aml_workspace:443",
    "internet -> my_acr:443",
    "internet -> my_compute_cluster:22",
]
RIGHTS = [
    "group:approvers at jump-host: promote model/churn",
    "group:readers at jump-host: promote model/churn",
    "user:ada at jump-host: submit job on training",
    "user:ada at jump-host: create compute",
    "user:ada at jump-host: read data from cold",
    "user:pia at jump-host: read data from lake",
    "user:kim at jump-host: read data from cold",
    "user:olga at internet: read secret from old",
    "user:kim at jump-host -> registry:443",
]


def _hold(name: str, text: str) -> None:
    """The text equals the golden file, which is written where that is asked for."""
    path = GOLDEN / name
    if os.environ.get("REFRESH_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), __doc__


def _traces(environment: Environment, questions: list[str]) -> str:
    return "\n".join(f"$ cloister ask {question!r}\n{tell(answer(environment, question))}" for question in questions)


def test_traces_of_the_closed_environment(hub_spoke: Environment) -> None:
    _hold("azure-hub-spoke.txt", _traces(hub_spoke, HUB_SPOKE))


def test_traces_of_the_published_example(published: Environment) -> None:
    _hold("azure-published-terraform.txt", _traces(published, PUBLISHED))


def test_traces_with_principals() -> None:
    text = (Path(__file__).parent / "rights.yaml").read_text(encoding="utf-8")
    shown = _traces(Environment(read_text(text, "cloister.yaml")), RIGHTS)
    _hold("rights.txt", shown)
    assert [line for line in shown.splitlines() if len(line) > WIDTH] == []


def test_the_json_form(hub_spoke: Environment) -> None:
    found = as_json(answer(hub_spoke, "compute -> workspace:443"))
    _hold("azure-hub-spoke.json", json.dumps(found, indent=2) + "\n")


@pytest.mark.parametrize("question", HUB_SPOKE)
def test_lines_fit_a_terminal(hub_spoke: Environment, question: str) -> None:
    assert [line for line in tell(answer(hub_spoke, question)).splitlines() if len(line) > WIDTH] == []
