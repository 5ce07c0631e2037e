from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.expressions import ParentInput, StepOutput
from cloister.jobs.planning.job import (
    Absent,
    Chosen,
    Code,
    Elsewhere,
    Given,
    InputValue,
    Job,
    JobInput,
    Port,
    Step,
    Target,
)
from cloister.jobs.planning.plan import (
    Constant,
    Dimension,
    Distribution,
    FromReference,
    FromSearch,
    FromSnapshot,
    FromStep,
    Parallel,
    Plan,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    PublishedOutput,
    Sweep,
)
from cloister.jobs.planning.resolve import Member, members, plan
from cloister.origin import Origin

AT = Origin("pipeline.yml", 1)


def step(
    name: str,
    *,
    takes: tuple[Port, ...] = (),
    inputs: dict[str, InputValue] | None = None,
    makes: tuple[Port, ...] = (),
    code: Path | None = None,
) -> Step:
    return Step(
        name,
        "true",
        Origin("pipeline.yml", 9),
        None if code is None else Code(code),
        takes=takes,
        makes=makes,
        inputs=tuple((of, Given(value)) for of, value in (inputs or {}).items()),
    )


def job(*steps: Step, inputs: tuple[JobInput, ...] = (), outputs: tuple[Port, ...] = ()) -> Job:
    return Job("pipeline", AT, steps, inputs=inputs, outputs=outputs)


def faults(made: Job) -> list[str]:
    with pytest.raises(SpecError) as caught:
        plan(made)
    return [f"{fault.thing}: {fault.reason} | {fault.mend}" for fault in caught.value.faults]


def test_steps_are_ordered_by_what_they_need_and_else_as_written() -> None:
    make = (Port("o", "uri_folder"),)
    take = (Port("i", "uri_folder"),)
    planned = plan(
        job(
            step("last", takes=take, inputs={"i": StepOutput("middle", "o")}),
            step("free"),
            step("middle", takes=take, inputs={"i": StepOutput("first", "o")}, makes=make),
            step("first", makes=make),
        )
    )
    assert [s.name for s in planned.steps] == ["free", "first", "middle", "last"]
    assert [[s.name for s in wave] for wave in planned.waves] == [["free", "first"], ["middle"], ["last"]]
    assert planned.step("last").needs == {"middle"}


def test_inputs_of_every_kind_are_bound(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "one.csv").touch()
    given = (
        JobInput("rate", "number", "0.1", AT),
        JobInput("raw", "uri_folder", tmp_path / "raw", AT),
        JobInput("one", "uri_file", tmp_path / "one.csv", AT),
    )
    first = step(
        "first",
        takes=(Port("rate", "number"), Port("raw", "uri_folder"), Port("one", "uri_file"), Port("word"), Port("own")),
        inputs={
            "rate": ParentInput("rate"),
            "raw": ParentInput("raw"),
            "one": ParentInput("one"),
            "word": "hello",
            "own": tmp_path / "raw",
        },
        makes=(Port("model", "mlflow_model"),),
        code=tmp_path,
    )
    first = replace(first, outputs=(("model", Target("best")),))
    second = step(
        "second", takes=(Port("m", "mlflow_model"),), inputs={"m": StepOutput("first", "model")}, code=tmp_path
    )
    made = job(first, second, inputs=given, outputs=(Port("best", "mlflow_model"),))
    planned = plan(made)
    assert {i.name: (i.type, i.binding) for i in planned.steps[0].inputs} == {
        "rate": ("number", Constant("0.1")),
        "raw": ("uri_folder", FromSnapshot("data/raw")),
        "one": ("uri_file", FromSnapshot("data/one/one.csv")),
        "word": ("string", Constant("hello")),
        "own": ("uri_folder", FromSnapshot("data/raw")),
    }
    assert planned.steps[1].inputs[0].binding == FromStep("first", "model")
    assert planned.outputs == (PublishedOutput("best", "first", "model"),)
    assert [s.code for s in planned.steps] == ["code/0", "code/0"]
    assert members(made) == (
        Member(tmp_path, "code/0"),
        Member(tmp_path / "raw", "data/raw"),
        Member(tmp_path / "one.csv", "data/one/one.csv"),
    )


