"""Pipelines within pipelines, components from files and by name: what becomes of their steps, what is refused."""

from pathlib import Path

import pytest

from cloister.errors import CloisterError
from cloister.jobs.planning.plan import Constant, FromReference, FromSnapshot, FromStep, Plan, PublishedOutput
from cloister.jobs.planning.resolve import plan
from cloister.jobs.reading.components import ComponentFile, ComponentFolder, ComponentReference, component_reference
from cloister.jobs.reading.load import load_job

HERE = "azureml:cloister-sklearn@latest"
MAKE = """\
type: command
name: make
version: 2
inputs:
  raw: {type: uri_folder, optional: true}
  rate: {type: number, default: 0.5}
outputs:
  made: {type: uri_file}
command: make $[[--raw ${{inputs.raw}}]] --rate ${{inputs.rate}} ${{outputs.made}}
environment: azureml:cloister-sklearn@latest
"""
INNER = """\
type: pipeline
name: inner
inputs:
  raw: {type: uri_folder, optional: true}
  rate: {type: number, default: 0.25}
  where: {type: string, default: cpu-cluster}
outputs:
  best: {type: uri_file}
jobs:
  first:
    type: command
    component: ./make.yml
    inputs:
      raw: ${{parent.inputs.raw}}
      rate: ${{parent.inputs.rate}}
    compute: ${{parent.inputs.where}}
  second:
    type: command
    component: ./make.yml
    inputs:
      raw: {type: uri_folder, path: ./data}
    outputs:
      made: ${{parent.outputs.best}}
"""
OUTER = """\
type: pipeline
inputs:
  raw: {type: uri_folder, path: ./data}
  rate: 0.1
outputs:
  result: {type: uri_file, path: "azureml://datastores/${{default_datastore}}/paths/${{name}}/best.csv"}
settings: {default_compute: azureml:small, default_datastore: azureml:lake}
jobs:
  before:
    type: pipeline
    component: ./inner.yml
    inputs:
      raw: ${{parent.inputs.raw}}
      rate: ${{parent.inputs.rate}}
      where: big
    outputs:
      best: ${{parent.outputs.result}}
  after:
    type: command
    command: cat ${{inputs.best}}
    environment: azureml:cloister-sklearn@latest
    inputs:
      best: ${{parent.jobs.before.outputs.best}}
  again:
    type: pipeline
    component: ./inner.yml
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "make.yml").write_text(MAKE)
    (tmp_path / "inner.yml").write_text(INNER)
    (tmp_path / "outer.yml").write_text(OUTER)
    return tmp_path


def faults(path: Path) -> list[str]:
    with pytest.raises(CloisterError) as caught:
        plan(load_job(path))
    return [
        f"{fault.origin.line if fault.origin else '-'} {fault.thing}: {fault.reason} | {fault.mend}".replace(
            str(path.parent), "DIR"
        )
        for fault in caught.value.faults
    ]


def bindings(made: Plan, step: str) -> dict[str, object]:
    return {i.name: i.binding for i in made.step(step).inputs}


def test_steps_of_nested_pipelines_are_steps_of_one_plan(folder: Path) -> None:
    made = plan(load_job(folder / "outer.yml"))
    assert [step.name for step in made.steps] == [
        "before.first",
        "before.second",
        "after",
        "again.first",
        "again.second",
    ]
    assert bindings(made, "before.first") == {"raw": FromSnapshot("data/raw"), "rate": Constant("0.1")}
    assert bindings(made, "before.second") == {"raw": FromSnapshot("data/raw"), "rate": Constant("0.5")}
    assert bindings(made, "after") == {"best": FromStep("before.second", "made")}
    # What is not given to the second use is its component's default, or left out.
    assert bindings(made, "again.first") == {"rate": Constant("0.25")}
    assert [(s.name, s.compute) for s in made.steps] == [
        ("before.first", "big"),
        ("before.second", "small"),
        ("after", "small"),
        ("again.first", "cpu-cluster"),
        ("again.second", "small"),
    ]
    assert made.outputs == (PublishedOutput("result", "before.second", "made"),)
    (output,) = made.step("before.second").outputs
    assert output.destination == "azureml://datastores/lake/paths/${{name}}/best.csv"
    assert made.step("again.second").outputs[0].destination == ""


def test_pipelines_nest_in_nested_ones(folder: Path) -> None:
    (folder / "middle.yml").write_text(
        "type: pipeline\nname: middle\noutputs:\n  best: {type: uri_file}\njobs:\n"
        "  inside:\n    type: pipeline\n    component: ./inner.yml\n"
        "    outputs: {best: '${{parent.outputs.best}}'}\n"
    )
    text = OUTER.replace("component: ./inner.yml", "component: ./middle.yml", 1)
    text = text.replace(
        "    inputs:\n      raw: ${{parent.inputs.raw}}\n      rate: ${{parent.inputs.rate}}\n      where: big\n", "", 1
    )
    (folder / "outer.yml").write_text(text)
    made = plan(load_job(folder / "outer.yml"))
    assert [step.name for step in made.steps][:2] == ["before.inside.first", "before.inside.second"]
    assert bindings(made, "after") == {"best": FromStep("before.inside.second", "made")}
    assert made.outputs == (PublishedOutput("result", "before.inside.second", "made"),)


def test_a_job_can_be_one_pipeline_component(folder: Path) -> None:
    text = "type: pipeline\ncomponent: ./inner.yml\ninputs:\n  rate: 0.9\nsettings: {default_compute: azureml:small}\n"
    (folder / "job.yml").write_text(text)
    made = plan(load_job(folder / "job.yml"))
    assert [step.name for step in made.steps] == ["first", "second"]
    assert dict(made.inputs) == {"rate": "0.9", "where": "cpu-cluster"}
    assert made.outputs == (PublishedOutput("best", "second", "made"),)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ("{rte: 1}", '3 input "rte": the component has no such input | did you mean "rate"?'),
        ("{}", None),
    ],
)
def test_what_a_job_gives_to_its_component_is_held_against_it(folder: Path, inputs: str, told: str | None) -> None:
    (folder / "job.yml").write_text(f"type: pipeline\ncomponent: ./inner.yml\ninputs: {inputs}\n")
    if told is None:
        assert [step.name for step in plan(load_job(folder / "job.yml")).steps] == ["first", "second"]
    else:
        assert faults(folder / "job.yml") == [told]


def test_a_job_of_a_component_that_nobody_here_has_is_one_step(folder: Path) -> None:
    (folder / "job.yml").write_text("type: pipeline\ncomponent: azureml:inner:1\ninputs: {rate: 1}\n")
    made = plan(load_job(folder / "job.yml"), dry_run=True)
    assert [(step.unresolved, bindings(made, step.name)) for step in made.steps] == [
        ("azureml:inner:1", {"rate": Constant("1")})
    ]


def test_a_folder_as_components_of_before_v2_say_it_is_a_folder(folder: Path) -> None:
    (folder / "make.yml").write_text(MAKE.replace("raw: {type: uri_folder", "raw: {type: path"))
    made = plan(load_job(folder / "outer.yml"))
    assert made.notes == ('component "make", input "raw": type path: a folder, uri_folder',)


def test_an_input_that_the_component_cannot_mean_is_dropped_and_said(folder: Path) -> None:
    (folder / "outer.yml").write_text(OUTER.replace("      where: big", "      where: big\n      epochs: 3"))
    assert plan(load_job(folder / "outer.yml")).notes == (
        'step "before", input "epochs": the component has no such input; it is dropped, as Azure ML does',
    )


BAD: list[tuple[str, str, str, list[str]]] = [
    (
        "a pipeline that contains itself",
        "inner.yml",
        INNER.replace("type: command\n    component: ./make.yml", "type: pipeline\n    component: ./inner.yml", 1)
        .replace("      raw: ${{parent.inputs.raw}}\n      rate: ${{parent.inputs.rate}}\n", "      rate: 1\n", 1)
        .replace("    compute: ${{parent.inputs.where}}\n", "", 1),
        [
            (
                f'{line} step "{outer}.first": its pipeline contains itself'
                " | a pipeline cannot hold itself: move what is shared into a command component"
            )
            for line, outer in ((12, "before"), (12, "again"))
        ],
    ),
    (
        "an output that no step makes",
        "inner.yml",
        INNER.replace("    outputs:\n      made: ${{parent.outputs.best}}\n", ""),
        [
            (
                '8 step "before": no step of its pipeline makes the output "best"'
                " | bind an output of one of its steps: ${{parent.outputs.best}}"
            )
        ],
    ),
    (
        "an output that two steps make",
        "inner.yml",
        INNER.replace(
            "    compute: ${{parent.inputs.where}}\n",
            "    compute: ${{parent.inputs.where}}\n    outputs: {made: '${{parent.outputs.best}}'}\n",
        ),
        [
            (
                f'18 step "{outer}.second", output "made": output "best" of {outer} is what step "{outer}.first" makes'
                " | give the pipeline an output for each of the two"
            )
            for outer in ("before", "again")
        ],
    ),
    (
        "a typo in an input of a nested pipeline",
        "outer.yml",
        OUTER.replace("      rate: ${{parent.inputs.rate}}", "      rte: ${{parent.inputs.rate}}"),
        ['14 step "before", input "rte": the component has no such input | did you mean "rate"?'],
    ),
    (
        "a reference inside of a nested pipeline to what is outside",
        "inner.yml",
        INNER.replace("${{parent.inputs.raw}}", "${{parent.jobs.after.outputs.best}}"),
        [
            (f'14 step "{outer}.first", input "raw": there is no step "after" | jobs has first, second')
            for outer in ("before", "again")
        ],
    ),
    (
        "a component of another type than the step says",
        "outer.yml",
        OUTER.replace(
            "    type: pipeline\n    component: ./inner.yml\n    inputs",
            "    type: pipeline\n    component: ./make.yml\n    inputs",
            1,
        ),
        [
            (
                '10 step "before": is a pipeline step, and its component is of type command'
                " | write type: command in the step"
            )
        ],
    ),
    (
        "an input that a nested pipeline needs",
        "inner.yml",
        INNER.replace("{type: number, default: 0.25}", "{type: number}"),
        [('24 step "again", input "rate": is required and not given | add "rate" to the inputs of step "again"')],
    ),
    (
        "types of ports that nobody knows",
        "make.yml",
        MAKE.replace("{type: number, default: 0.5}", "{type: numbr}").replace("{type: uri_file}", "{type: boolean}"),
        [
            (
                '6 component "make", input "rate": has the type "numbr" | use one of boolean, custom_model, integer,'
                " mlflow_model, mltable, number, string, triton_model, uri_file, uri_folder"
            ),
            (
                '8 component "make", output "made": Cloister does not store outputs of type "boolean" | use one of'
                " custom_model, mlflow_model, mltable, triton_model, uri_file, uri_folder; write a value into a file"
            ),
        ],
    ),
    (
        "a component that is no YAML, told once",
        "make.yml",
        "a: [b",
        ["1 DIR/make.yml: is no YAML: expected ',' or ']', but got '<stream end>' | mend the syntax"],
    ),
    (
        "a name that names no component",
        "outer.yml",
        OUTER.replace("component: ./inner.yml", "component: azureml:a:b:c", 1),
        [
            (
                '11 step "before": "azureml:a:b:c" names no component | write azureml:NAME:VERSION,'
                " azureml:NAME@latest, or azureml://registries/R/components/NAME/versions/V"
            )
        ],
    ),
    (
        "flow of prompt flow",
        "make.yml",
        "$schema: https://azuremlschemas.azureedge.net/promptflow/latest/Flow.schema.json\nnodes: []\n",
        [
            (
                f'1 step "{step}", its component: Cloister does not run flow jobs'
                " | use a command step that runs the flow's Python"
            )
            for step in ("before.first", "before.second", "again.first", "again.second")
        ],
    ),
]


@pytest.mark.parametrize(("file", "text", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_nest_is_refused(folder: Path, file: str, text: str, told: list[str]) -> None:
    (folder / file).write_text(text)
    assert faults(folder / "outer.yml") == told


def test_pipelines_that_double_in_each_other_are_refused_at_a_thousand_steps(folder: Path) -> None:
    for depth in range(8):
        steps = "".join(f"  s{n}: {{type: pipeline, component: ./p{depth + 1}.yml}}\n" for n in range(10))
        (folder / f"p{depth}.yml").write_text(f"type: pipeline\nname: p{depth}\njobs:\n{steps}")
    (folder / "p8.yml").write_text("type: pipeline\nname: p8\njobs:\n  s: {type: command, component: ./make.yml}\n")
    assert faults(folder / "p0.yml")[-1] == (
        "3 jobs: there are more than 1000 steps"
        " | give 1 to 1000 steps; a parallel step or a sweep does the same thing many times"
    )


def test_a_circle_through_a_nested_pipeline_is_told_by_the_steps_that_are_in_it(folder: Path) -> None:
    through = INNER.replace(
        "      raw: {type: uri_folder, path: ./data}", "      raw: ${{parent.jobs.first.outputs.made}}"
    )
    (folder / "inner.yml").write_text(through)
    back = OUTER.replace("raw: ${{parent.inputs.raw}}", "raw: ${{parent.jobs.after.outputs.out}}")
    back = back.replace("    command: cat", "    outputs: {out: {type: uri_folder}}\n    command: cat")
    (folder / "outer.yml").write_text(back)
    assert faults(folder / "outer.yml") == [
        (
            '10 pipeline "DIR/outer.yml": the steps wait for each other in a circle:'
            " before.first -> after -> before.second -> before.first"
            " | remove one of the inputs that close the circle"
        )
    ]


NAMED = """\
type: pipeline
jobs:
  train:
    component: azureml:make@latest
    inputs: {rate: 0.7, raw: {type: uri_folder, path: "azureml:churn:3"}}
    outputs: {made: {type: uri_file}}
  score:
    type: command
    command: cat ${{inputs.best}}
    environment: azureml:cloister-sklearn@latest
    inputs:
      best: ${{parent.jobs.train.outputs.made}}
