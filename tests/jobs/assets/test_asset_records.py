"""Assets in the database: versions, labels, archives, and the SDK reading its own objects back."""

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import CloisterError, SpecError
from cloister.jobs.assets.addresses import Labelled
from cloister.jobs.assets.names import AssetId, Kind
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.errors import ConflictError, MissingError

STORE = "azureml://datastores/workspaceblobstore/paths"


def data(path: str = "a.csv", **more: object) -> dict[str, object]:
    return {"dataUri": f"{STORE}/{path}", "dataType": "uri_file", **more}


def test_a_version_is_kept_as_arm_would_answer_with_it(records: AssetRecords) -> None:
    made = records.put("data", "iris", "1", data(description="flowers", tags={"a": "b"}), "ada")
    workspace = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/cloister"
    workspace += "/providers/Microsoft.MachineLearningServices/workspaces/cloister"
    who = {"createdAt": "2025-10-09T08:53:20Z", "createdBy": "ada", "createdByType": "User"}
    changed = {"lastModifiedAt": "2025-10-09T08:53:20Z", "lastModifiedBy": "ada", "lastModifiedByType": "User"}
    assert records.version(AssetId("data", "iris", "1")) == made
    assert made.document() == {
        "id": f"{workspace}/data/iris/versions/1",
        "name": "1",
        "type": "Microsoft.MachineLearningServices/workspaces/data/versions",
        "properties": {
            "dataUri": f"{STORE}/a.csv",
            "dataType": "uri_file",
            "description": "flowers",
            "tags": {"a": "b"},
            "isArchived": False,
        },
        "systemData": who | changed,
    }
    assert records.container("data", "iris").document() == {
        "id": f"{workspace}/data/iris",
        "name": "iris",
        "type": "Microsoft.MachineLearningServices/workspaces/data",
        "properties": {
            "description": "flowers",
            "tags": {"a": "b"},
            "dataType": "uri_file",
            "isArchived": False,
            "latestVersion": "1",
            "nextVersion": "2",
        },
        "systemData": who,
    }


def test_versions_count_up_and_latest_is_the_newest_that_is_not_archived(records: AssetRecords) -> None:
    for wanted in ("", "7", "nightly", ""):
        records.put("data", "iris", wanted, data(f"{wanted}x"), "ada")
    assert [v.id.version for v in records.versions("data", "iris")] == ["8", "nightly", "7", "1"]
    records.archive("data", "iris", "8", archived=True, by="ada")
    assert records.labelled(Labelled("data", "iris")).id.version == "nightly"
    assert records.container("data", "iris").next == "9"
    assert [v.id.version for v in records.versions("data", "iris", archived=True)] == ["8"]
    records.archive("data", "iris", "8", archived=False, by="ada")
    assert records.labelled(Labelled("data", "iris")).id.version == "8"


def test_an_archived_name_is_not_listed_and_still_there(records: AssetRecords) -> None:
    records.put("data", "iris", "1", data(), "ada")
    records.archive("data", "iris", "", archived=True, by="ada")
    assert records.containers("data") == ()
    assert [c.name for c in records.containers("data", archived=True)] == ["iris"]
    assert records.version(AssetId("data", "iris", "1")).archived is False


def test_the_same_content_again_is_the_same_version(records: AssetRecords) -> None:
    first = records.put("data", "iris", "1", data(tags={"a": "b"}), "ada")
    again = records.put("data", "iris", "1", data(description="new words"), "bob")
    assert again.properties == first.properties | {"description": "new words"}
    assert (again.created_by, again.modified_by) == ("ada", "bob")
    with pytest.raises(ConflictError, match="data/iris:1: is there already with another content, and never changes"):
        records.put("data", "iris", "1", data("other.csv"), "ada")
    assert records.same("data", "iris", data()) == again
    assert records.same("data", "iris", data("other.csv")) is None


def test_how_a_client_came_by_a_component_is_not_what_it_is(records: AssetRecords) -> None:
    spec = {"type": "command", "command": "echo", "version": "1"}
    records.put("components", "c", "1", {"componentSpec": {**spec, "_source": "YAML.COMPONENT"}}, "ada")
    records.put("components", "c", "1", {"componentSpec": {**spec, "_source": "REMOTE"}}, "ada")
    with pytest.raises(ConflictError):
        records.put("components", "c", "1", {"componentSpec": {**spec, "command": "rm"}}, "ada")
    # Which file of its folder it is, is what it is.
    other = {"componentSpec": spec, "properties": {"cloister.file": "other.yml"}}
    with pytest.raises(ConflictError):
        records.put("components", "c", "1", other, "eve")


def test_what_a_tag_says_of_a_place_does_not_lie_there(records: AssetRecords) -> None:
    records.put("data", "forged", "1", data("b.csv", tags={"dataUri": f"{STORE}/a.csv"}), "eve")
    records.put("data", "iris", "1", data("a.csv"), "ada")
    assert [one.id.name for one in records.lying_at(f"{STORE}/a.csv")] == ["iris"]


