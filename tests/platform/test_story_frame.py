import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cloister.errors import Fault, InternalError, SpecError
from cloister.platform.story import Context, Step, StepRun, Told, expect, tell

Say = Callable[[str], None]


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, step: Step) -> None:
        self.lines.append(f"begin {step.name}")

    def say(self, line: str) -> None:
        self.lines.append(line)

    def end(self, told: Told) -> None:
        self.lines.append(f"end {told.name} {told.ok}")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path / "cloister.yaml", tmp_path / "home", port=1, serving_port=2)


def noting(name: str) -> StepRun:
    def run(context: Context, say: Say, /) -> Context:
        say(f"{name} saw {sorted(context.notes)}")
        context.cleanup.callback(say, f"{name} torn down")
        return context.noting(**{name: "done"})

    return run


def failing(error: Exception) -> StepRun:
    def run(context: Context, say: Say, /) -> Context:
        context.cleanup.callback(say, "failing torn down")
        raise error

    return run


def test_steps_run_in_order_and_hand_their_notes_on(context: Context) -> None:
    heard = Heard()
    outcome = tell((Step("a", "A", noting("a")), Step("b", "B", noting("b"))), context, heard)
    assert outcome.ok
    assert heard.lines == [
        *("begin a", "a saw []", "end a True", "begin b", "b saw ['a']", "end b True"),
        *("b torn down", "a torn down"),
    ]


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SpecError(Fault("x", "is wrong", "mend it")), {"thing": "x", "reason": "is wrong", "mend": "mend it"}),
        (
            KeyError("blue"),
            {"thing": "b", "reason": "KeyError: 'blue'", "mend": "this is ours to mend; please report it"},
        ),
    ],
)
def test_the_first_failure_ends_the_story_and_everything_is_torn_down(
    context: Context, error: Exception, fault: dict[str, str]
) -> None:
    heard = Heard()
    steps = (Step("a", "A", noting("a")), Step("b", "B", failing(error)), Step("c", "C", noting("c")))
    outcome = tell(steps, context, heard)
    assert heard.lines == [
        *("begin a", "a saw []", "end a True", "begin b", "end b False", "failing torn down", "a torn down"),
    ]
    document = json.loads(outcome.to_json())
    for step in document["steps"]:
        assert step.pop("seconds") >= 0
    assert document.pop("seconds") >= 0
    assert document == {
        "ok": False,
        "steps": [{"name": "a", "ok": True}, {"name": "b", "ok": False, "faults": [fault]}],
    }


def test_a_claim_that_holds_says_nothing_and_one_that_does_not_is_told() -> None:
    expect("reader", "may write", holds=True)
    with pytest.raises(InternalError, match="reader: may write"):
        expect("reader", "may write", holds=False)