"""


def test_a_component_that_nobody_here_has_is_looked_at_and_not_submitted(folder: Path) -> None:
    (folder / "job.yml").write_text(NAMED.replace("{made: {type: uri_file}}", "{made: }"))
    made = plan(load_job(folder / "job.yml"), dry_run=True)
    train = made.step("train")
    assert (train.unresolved, train.command) == ("azureml:make@latest", "")
    assert [(o.name, o.type) for o in train.outputs] == [("made", "uri_folder")]
    assert bindings(made, "train") == {"rate": Constant("0.7"), "raw": FromReference("azureml:churn:3")}
    assert faults(folder / "job.yml") == [
        (
            '3 step "train": component azureml:make@latest is not registered here'
            " | register it, or name a folder of component files: --components FOLDER"
        )
    ]


def test_components_are_found_by_name_in_a_folder_of_files(folder: Path) -> None:
    (folder / "job.yml").write_text(NAMED)
    (folder / "newer.yml").write_text(MAKE.replace("version: 2", "version: 10"))
    known = ComponentFolder(folder)
    made = plan(load_job(folder / "job.yml", components=known))
    assert (made.step("train").component, made.step("train").command[:5]) == ("make:10", "make ")
    assert known.file_of(ComponentReference("make", "2")) == ComponentFile(folder / "make.yml", folder)
    assert known.file_of(ComponentReference("make", "3")) is None
    assert known.file_of(ComponentReference("nobody")) is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("azureml:make:1", ComponentReference("make", "1")),
        ("azureml:make@latest", ComponentReference("make", label="latest")),
        ("azureml:make", ComponentReference("make")),
        ("azureml://registries/r/components/make/versions/1.2", ComponentReference("make", "1.2", registry="r")),
        ("azureml://registries/r/components/make/labels/best", ComponentReference("make", "", "best", "r")),
        ("azureml://registries/r/components/make", ComponentReference("make", registry="r")),
        (
            "azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/components/make/versions/1",
            ComponentReference("make", "1"),
        ),
        ("azureml:make:1:2", None),
        ("azureml:", None),
    ],
)
def test_what_a_reference_to_a_component_says(text: str, reference: ComponentReference | None) -> None:
    assert component_reference(text) == reference


OUT = "register the component with its code in one folder"
HOSTILE: dict[str, tuple[str, str, list[str]]] = {
    "code above it": ("make.yml", "code: ..\n", [f'".." leads out of the component\'s own folder | {OUT}']),
    "code of the machine": ("make.yml", "code: /etc\n", [f'"/etc" leads out of the component\'s own folder | {OUT}']),
    "files above it": (
        "make.yml",
        "additional_includes: [../outer.yml]\n",
        [f'"../outer.yml" leads out of the component\'s own folder | {OUT}'],
    ),
    "a conda file above it": (
        "make.yml",
        "environment: {image: x, conda_file: ../outer.yml}\n",
        ['there is no conda file "../outer.yml" | correct the path, relative to the file'],
    ),
    "an environment above it": (
        "make.yml",
        "environment: ../outer.yml\n",
        ['there is no environment "../outer.yml" | write azureml:NAME:VERSION, or the path of its file'],
    ),
    "code above it, in a component of its own pipeline": (
        "inner.yml",
        "code: ..\n",
        [f'".." leads out of the component\'s own folder | {OUT}'] * 2,
    ),
}


@pytest.mark.parametrize(("start", "line", "told"), HOSTILE.values(), ids=HOSTILE)
def test_a_registered_component_takes_nothing_from_outside_of_its_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, start: str, line: str, told: list[str]
) -> None:
    registered = tmp_path_factory.mktemp("registered") / "one"
    registered.mkdir()
    (registered.parent / "outer.yml").write_text("dependencies: [pandas]\n")
    (registered / "data").mkdir()
    component = MAKE.replace(f"environment: {HERE}\n", "") if "environment" in line else MAKE
    (registered / "make.yml").write_text(component + line)
    (registered / "inner.yml").write_text(INNER)
    name = "inner" if start == "inner.yml" else "make"
    outputs = "{best: {type: uri_file}}" if name == "inner" else "{made: {type: uri_file}}"
    (folder / "job.yml").write_text(
        f"type: pipeline\njobs:\n  a:\n    type: {'pipeline' if name == 'inner' else 'command'}\n"
        f"    component: azureml:{name}@latest\n    outputs: {outputs}\n"
    )
    with pytest.raises(CloisterError) as caught:
        load_job(folder / "job.yml", components=ComponentFolder(registered))
    assert [f"{fault.reason} | {fault.mend}" for fault in caught.value.faults] == told


def test_data_outside_of_a_registered_component_is_data_that_is_not_there(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    registered = tmp_path_factory.mktemp("registered")
    (registered / "make.yml").write_text(MAKE)
    (registered / "inner.yml").write_text(INNER.replace("path: ./data", f"path: {folder / 'data'}"))
    (folder / "job.yml").write_text(
        "type: pipeline\njobs: {a: {type: pipeline, component: 'azureml:inner:', outputs: {best: }}}\n".replace(
            ":'", "'"
        )
    )
    loaded = load_job(folder / "job.yml", components=ComponentFolder(registered))
    assert [fault.reason for fault in loaded.missing] == [f'there is no folder "{folder / "data"}"']