def test_two_who_make_versions_at_once_both_get_one(records: AssetRecords) -> None:
    failed: list[CloisterError] = []

    def make(number: int) -> None:
        try:
            records.put("data", "iris", "", data(f"{number}.csv"), "ada")
        except CloisterError as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(v.id.version for v in records.versions("data", "iris")) == ["1", "2", "3", "4"]


MISSING = [
    ("a version", AssetId("data", "iris", "9"), 'data "iris": there is no version "9"'),
    ("a name", Labelled("data", "rose"), 'data "rose": there is none of that name that is not archived'),
    ("a label", Labelled("data", "iris", "best"), 'data "iris": has no label "best"'),
]


@pytest.mark.parametrize(("wanted", "reason"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_what_is_not_there_is_told(records: AssetRecords, wanted: AssetId | Labelled, reason: str) -> None:
    records.put("data", "iris", "1", data(), "ada")
    with pytest.raises(MissingError) as missing:
        records.find(wanted)
    assert reason in str(missing.value)


BAD: list[tuple[Kind, str, object, str]] = [
    ("data", "../x", data(), "is no name for an asset"),
    ("data", "x", None, "has no properties"),
    ("data", "x", {"dataType": "uri_file"}, "has no dataUri"),
    ("data", "x", data(dataType="table"), 'dataType is "table"'),
    ("data", "x", data(color="red"), '"color" is no property of data'),
    ("data", "x", data(tags={"a": 1}), "tags holds what is no text"),
    ("data", "x", data("../../etc"), "leads out of it"),
    ("data", "x", {"dataUri": "/etc/passwd", "dataType": "uri_file"}, "is no place where data can lie"),
    ("data", "x", {"dataUri": "azureml:y:1", "dataType": "uri_file"}, "is an asset, and no place of data"),
    ("data", "x", data(description="x" * 2_000_000), "is larger than"),
    ("components", "x", {"componentSpec": {"command": "echo"}}, "its componentSpec has no type"),
    ("models", "x", {"modelUri": f"{STORE}/m", "modelType": "pickle"}, 'modelType is "pickle"'),
]


@pytest.mark.parametrize(("kind", "name", "properties", "reason"), BAD, ids=[row[3] for row in BAD])
def test_what_is_no_asset_is_refused(
    records: AssetRecords, kind: Kind, name: str, properties: object, reason: str
) -> None:
    with pytest.raises(SpecError) as refused:
        records.put(kind, name, "1", properties, "ada")
    assert reason in str(refused.value)
    assert records.containers(kind, archived=None) == ()


def test_nesting_without_end_is_refused(records: AssetRecords) -> None:
    spec: dict[str, Any] = {"type": "command"}
    for _ in range(100):
        spec = {"type": "pipeline", "jobs": spec}
    with pytest.raises(SpecError, match="nested deeper than 40"):
        records.put("components", "x", "1", {"componentSpec": spec}, "ada")


COMPONENT = """\
name: say
version: "2"
type: command
description: says a word
command: echo ${{inputs.word}} ${{inputs.times}} > ${{outputs.said}}
inputs: {word: {type: string}, times: {type: integer, default: 3}}
outputs: {said: {type: uri_folder}}
environment: azureml:cloister-sklearn@latest
"""
DATA = f"name: iris\nversion: '2'\ntype: uri_file\npath: {STORE}/iris.csv\ntags: {{a: b}}\n"
MODEL = f"name: net\nversion: '2'\ntype: custom_model\npath: {STORE}/net\ndescription: a net\n"
ENVIRONMENT = "name: env\nversion: '2'\nimage: ubuntu\nconda_file: {dependencies: [python=3.11, {pip: [numpy]}]}\n"
SDK: list[tuple[Kind, str, str, str, tuple[str, ...]]] = [
    ("data", DATA, "Data", "DataVersionBase", ("name", "version", "type", "path", "tags")),
    ("models", MODEL, "Model", "ModelVersion", ("name", "version", "type", "path", "description")),
    ("environments", ENVIRONMENT, "Environment", "EnvironmentVersion", ("name", "version", "image", "conda_file")),
    ("components", COMPONENT, "Component", "ComponentVersion", ("name", "version", "type", "command", "description")),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "text", "entity", "rest", "fields"), SDK, ids=[row[0] for row in SDK])
def test_the_sdk_reads_back_what_it_made(
    records: AssetRecords, tmp_path: Path, kind: Kind, text: str, entity: str, rest: str, fields: tuple[str, ...]
) -> None:
    # Here: the SDK warns when it is loaded.
    sdk = import_module("azure.ai.ml")
    models = import_module("azure.ai.ml._restclient.arm_ml_service.models")
    (tmp_path / "asset.yml").write_text(text)
    written = getattr(sdk, f"load_{entity.lower()}")(tmp_path / "asset.yml")
    sent = written._to_rest_object().as_dict()["properties"]
    kept = records.put(kind, written.name, written.version, sent, "ada").document()
    read = getattr(sdk.entities, entity)._from_rest_object(getattr(models, rest)(kept))
    assert {name: getattr(read, name) for name in fields} == {name: getattr(written, name) for name in fields}
    assert read.id == AssetId(kind, written.name, written.version).arm
    if kind == "components":
        assert (dict(read.inputs), dict(read.outputs)) == (dict(written.inputs), dict(written.outputs))
