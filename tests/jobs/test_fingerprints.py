"""Which changes of a plan change what its steps make."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloister.jobs.planning.fingerprints import fingerprint
from cloister.jobs.planning.plan import (
    Constant,
    Dimension,
    Distribution,
    FromReference,
    FromSearch,
    FromSnapshot,
    FromStep,
    Parallel,
    PlannedEnvironment,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    Sweep,
)

CONTENTS = {"code/0": "c0", "code/1": "c1", "data/raw": "d0", "data/other": "d0"}
PREPARE = PlannedStep(
    "prepare",
    "python prepare.py ${{inputs.raw}} ${{inputs.share}} ${{outputs.clean}}",
    (
        PlannedInput("raw", "uri_file", FromSnapshot("data/raw/raw.csv")),
        PlannedInput("share", "number", Constant("0.2")),
    ),
    (PlannedOutput("clean", "uri_folder"),),
    code="code/0",
)
TRAIN = PlannedStep(
    "train",
    "python train.py ${{inputs.clean}}",
    (PlannedInput("clean", "uri_folder", FromStep("prepare", "clean")),),
    code="code/1",
)


def of(
    step: PlannedStep, contents: dict[str, str] = CONTENTS, version: str = "1", maker: str = "job/prepare"
) -> str | None:
    return fingerprint(step, contents, {"prepare": maker}, version)


def first_input(step: PlannedStep, **change: object) -> PlannedStep:
    return replace(step, inputs=(replace(step.inputs[0], **change), *step.inputs[1:]))  # type: ignore[arg-type]


SAME: dict[str, Callable[[PlannedStep], PlannedStep]] = {
    "another name for people": lambda s: replace(s, display_name="Prepare"),
    "a limit": lambda s: replace(s, timeout_seconds=7),
    "a compute": lambda s: replace(s, compute="big"),
    "a tier": lambda s: replace(s, low_priority=True),
    "where the component is registered": lambda s: replace(s, component="prepare:3"),
    "the same data under another name": lambda s: first_input(s, binding=FromSnapshot("data/other/raw.csv")),
}
OTHER: dict[str, Callable[[PlannedStep], PlannedStep]] = {
    "command": lambda s: replace(s, command=s.command + " --fast"),
    "code": lambda s: replace(s, code="code/1"),
    "literal": lambda s: replace(s, inputs=(s.inputs[0], replace(s.inputs[1], binding=Constant("0.3")))),
    "the file's name, which the command sees": lambda s: first_input(s, binding=FromSnapshot("data/raw/new.csv")),
    "type": lambda s: first_input(s, type="uri_folder"),
    "mode": lambda s: first_input(s, mode="direct"),
    "asset": lambda s: first_input(s, binding=FromReference("azureml:raw:1")),
    "output": lambda s: replace(s, outputs=(PlannedOutput("clean", "uri_folder", asset_name="clean"),)),
    "environment": lambda s: replace(s, environment=PlannedEnvironment("x", requirements=("pandas",))),
    "variable": lambda s: replace(s, environment_variables=(("A", "1"),)),
    "instances": lambda s: replace(s, instance_count=2),
    "distribution": lambda s: replace(s, distribution=Distribution("pytorch")),
    "parallel": lambda s: replace(s, command="", parallel=Parallel("run.py", "raw")),
}


@pytest.mark.parametrize("name", SAME)
def test_what_only_says_how_a_step_runs_does_not_count(name: str) -> None:
    assert of(SAME[name](PREPARE)) == of(PREPARE)


def test_each_other_change_gives_a_hash_of_its_own() -> None:
    found = {of(PREPARE), *(of(change(PREPARE)) for change in OTHER.values())}
    assert None not in found
    assert len(found) == len(OTHER) + 1


def test_contents_count_and_not_the_snapshot_around_them() -> None:
    assert of(PREPARE, CONTENTS | {"data/unused": "x", "code/1": "new"}) == of(PREPARE)
    assert of(PREPARE, CONTENTS | {"data/raw": "new"}) != of(PREPARE)
    assert of(PREPARE, version="2") != of(PREPARE)


def test_what_an_earlier_step_made_is_known_by_who_made_it() -> None:
    assert of(TRAIN) == of(TRAIN)
    assert of(TRAIN, maker="another job/prepare") != of(TRAIN)
    assert of(PREPARE, maker="another job/prepare") == of(PREPARE)


def test_two_steps_that_do_the_same_are_the_same() -> None:
    assert of(replace(PREPARE, name="again")) == of(PREPARE)


@pytest.mark.parametrize(
    "step",
    [
        replace(PREPARE, is_deterministic=False),
        replace(PREPARE, command="", unresolved="azureml://registries/r/components/c/versions/1"),
        *(
            first_input(PREPARE, binding=FromReference(uri))
            for uri in ("azureml:raw@latest", "azureml://datastores/d/paths/raw.csv", "https://example.org/raw.csv")
        ),
    ],
)
def test_what_may_be_another_thing_tomorrow_has_none(step: PlannedStep) -> None:
    assert of(step) is None


def test_a_sweep_hangs_on_its_space() -> None:
    sweep = Sweep("random", "loss", "minimize", (Dimension("lr", "uniform", min_value=0, max_value=1),), 4, 2, seed=1)
    step = PlannedStep(
        "s", "python t.py ${{inputs.lr}}", (PlannedInput("lr", "number", FromSearch("lr")),), sweep=sweep
    )
    wider = replace(step, sweep=replace(sweep, space=(replace(sweep.space[0], max_value=2),)))
    assert of(step) != of(wider)