def test_data_elsewhere_and_values_of_a_search_are_bound_by_name() -> None:
    space = (Dimension("rate", "uniform", min_value=0, max_value=1), Dimension("kernel", "choice", values=("a", "b")))
    sweep = Sweep("random", "loss", "minimize", space, 4, 2)
    searching = replace(
        step(
            "search",
            takes=(Port("rate"), Port("kernel"), Port("raw", "uri_file")),
            inputs={"rate": Chosen("rate"), "kernel": Chosen("kernel"), "raw": Elsewhere("azureml:raw:3")},
        ),
        sweep=sweep,
    )
    planned = plan(job(searching))
    assert {i.name: (i.type, i.binding) for i in planned.steps[0].inputs} == {
        "rate": ("number", FromSearch("rate")),
        "kernel": ("string", FromSearch("kernel")),
        "raw": ("uri_file", FromReference("azureml:raw:3")),
    }


def test_what_is_laid_into_a_code_folder_goes_along_under_its_own_name(tmp_path: Path) -> None:
    for name in ("src", "shared"):
        (tmp_path / name).mkdir()
    with_shared = replace(step("a"), code=Code(tmp_path / "src", (tmp_path / "shared",)))
    made = job(with_shared, step("b", code=tmp_path / "src"))
    assert members(made) == (
        Member(tmp_path / "src", "code/0"),
        Member(tmp_path / "shared", "code/0/shared"),
        Member(tmp_path / "src", "code/1"),
    )
    assert [s.code for s in plan(made).steps] == ["code/0", "code/1"]


def test_what_a_job_lacks_is_a_fault_when_it_is_to_run_and_a_note_when_it_is_looked_at() -> None:
    lacking = replace(
        job(
            step("a", takes=(Port("raw", "uri_file"),), inputs={"raw": Absent(is_file=True)}),
            replace(step("b"), command="", unresolved="azureml:train:1"),
        ),
        missing=(Fault('input "raw"', "there is no file", "correct the path"),),
    )
    assert faults(lacking) == [
        'input "raw": there is no file | correct the path',
        (
            'step "b": component azureml:train:1 is not registered here'
            " | register it, or name a folder of component files: --components FOLDER"
        ),
    ]
    looked_at = plan(lacking, dry_run=True)
    assert looked_at.notes == (
        'input "raw": there is no file; the plan can be looked at, not submitted',
        'step "b": component azureml:train:1 is not registered here; the plan can be looked at, not submitted',
    )
    assert looked_at.step("a").inputs[0].binding == FromSnapshot("data/a__raw/missing")


def test_an_optional_input_may_be_left_out() -> None:
    planned = plan(job(step("a", takes=(Port("x", "string", optional=True),))))
    assert planned.steps[0].inputs == ()


def test_a_cycle_is_told_once_from_the_step_that_was_written_first() -> None:
    port, take = (Port("o", "uri_folder"),), (Port("i", "uri_folder"),)
    made = job(
        step("outside"),
        step("a", takes=take, makes=port, inputs={"i": StepOutput("c", "o")}),
        step("b", takes=take, makes=port, inputs={"i": StepOutput("a", "o")}),
        step("c", takes=take, makes=port, inputs={"i": StepOutput("b", "o")}),
    )
    assert faults(made) == [
        (
            'pipeline "pipeline.yml": the steps wait for each other in a circle: a -> c -> b -> a'
            " | remove one of the inputs that close the circle"
        )
    ]


