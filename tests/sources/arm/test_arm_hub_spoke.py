"""A whole environment for Azure Machine Learning, as Bicep compiles it: read, asked, judged."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cloister.ask.asking import ask
from cloister.cli.main import cli
from cloister.inventory.azure import Inventory
from cloister.sources.reading import read, read_sound_part
from cloister.verdict import Answer

TEMPLATE = Path(__file__).with_name("hub-spoke.json")


@pytest.fixture(scope="module")
def environment() -> Inventory:
    return read(TEMPLATE)


def test_it_is_understood_but_for_one_property(environment: Inventory) -> None:
    assert environment.gaps == ()
    assert [(one.thing, one.what) for one in environment.not_understood] == [
        (
            "Microsoft.MachineLearningServices/workspaces/closed-workspace",
            "states properties.serverlessComputeSettings.serverlessComputeNoPublicIP",
        )
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("training -> pypi.org:443", Answer.ALLOW),
        ("training -> strangers.blob.core.windows.net:443", Answer.DENY),
        ("training -> closed-workspace:443", Answer.ALLOW),
        ("jump-host -> closed-workspace:443", Answer.ALLOW),
        ("internet -> closed-workspace:443", Answer.DENY),
        ("identity:training at training: pull image from crrtusyyilsnktq", Answer.ALLOW),
    ],
)
def test_what_it_lets_through(environment: Inventory, question: str, answer: Answer) -> None:
    assert ask(environment, question).answer is answer


def test_a_trace_names_the_resource_of_the_template(environment: Inventory) -> None:
    verdict = ask(environment, "training -> pypi.org:443")
    origins = {str(step.rule.origin) for step in verdict.trace if step.rule and step.rule.origin}
    rule = "Microsoft.Network/firewallPolicies/policy/ruleCollectionGroups/azure.properties.ruleCollections[1].rules[0]"
    assert f"{TEMPLATE}: {rule}" in origins


def test_without_a_region_one_stands_in_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    path.write_text(TEMPLATE.read_text())
    inventory = read_sound_part(path).inventory
    assert inventory.region == "westeurope"
    assert "tells no region: westeurope stands in" in [one.what for one in inventory.not_understood]


def test_check_judges_it() -> None:
    result = CliRunner().invoke(cli, ["check", str(TEMPLATE)])
    assert result.exit_code == 10
    assert result.stdout.startswith(f"hub-spoke  {TEMPLATE}\n")
    assert "workspace" in result.stdout


def test_a_document_may_stand_on_it(tmp_path: Path) -> None:
    over = tmp_path / "cloister.yaml"
    over.write_text(f"version: 1\nname: over\nsource: {TEMPLATE}\nmachines: {{jump-host: {{purpose: jump-host}}}}\n")
    inventory = read(over)
    assert [(one.name, one.purpose, one.subnet) for one in inventory.machines] == [
        ("jump-host", "jump-host", "closed-hub/jump")
    ]
