"""Jobs that were built with the official SDK's Python are loaded as their YAML would be."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.errors import SpecError
from cloister.sdk.authoring import authored
from cloister.sdk.entities import written


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A command and a pipeline of two of it, built where their files lie."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print('trained')")
    (tmp_path / "data.csv").write_text("x\n1\n")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the SDK's classes warn, as they are defined, of what their authors must change
        return _built()


def _built() -> dict[str, Any]:
    from azure.ai.ml import Input, command, dsl  # noqa: PLC0415 - it takes seconds

    train = command(
        code="./src",
        command="python train.py ${{inputs.rate}} ${{inputs.table}} ${{outputs.model}}",
        inputs={"rate": 0.5, "table": Input(type="uri_file", path="./data.csv")},
        outputs={"model": {"type": "uri_folder"}},
        environment="azureml:cloister-sklearn@latest",
        display_name="training",
        experiment_name="trials",
    )

    @dsl.pipeline(experiment_name="both")  # type: ignore[untyped-decorator]  # the SDK's own
    def both(rate: float) -> dict[str, object]:
        first = train(rate=rate)
        train(rate=0.1)
        return {"final": first.outputs.model}

    return {"command": train, "pipeline": both(rate=2.0)}


def test_a_command_and_a_pipeline_are_planned(made: dict[str, Any], tmp_path: Path) -> None:
    with authored(made["command"], {"display_name": "renamed"}) as loaded:
        assert (loaded.plan.kind, loaded.plan.experiment_name, loaded.plan.display_name) == (
            "command",
            "trials",
            "renamed",
        )
        (step,) = loaded.plan.steps
        assert step.command == "python train.py ${{inputs.rate}} ${{inputs.table}} ${{outputs.model}}"
        assert {member.source for member in loaded.members} == {tmp_path / "src", tmp_path / "data.csv"}
        assert json.dumps(loaded.document)
    with authored(made["pipeline"]) as loaded:
        assert [step.name for step in loaded.plan.steps] == ["first", "first_1"]
        values = [[getattr(i.binding, "text", i.binding.kind) for i in step.inputs] for step in loaded.plan.steps]
        assert values == [["2.0", "snapshot"], ["0.1", "snapshot"]]
        assert [(o.name, o.step, o.output) for o in loaded.plan.outputs] == [("final", "first", "model")]
        assert {member.source for member in loaded.members} == {tmp_path / "src", tmp_path / "data.csv"}


def test_a_file_stays_where_it_is(tmp_path: Path) -> None:
    assert written(str(tmp_path / "job.yml"), tmp_path / "unused") == tmp_path / "job.yml"


def test_what_is_no_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="a dict: is no job"):
        written({"type": "command"}, tmp_path)


def test_a_component_within_a_step_gets_a_file(made: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "written"
    folder.mkdir()
    document = yaml.safe_load(written(made["pipeline"], folder).read_text())
    assert [step["component"] for step in document["jobs"].values()] == ["./component-0.yml", "./component-1.yml"]
    assert yaml.safe_load((folder / "component-0.yml").read_text())["code"] == str(tmp_path / "src")