FOLDER = (Port("i", "uri_folder"),)
BAD: list[tuple[str, Job, list[str]]] = [
    (
        "a step that is not there",
        job(step("train", takes=FOLDER, inputs={"i": StepOutput("prepar", "o")}), step("prepare")),
        ['step "train", input "i": there is no step "prepar" | did you mean "prepare"?'],
    ),
    (
        "an output that is not there, and an input of the pipeline that is not there",
        job(
            step("a", makes=(Port("data", "uri_folder"),)),
            step("b", takes=FOLDER, inputs={"i": StepOutput("a", "dat"), "j": ParentInput("rate")}),
        ),
        [
            'step "b", input "i": step "a" makes no output "dat" | did you mean "data"?',
            'step "b", input "j": the pipeline has no input "rate" | add it to inputs',
        ],
    ),
    (
        "a required input that is not given",
        job(step("a", takes=(Port("rate", "number"),))),
        ['step "a", input "rate": is required and not given | add "rate" to the inputs of step "a"'],
    ),
    (
        "an input that the component does not take",
        job(step("a", takes=(Port("rate", "number", optional=True),), inputs={"rte": "1"})),
        ['step "a", input "rte": the component takes no such input | did you mean "rate"?'],
    ),
    (
        "literals that do not fit",
        job(
            step(
                "a",
                takes=(
                    Port("n", "number"),
                    Port("k", "integer"),
                    Port("b", "boolean"),
                    Port("low", "number", minimum=0, maximum=1),
                    Port("c", "string", choices=("x", "y")),
                ),
                inputs={"n": "many", "k": "1.5", "b": "maybe", "low": "2", "c": "z"},
            )
        ),
        [
            'step "a", input "n": takes a number, but is given "many" | give a number',
            'step "a", input "k": takes an integer, but is given "1.5" | give a number',
            'step "a", input "b": takes a boolean, but is given "maybe" | use true or false',
            'step "a", input "low": 2 is out of its bounds | give 0 to 1',
            'step "a", input "c": "z" is not one of its values | use one of x, y',
        ],
    ),
    (
        "a folder where a file is wanted",
        job(
            step("a", makes=(Port("o", "uri_folder"),)),
            step("b", takes=(Port("i", "uri_file"),), inputs={"i": StepOutput("a", "o")}),
        ),
        ['step "b", input "i": takes uri_file, but is given uri_folder | give both the same type'],
    ),
    (
        "data where a literal is wanted",
        job(
            step("a", makes=(Port("o", "uri_folder"),)),
            step("b", takes=(Port("i", "number"),), inputs={"i": StepOutput("a", "o")}),
        ),
        [
            (
                'step "b", input "i": takes a number, but is given an output (uri_folder)'
                " | declare it with the output's type"
            )
        ],
    ),
    (
        "a literal where data is wanted",
        job(step("a", takes=FOLDER, inputs={"i": "hello"})),
        ['step "a", input "i": takes uri_folder, but is given the literal "hello" | give it a path or an output'],
    ),
    (
        "one output of the pipeline that two steps make",
        job(
            replace(step("a", makes=(Port("o", "uri_folder"),)), outputs=(("o", Target("best")),)),
            replace(step("b", makes=(Port("o", "uri_folder"),)), outputs=(("o", Target("best")),)),
            outputs=(Port("best"),),
        ),
        [
            (
                'step "b", output "o": output "best" of the pipeline is what step "a" makes'
                " | give the pipeline an output for each of the two"
            )
        ],
    ),
    (
        "an output bound to what the pipeline does not have",
        job(replace(step("a", makes=(Port("o", "uri_folder"),)), outputs=(("o", Target("best")),))),
        ['step "a", output "o": the pipeline has no output "best" | add it to outputs'],
    ),
    (
        "an unknown input in the command",
        job(replace(step("a"), command="run ${{inputs.x}} ${{outputs.y}} ${{parent.inputs.z}}")),
        [
            'step "a": the command uses input "x", which is not given | add it to inputs',
            'step "a": the command uses output "y", which it does not declare | add it to outputs',
            (
                'step "a": the command refers to the pipeline directly'
                " | declare an input, bind it to that, and use ${{inputs.NAME}} in the command"
            ),
        ],
    ),
]


