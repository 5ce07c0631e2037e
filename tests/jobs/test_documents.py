"""Documents other than jobs, judged by the SDK: what is taken, and each way of getting one wrong."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import CloisterError
from cloister.facts.azureml_keys import azureml_keys
from cloister.jobs.reading.documents import DocumentKind, load_document
from cloister.jobs.reading.positions import read_document

GOOD: dict[str, tuple[DocumentKind, str]] = {
    "a file": ("data", "name: one\ntype: uri_file\npath: ./one.csv\n"),
    "a folder, by default": ("data", "name: one\npath: ./folder\n"),
    "a table": ("data", "name: one\ntype: mltable\npath: ./table\n"),
    "data elsewhere": ("data", "name: one\ntype: uri_file\npath: azureml://datastores/raw/paths/one.csv\n"),
    "a model": ("model", "name: one\ntype: custom_model\npath: ./folder\n"),
    "a component": ("component", "name: one\nversion: 1\ncommand: echo\nenvironment: azureml:e:1\n"),
    "an environment": ("environment", "name: one\nimage: python:3.11\n"),
    "a compute": ("compute", "name: cpu\ntype: amlcompute\nmax_instances: 4\n"),
    "a datastore": ("datastore", "name: raw\ntype: azure_blob\naccount_name: a\ncontainer_name: c\n"),
    "a schedule": (
        "schedule",
        "name: nightly\ntrigger: {type: cron, expression: '0 2 * * *'}\ncreate_job: azureml:simple-pipeline-job\n",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("folder", "table", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "one.csv").touch()
    (tmp_path / "table" / "MLTable").write_text("paths: []\n")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "document.yml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("kind", "text"), GOOD.values(), ids=GOOD)
def test_documents_of_every_kind_become_the_sdks_entities(folder: Path, kind: DocumentKind, text: str) -> None:
    loaded = load_document(kind, written(folder, text))
    assert loaded.entity.name == text.splitlines()[0].removeprefix("name: ")
    assert loaded.notes == ()


def test_a_value_can_be_set_from_outside(folder: Path) -> None:
    loaded = load_document("data", written(folder, GOOD["a file"][1]), {"version": "7", "description": "raw"})
    assert (loaded.entity.version, loaded.entity.description, loaded.entity.type) == ("7", "raw", "uri_file")


def test_what_has_no_effect_is_said(folder: Path) -> None:
    text = "name: cpu\ntype: amlcompute\nssh_settings: {admin_username: u, ssh_key_value: k}\nlocation: westeurope\n"
    assert load_document("compute", written(folder, text)).notes == (
        "ssh_settings: there is no virtual machine to apply it to",
        "location: there is no virtual machine to apply it to",
    )


BAD: list[tuple[str, DocumentKind, str, list[str]]] = [
    (
        "an unknown key",
        "data",
        "name: one\npth: ./one.csv\n",
        ['2 key "pth": is no key of an Azure ML v2 document | did you mean "path"?'],
    ),
    (
        "a required key that is not there",
        "data",
        "name: one\n",
        ['1 path: is required and not given | add the key "path"'],
    ),
    (
        "a path that leads nowhere",
        "model",
        "name: one\npath: ./two\n",
        ['2 path: there is no file or folder "./two" | correct the path, relative to the file'],
    ),
    (
        "a folder as a file",
        "data",
        "name: one\ntype: uri_file\npath: ./folder\n",
        ['3 path: "./folder" is a folder | give a file, or make it type: uri_folder'],
    ),
    (
        "a file as a folder",
        "data",
        "name: one\ntype: uri_folder\npath: ./one.csv\n",
        ['3 path: "./one.csv" is a file | give the folder, or make it type: uri_file'],
    ),
    (
        "a table without its description",
        "data",
        "name: one\ntype: mltable\npath: ./empty\n",
        ['3 path: "./empty" holds no file MLTable | add the MLTable file that describes it'],
    ),
    (
        "a compute of a type that is not taken",
        "compute",
        "name: one\ntype: kubernetes\n",
        [
            (
                "2 compute: Cloister does not take kubernetes"
                " | make it an amlcompute; agents on the cluster's machines take its name"
            )
        ],
    ),
    (
        "a compute of no type, and a typo in one",
        "compute",
        "name: one\n",
        ["1 type: is required and not given | add type: amlcompute or computeinstance"],
    ),
    (
        "a typo in a type",
        "compute",
        "name: one\ntype: amlcomput\n",
        ['2 type: there is no compute of type "amlcomput" | did you mean "amlcompute"?'],
    ),
    (
        "a schedule that imports",
        "schedule",
        "name: one\nimport_data: {}\n",
        [
            (
                "2 schedule: Cloister does not take import_data"
                " | schedule a job that reads the source, with its output as uri_folder"
            )
        ],
    ),
    (
        "a key that is written twice",
        "data",
        "name: one\npath: ./folder\nname: two\n",
        ['3 key "name": is written twice | keep one of the two'],
    ),
]


@pytest.mark.parametrize(("kind", "text", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_is_told_with_line_and_mend(folder: Path, kind: DocumentKind, text: str, told: list[str]) -> None:
    with pytest.raises(CloisterError) as caught:
        load_document(kind, written(folder, text))
    assert [
        f"{fault.origin.line if fault.origin else '-'} {fault.thing}: {fault.reason} | {fault.mend}"
        for fault in caught.value.faults
    ] == told


def test_what_the_sdk_refuses_deep_in_a_schedule_is_told_at_its_line(folder: Path) -> None:
    text = "name: one\ntrigger:\n  type: cron\n  expresion: '0 2 * * *'\ncreate_job: azureml:job\n"
    with pytest.raises(CloisterError) as caught:
        load_document("schedule", written(folder, text))
    told = [(f.origin.line if f.origin else 0, f.thing, f.reason) for f in caught.value.faults]
    assert (4, 'key "trigger.expresion"', "is no key of an Azure ML v2 document") in told
    assert (2, "trigger.expression", "is required and not given") in told


BOMBS = {
    "aliases of aliases": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{n}: &{n} [{', '.join([f'*{p}'] * 10)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)),
        "unfolds to more than 200000 values",
    ),
    "an alias of itself": ("a: &a\n  b: *a\n", "an alias leads back to what holds it"),
    "lists without end": ("a: " + "[" * 1500 + "]" * 1500, "is nested more than 60 levels deep"),
    "mappings without end": ("".join(f"{' ' * n}a:\n" for n in range(100)), "is nested more than 60 levels deep"),
    "ten megabytes": ("a: " + "x" * 8_400_000, "is longer than 8388608 bytes"),
}


@pytest.mark.parametrize(("text", "reason"), BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_before_the_sdk_sees_them(folder: Path, text: str, reason: str) -> None:
    with pytest.raises(CloisterError) as caught:
        load_document("data", written(folder, text))
    assert [fault.reason for fault in caught.value.faults] == [reason]


def test_keys_and_merges_of_every_kind_become_plain_mappings(folder: Path) -> None:
    text = "1: a\non: b\nbase: &base {x: 1, y: 2}\nmade:\n  <<: *base\n  y: 3\nwhen: 2020-01-02\n"
    document = read_document(written(folder, text))
    assert {key: str(value) for key, value in document.root.items()} == {
        "1": "a",
        "on": "b",
        "base": "{'x': 1, 'y': 2}",
        "made": "{'x': 1, 'y': 3}",
        "when": "2020-01-02",
    }
    assert document.origin("made", "y").line == 6
    # What is merged stands where the mapping stands.
    assert document.origin("made", "x").line == 4


@pytest.mark.filterwarnings("ignore")
def test_the_tables_of_keys_are_the_fields_of_the_sdks_schemas() -> None:
    """Every row says which schema it was read from; a field that the SDK adds or drops shows here."""
    importlib.import_module("azure.ai.ml")
    from azure.ai.ml._schema.core.schema_meta import PatchedBaseSchema  # noqa: PLC0415 - the SDK, lazily

    def below(of: Any) -> dict[str, Any]:  # noqa: ANN401 - the SDK's classes
        return {s.__name__: s for made in of.__subclasses__() for s in (made, *below(made).values())}

    schemas = below(PatchedBaseSchema)
    wrong: dict[str, set[str]] = {}
    for place, name in {(row.place, row.source.partition(", ")[2]) for row in azureml_keys()}:
        if not name:
            continue
        fields = schemas[name](context={"base_path": Path.cwd()}).fields
        real = {field.data_key or key for key, field in fields.items() if not field.dump_only}
        known = {row.key for row in azureml_keys() if row.place == place}
        # A description is taken beside what a schema names; $schema is dropped before the schema is asked.
        if difference := (real ^ known) - {"$schema", "description"}:
            wrong[place] = difference
    assert wrong == {}
