"""`cloister data`, `component`, `datastore` and `model create`: from YAML files to the platform and back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result

from cloister.cli.component import component
from cloister.cli.data import data
from cloister.cli.datastore import datastore
from cloister.cli.model import model
from cloister.errors import CloisterError
from cloister.jobs.reading.components import ComponentReference
from cloister.sdk.components import RegisteredComponents

if TYPE_CHECKING:
    from tests.jobs.assets.conftest import Desk

pytestmark = pytest.mark.filterwarnings("ignore")


def run(desk: "Desk", verb: click.Command, *arguments: str, who: str = "ada") -> Result:
    environment = {"CLOISTER_URL": desk.url, "CLOISTER_TOKEN": who}
    return CliRunner().invoke(verb, list(arguments), env=environment)


def told(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "author"
    (made / "iris" / "in").mkdir(parents=True)
    (made / "iris" / "in" / "a.csv").write_text("petals")
    (made / "iris" / "MLTable").write_text("paths: [{file: in/a.csv}]\n")
    (made / "data.yml").write_text("name: iris\ntype: uri_folder\npath: ./iris\ndescription: flowers\n")
    (made / "table.yml").write_text("name: table\ntype: mltable\npath: ./iris\n")
    (made / "file.yml").write_text("name: one\nversion: '5'\ntype: uri_file\npath: ./iris/in/a.csv\n")
    (made / "far.yml").write_text("name: far\ntype: uri_file\npath: https://example.org/x.csv\n")
    (made / "model.yml").write_text("name: net\ntype: custom_model\npath: ./iris\n")
    return made


def test_data_is_uploaded_once_listed_shown_and_fetched(desk: "Desk", folder: Path, tmp_path: Path) -> None:
    made = run(desk, data, "create", "-f", str(folder / "data.yml"))
    assert told(made).splitlines()[0] == "id: azureml:iris:1"
    assert "uploaded 32 bytes" in made.stderr
    again = json.loads(told(run(desk, data, "create", "-f", str(folder / "data.yml"), "--format", "json")))
    assert again["name"] == "2"
    uri = again["properties"]["dataUri"]
    assert uri.startswith("azureml://datastores/workspaceblobstore/paths/LocalUpload/")
    assert uri.endswith("/iris")
    assert told(run(desk, data, "list")) == "iris  latest 2  flowers\n"
    assert [line.split()[0] for line in told(run(desk, data, "list", "-n", "iris")).splitlines()] == [
        "iris:2",
        "iris:1",
    ]
    told(run(desk, data, "archive", "-n", "iris", "-v", "2"))
    assert told(run(desk, data, "list", "-n", "iris", "--archived-only")).startswith("iris:2")
    told(run(desk, data, "download", "-n", "iris", "-p", str(tmp_path / "got")))
    assert (tmp_path / "got" / "iris" / "in" / "a.csv").read_text() == "petals"


def test_one_file_a_table_and_an_address_are_data_too(desk: "Desk", folder: Path, tmp_path: Path) -> None:
    assert told(run(desk, data, "create", "-f", str(folder / "file.yml"))).startswith("id: azureml:one:5\n")
    told(run(desk, data, "download", "-n", "one", "-p", str(tmp_path / "got")))
    assert (tmp_path / "got" / "one" / "a.csv").read_text() == "petals"
    table = json.loads(told(run(desk, data, "create", "-f", str(folder / "table.yml"), "-o", "json")))
    assert (table["properties"]["dataType"], table["properties"]["referencedUris"]) == ("mltable", [])
    assert "dataUri: https://example.org/x.csv" in told(run(desk, data, "create", "-f", str(folder / "far.yml")))
    refused = run(desk, data, "download", "-n", "far", "-p", str(tmp_path))
    assert "lies outside of the closed network, in no datastore" in str(refused.exception)
    (folder / "iris" / "MLTable").write_text("paths: [{file: ../../x}]\n")
    refused = run(desk, data, "create", "-f", str(folder / "table.yml"))
    assert 'MLTable: file: "../../x" leads out of its folder' in str(refused.exception)


def test_who_may_not_make_data_is_refused(desk: "Desk", folder: Path) -> None:
    refused = run(desk, data, "create", "-f", str(folder / "data.yml"), who="reader")
    assert isinstance(refused.exception, CloisterError)
    assert "reader has no right to cloister:WriteDatastore" in str(refused.exception)


def test_a_model_is_an_asset(desk: "Desk", folder: Path) -> None:
    made = run(desk, model, "create", "-f", str(folder / "model.yml"), "--version", "4")
    assert told(made).splitlines()[:2] == ["id: azureml:net:4", "modelType: custom_model"]
    assert made.stderr.splitlines()[-1] == (
        "note: an asset alone, for inputs of jobs; in MLflow's registry is what jobs and MLflow's client register"
    )


def test_datastores_are_declared_shown_and_forgotten(desk: "Desk", tmp_path: Path) -> None:
    share = (tmp_path / "share").resolve()
    share.mkdir()
    (tmp_path / "f.yml").write_text(f"name: share\ntype: folder\npath: {share}\n")
    (tmp_path / "s.yml").write_text(
        "name: far\ntype: s3\nbucket: data\nendpoint: https://s3.example.org\n"
        "credentials: {access_key_id: id, secret_access_key: do-not-show}\n"
    )
    (tmp_path / "b.yml").write_text(
        "name: blob\ntype: azure_blob\naccount_name: acc\ncontainer_name: con\ncredentials: {account_key: ZG8tbm90}\n"
    )
    assert told(run(desk, datastore, "create", "-f", str(tmp_path / "f.yml"))) == f"share  Folder  {share}\n"
    assert told(run(desk, datastore, "create", "-f", str(tmp_path / "s.yml"))) == "far  S3  data\n"
    assert told(run(desk, datastore, "create", "-f", str(tmp_path / "b.yml"))) == "blob  AzureBlob  acc/con\n"
    shown = told(run(desk, datastore, "list", "-o", "json"))
    assert "do-not-show" not in shown
    assert "ZG8tbm90" not in shown
    assert [one["name"] for one in json.loads(shown)] == [
        "blob", "far", "share", "workspaceartifactstore", "workspaceblobstore"
    ]  # fmt: skip
    told(run(desk, datastore, "delete", "-n", "share", "-y"))
    assert "there is none of that name" in str(run(desk, datastore, "show", "-n", "share").exception)


BAD = [
    ("type: folder\npath: relative", "is no folder"),
    ("type: folder\npath: {home}", "holds the platform itself, or lies in it"),
    ("type: folder\npath: /", "holds the platform itself, or lies in it"),
    ("type: s3\nbucket: '../x'", '"../x" is no bucket'),
    ("type: s3\nbucket: data\ncolor: red", '"color" is no key of it'),
    ("type: s3\nbucket: data\nendpoint: https://u:p@host", "its endpoint is no address"),
    ("type: s3\nbucket: data\ncredentials: {access_key_id: x}", "has credentials that are no access key"),
    ("type: azure_data_lake_gen2\naccount_name: acc\nfilesystem: fs", "is not served here"),
]


@pytest.mark.parametrize(("text", "reason"), BAD, ids=[row[1] for row in BAD])
def test_what_is_no_datastore_is_refused(desk: "Desk", tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "d.yml").write_text("name: mine\n" + text.replace("{home}", str((tmp_path / "home").resolve())))
    refused = run(desk, datastore, "create", "-f", str(tmp_path / "d.yml"))
    assert isinstance(refused.exception, CloisterError)
    assert reason in str(refused.exception)


COMPONENT = """\
name: say
type: command
command: sh say.sh ${{inputs.word}} > ${{outputs.said}}/x
code: ../code
inputs: {word: {type: string}}
outputs: {said: {type: uri_folder}}
environment: azureml:cloister-sklearn@latest
"""


def test_a_component_comes_back_with_its_files(desk: "Desk", tmp_path: Path) -> None:
    (tmp_path / "a" / "code").mkdir(parents=True)
    (tmp_path / "a" / "say").mkdir()
    (tmp_path / "a" / "code" / "say.sh").write_text('echo "$1"')
    (tmp_path / "a" / "say" / "say.yml").write_text(COMPONENT)
    made = json.loads(told(run(desk, component, "create", "-f", str(tmp_path / "a" / "say" / "say.yml"), "-o", "json")))
    spec = made["properties"]["componentSpec"]
    assert str(tmp_path) not in json.dumps(made)
    assert spec["code"].startswith("azureml:/subscriptions/")
    with RegisteredComponents(desk.client) as known:
        assert known.file_of(ComponentReference("none")) is None
        found = known.file_of(ComponentReference("say", label="latest"))
        assert found is not None
        assert (found.path.parent / ".." / "code" / "say.sh").read_text() == 'echo "$1"'
        assert "version: '1'" in found.path.read_text()
    (tmp_path / "a" / "code" / "say.sh").write_text("echo other")
    again = run(desk, component, "create", "-f", str(tmp_path / "a" / "say" / "say.yml"), "--version", "1")
    assert "is there already with another content" in str(again.exception)
    assert told(run(desk, component, "list")) == "say  latest 1\n"