@pytest.mark.parametrize(("made", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_run_is_refused(made: Job, told: list[str]) -> None:
    assert faults(made) == told


def test_a_plan_made_by_hand_is_held_to_the_same_rules() -> None:
    hostile = (
        PlannedStep("../up", "true"),
        PlannedStep("a", "true", code="code/../../etc"),
        PlannedStep("b", "", outputs=(PlannedOutput("o/p", "uri_folder"), PlannedOutput("q", "table"))),
        PlannedStep("c", "true", timeout_seconds=0, environment_variables=(("A=B", "x"),)),
        PlannedStep("c", "true"),
    )
    with pytest.raises(SpecError) as caught:
        Plan("pipeline", "e", hostile, name="../x")
    assert [f"{fault.thing}: {fault.reason}" for fault in caught.value.faults] == [
        'job "../x": is no name for a job',
        'step "../up": is no name for a step',
        'step "a": "code/../../etc" is no folder of the snapshot',
        'step "b": "o/p" is no name for an input or an output',
        'step "b": output "q" has the type "table"',
        'step "b": has no command',
        'step "c": a timeout of 0 seconds',
        'step "c": an environment variable has an impossible name or value',
        'step "c": is there twice',
    ]


def test_a_distribution_starts_as_many_processes_as_one_machine_can_hold() -> None:
    def told(distribution: Distribution, instances: int = 1) -> list[str]:
        step = PlannedStep("a", "true", distribution=distribution, instance_count=instances)
        with pytest.raises(SpecError) as caught:
            Plan("command", "e", (step,))
        return [fault.reason for fault in caught.value.faults]

    few = "the distribution counts fewer processes than there can be"
    assert told(Distribution("mpi", 0)) == [few]
    assert told(Distribution("tensorflow", workers=1, parameter_servers=-1)) == [few]
    many = "the distribution starts {} processes, which are all on one machine here"
    assert told(Distribution("pytorch", 5), 60) == [many.format(300)]
    assert told(Distribution("tensorflow", workers=250, parameter_servers=7)) == [many.format(257)]


def test_a_parallel_step_is_checked_before_it_runs() -> None:
    data = PlannedInput("data", "uri_folder", FromSnapshot("data/x"))
    rate = PlannedInput("rate", "number", Constant("1"))

    def told(**wanted: Any) -> list[str]:  # noqa: ANN401 - any field of a parallel step
        parallel = replace(Parallel("run.py", "data"), **wanted)
        step = PlannedStep("a", "", (data, rate), (PlannedOutput("rows", "uri_file"),), parallel=parallel)
        try:
            Plan("pipeline", "e", (step,))
        except SpecError as error:
            return [fault.reason for fault in error.faults]
        return []

    assert told(append_row_to="rows", program_arguments="--rate ${{inputs.rate}}", mini_batch_size="10 kb") == []
    assert told(entry_script="../run.py") == ['entry_script "../run.py" is no file of the code']
    assert told(mini_batch_input="more") == ['input_data names input "more", which is not given']
    assert told(mini_batch_input="rate") == ['input_data names input "rate", which is a number']
    assert told(partition_keys=("k",)) == ['partition_keys need a table, but input "data" is a uri_folder']
    assert told(mini_batch_size="few") == ['mini_batch_size is "few"']
    assert told(append_row_to="all") == ['append_row_to names output "all", which it does not declare']
    assert told(program_arguments="${{inputs.x}} 'a") == [
        'program_arguments uses input "x", which is not given',
        "program_arguments holds a quotation that does not end",
    ]
    assert told(processes_per_instance=257) == ["it would run in 257 processes, which are all on one machine here"]
    assert told(mini_batch_timeout_seconds=0) == ["retries 2 times after 0 seconds"]
    assert told(error_threshold=-2) == ["has a threshold below -1"]
    assert told(logging_level="LOUD") == ['logging_level is "LOUD"']
