"""Jobs as people read them: sweeps with their best trial so far, trials with what they were given."""

from typing import Any

import pytest

from cloister.cli.job_views import job_table, job_text, step_lines


def step(name: str, status: str, **more: object) -> dict[str, Any]:
    return {"name": name, "status": status, "reason": "", "attempt": 1, "seconds": 1.0, "parent": "", **more}


def sweep(best: str | None) -> dict[str, object]:
    found = {"best_trial": best, "best_metric": 0.25 if best else None, "primary_metric": "loss"}
    return {"sweep": found}


def trial(metric: float | None) -> dict[str, object]:
    given = {"rate": 0.0012345678, "kind": "rbf", "n": 3}
    return {"trial": {"parameters": given, "primary_metric": "loss", "metric": metric}, "parent": "tune"}


@pytest.mark.parametrize(
    ("shown", "lines"),
    [
        (step("tune", "Running", **sweep(None)), ["tune                 Running (1.0 s)"]),
        (
            step("tune", "Running", **sweep("tune.trial_1")),
            ["tune                 Running (1.0 s): best so far tune.trial_1, loss 0.25"],
        ),
        # The reason of one that has ended says it.
        (
            step("tune", "Completed", **sweep("tune.trial_1") | {"reason": "tune.trial_1 is the best: loss 0.25"}),
            ["tune                 Completed (1.0 s): tune.trial_1 is the best: loss 0.25"],
        ),
    ],
)
def test_a_sweep_tells_its_best_trial(shown: dict[str, Any], lines: list[str]) -> None:
    assert step_lines([shown]) == lines


def test_trials_tell_what_they_were_given_and_came_to() -> None:
    steps = [
        step("tune", "Running", **sweep(None)),
        step("tune.trial_0", "Completed", **trial(0.25)),
        step("tune.trial_1", "Running", **trial(None)),
    ]
    assert step_lines(steps)[1:] == [
        "  tune.trial_0         Completed (1.0 s)  rate=0.00123457, kind=rbf, n=3  loss 0.25",
        "  tune.trial_1         Running (1.0 s)  rate=0.00123457, kind=rbf, n=3",
    ]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ({"a": "apart", "b": "apart", "waits": ""}, ["  isolation: apart"]),
        (
            {"a": "apart", "b": "NOT apart", "c": "apart"},
            ['  isolation: steps "a", "c": apart', '  isolation: step "b": NOT apart'],
        ),
        ({"waits": ""}, []),
    ],
)
def test_each_step_tells_how_far_its_machine_kept_it_apart(steps: dict[str, str], told: list[str]) -> None:
    shown = [step(name, "Completed", isolation=isolation) for name, isolation in steps.items()]
    job = {"name": "j", "status": "Running", "seconds": 1.0, "display_name": "d", "submitter": "mia", "reason": ""}
    assert job_text(job | {"steps": shown}).splitlines()[1 + len(steps) :] == told


def test_a_list_that_was_narrowed_does_not_say_that_there_are_no_jobs() -> None:
    assert job_table([]).startswith("no jobs yet; create one: ")
    assert job_table([], narrowed=True) == "no such jobs that you may read"
