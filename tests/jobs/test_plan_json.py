import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.errors import SpecError
from cloister.jobs.planning.plan import Constant, FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.plan_json import from_json, to_json

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Sound plans: each step may read the outputs of those before it."""
    steps: list[PlannedStep] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        inputs = [
            PlannedInput(n, "string", Constant(draw(TEXTS))) for n in draw(st.lists(NAMES, max_size=2, unique=True))
        ]
        taken = {i.name for i in inputs}
        for earlier in steps:
            for output in earlier.outputs:
                wanted = f"{earlier.name}_{output.name}"[:255]
                if draw(st.booleans()) and wanted not in taken:
                    taken.add(wanted)
                    inputs.append(PlannedInput(wanted, output.type, FromStep(earlier.name, output.name)))
        outputs = draw(st.lists(NAMES, max_size=2, unique=True))
        types = st.sampled_from(["uri_file", "uri_folder", "mlflow_model"])
        steps.append(
            PlannedStep(
                name,
                "true",
                tuple(inputs),
                tuple(PlannedOutput(o, draw(types)) for o in outputs),
                environment_variables=tuple((n, draw(TEXTS)) for n in draw(st.lists(NAMES, max_size=2))),
                timeout_seconds=draw(st.none() | st.integers(1, 10**6)),
            )
        )
    return Plan("pipeline", "experiment", tuple(steps), description=draw(TEXTS), notes=(draw(TEXTS),))


@given(plans())
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    text = to_json(plan)
    assert from_json(text) == plan
    assert to_json(from_json(text)) == text


SOUND = json.loads(to_json(Plan("pipeline", "e", (PlannedStep("a", "true"),))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"steps": []}, "jobs: there are 0 steps"),
        ({"extra": 1}, "plan: extra: Unexpected keyword argument"),
        ({"experiment_name": 3}, "plan: experiment_name: Input should be a valid string"),
        ({"kind": "automl"}, "plan: kind: Input should be 'pipeline', 'command', 'sweep' or 'spark'"),
        ({"experiment_name": ""}, "experiment_name: is empty or not printable"),
        ({"experiment_name": "e" * 251}, "experiment_name: has 251 characters"),
        # What costs a kilobyte each is told once, whatever there is of it.
        ({"steps": [1] * 100_000}, "plan: steps.0: Input should be an object"),
        ({"notes": ["n", 1, 2, 3]}, "plan: notes.1: Input should be a valid string"),
        ({f"k{n}": 1 for n in range(100_000)}, "plan: has 100000 faults"),
        ({"steps": [{"name": f"s{n}", "command": "true"} for n in range(1001)]}, "jobs: there are 1001 steps"),
    ],
)
def test_a_plan_that_is_unsound_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        from_json(json.dumps(SOUND | change))
    assert [f"{fault.thing}: {fault.reason}" for fault in caught.value.faults] == [reason]


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "x" * (8 * 1024 * 1024 + 1)])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        from_json(text)


def changed(**fields: object) -> str:
    """The sound plan with its one step changed."""
    return json.dumps(SOUND | {"steps": [{"name": "a", "command": "true"} | fields]})


VALUES = {"algorithm": "random", "metric": "m", "goal": "minimize", "max_total_trials": 1, "max_concurrent_trials": 1}
PORT = {"type": "string", "binding": {"kind": "constant", "text": ""}}
LONG = 200_000
HOSTILE = [
    ("is no number", changed(sweep=VALUES | {"space": [{"name": "x", "kind": "choice", "values": [math.nan]}]}),
     "plan: steps.0.sweep.space.0.values.0.str: Input should be a valid string"),
    ("is infinite where it says nothing",
     changed(sweep=VALUES | {"space": [{"name": "x", "kind": "choice", "values": [1], "q": math.inf}]}),
     "plan: steps.0.sweep.space.0.q: Input should be a finite number"),
    ("has expressions without an end", changed(command="${{" * LONG), ""),
    ("has an expression of spaces without an end", changed(command="${{" + " " * LONG), ""),
    ("has optional parts without an end", changed(command="$[[" * LONG), ""),
    ("has a size of spaces",
     changed(
         command="",
         inputs=[{"name": "i", "type": "uri_folder", "binding": {"kind": "snapshot", "path": "data/a"}}],
         parallel={"entry_script": "s.py", "mini_batch_input": "i", "mini_batch_size": f"1{' ' * LONG}x"},
     ),
     f'step "a": mini_batch_size is "1{" " * 39}"'),
    ("has inputs without number", changed(inputs=[{"name": f"i{n}"} | PORT for n in range(LONG // 10)]),
     'step "a": has more than 1000 inputs, outputs or environment variables'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_is_made_to_be_slow_is_read_at_once(text: str, reason: str) -> None:
    """Each took minutes or gigabytes, in which the whole gateway answered nobody."""
    started = time.process_time()
    found = ""
    try:
        from_json(text)
    except SpecError as error:
        (fault, *_) = error.faults
        found = f"{fault.thing}: {fault.reason}"
    assert found == reason
    assert time.process_time() - started < 2
