"""Who may do what with assets: the roles that come with Cloister, a real guard, its record."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from cloister.access.principals import Principal, job_step
from cloister.gateway.policies.kept import Putting, Target, attach, put
from cloister.jobs.assets.cache import Cache
from cloister.jobs.assets.library import library
from cloister.jobs.assets.lineage import Edge, Thing
from cloister.jobs.assets.names import WORKSPACE, AssetId, Kind
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.desk.asset_files import AssetFileControl
from cloister.jobs.desk.assets import AssetControl
from cloister.jobs.desk.control import Control
from cloister.jobs.desk.datastores import DatastoreControl
from cloister.jobs.desk.lineage import LineageControl
from cloister.jobs.desk.references import needed, pinned
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.uploads import UploadControl
from cloister.jobs.planning.plan import (
    FromReference,
    Plan,
    PlannedEnvironment,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
)
from cloister.jobs.planning.plan_json import to_json
from cloister.jobs.records.tables import STEP as STEP_ROWS
from cloister.jobs.running.registering import ThroughGateway
from cloister.jobs.running.step_data import DataError, Maker, StepData
from cloister.jobs.running.tracking import Tracking
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve

STORE = "azureml://datastores/workspaceblobstore/paths"
IRIS = {"properties": {"dataUri": f"{STORE}/iris", "dataType": "uri_folder"}}
MODEL = {"properties": {"modelUri": f"{STORE}/net", "modelType": "custom_model"}}
# Places at which everybody's data lies.
EVERYBODYS = ("", "LocalUpload", f"LocalUpload/{'0' * 32}", "azureml")


def named_data(path: str) -> dict[str, object]:
    return {"properties": {"dataUri": f"{STORE}/{path}", "dataType": "uri_folder"}}


# What rita may not know of, who may read all else.
HIDDEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": "cloister:ReadAsset",
            "Resource": ["data/merger*", "datastore/workspaceartifactstore"],
        }
    ],
}
NOW = datetime(2026, 11, 26, tzinfo=UTC)
FOLDER = {"properties": {"datastoreType": "Folder", "path": "/"}}
STEP = job_step("maxs", "make", "max")


@pytest.fixture(scope="module")
def api(serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> Iterator["Guarded"]:
    folder = tmp_path_factory.mktemp("rights")
    engine: sa.Engine = open_store(f"sqlite:///{folder}/cloister.db")
    service = JobService(engine, folder / "home" / "jobs", datastore_keys=folder / "keys.txt")
    service.migrate()
    plan = Plan("command", "e", (PlannedStep("make", "true", outputs=(PlannedOutput("o", "uri_folder"),)),), "maxs")
    with engine.begin() as connection:
        service.tracing.jobs.add_within(connection, "maxs", plan, "0" * 64, "max")
    with serve(
        engine,
        folder,
        lambda guard: (
            *Control(service, guard).routes(),
            *AssetControl(service, guard).routes(),
            *AssetFileControl(service, guard).routes(),
            *LineageControl(service, guard).routes(),
            *UploadControl(service.library.contents, guard).routes(),
            *DatastoreControl(service.library.datastores.records, guard).routes(),
        ),
    ) as guarded:
        put(guarded.guard.engine, Putting("hidden", json.dumps(HIDDEN), "a test"), now=NOW, by="ada")
        attach(guarded.guard.engine, "hidden", Target("user", "rita"), now=NOW, by="ada")
        guarded.ask("mia", "PUT", "assets/data/iris/versions/1", IRIS)
        yield guarded
    engine.dispose()


ALLOWED: list[tuple[str | Principal, str, str, object, int]] = [
    ("mia", "PUT", "assets/data/iris/versions/1", IRIS, 201),
    ("mia", "POST", "assets/models/net/versions", MODEL, 201),
    ("mia", "GET", "assets/data", None, 200),
    ("mia", "POST", "uploads/wanted", {"files": []}, 200),
    ("rita", "GET", "assets/data/iris/versions/1", None, 200),
    ("rita", "GET", "datastores", None, 200),
    ("rita", "PUT", "assets/data/iris/versions/1", IRIS, 403),
    ("rita", "POST", "uploads/wanted", {"files": []}, 403),
    ("abe", "GET", "assets/data/iris/labels/latest", None, 200),
    ("abe", "POST", "assets/data/iris/archive", {}, 403),
    ("nora", "GET", "assets/data", None, 403),
    ("", "GET", "assets/data", None, 401),
    ("mia", "PUT", "datastores/mine", FOLDER, 403),
    ("mia", "DELETE", "datastores/mine", None, 403),
    (STEP, "POST", "assets/models/net/versions?unless=same", MODEL, 200),
    (STEP, "PUT", "assets/components/c/versions/1", {"properties": {}}, 403),
    (STEP, "PUT", "datastores/mine", FOLDER, 403),
    # An asset opens what lies behind it: of all uploads, and of max's output, mia can make none.
    *(("mia", "PUT", "assets/data/all/versions/1", named_data(path), 400) for path in EVERYBODYS),
    ("mia", "PUT", "assets/data/one/versions/1", named_data(f"LocalUpload/{'0' * 32}/iris"), 404),
    ("mia", "PUT", "assets/data/taken/versions/1", named_data("azureml/maxs/make/o"), 403),
    ("max", "PUT", "assets/data/kept/versions/1", named_data("azureml/maxs/make/o"), 201),
    (STEP, "PUT", "assets/data/kept/versions/2", named_data("azureml/maxs/make/o"), 201),
    (STEP, "PUT", "assets/data/kept/versions/3", named_data("azureml/others/make/o"), 403),
    (
        "mia",
        "PUT",
        "assets/data/maxs/versions/1",
        {"properties": {"dataUri": "azureml://jobs/maxs/outputs/o", "dataType": "uri_folder"}},
        403,
    ),
    (
        "max",
        "PUT",
        "assets/data/maxs/versions/1",
        {"properties": {"dataUri": "azureml://jobs/maxs/outputs/o", "dataType": "uri_folder"}},
        201,
    ),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "status"), ALLOWED)
def test_roles_may_what_they_are_for(
    api: "Guarded", who: str | Principal, method: str, path: str, body: object, status: int
) -> None:
    answer = api.ask(who, method, path, body)
    assert answer.status_code == status, answer.text


READS: list[tuple[str, PlannedInput | PlannedOutput, tuple[int, str]]] = [
    (
        "nora",
        PlannedInput("d", "uri_folder", FromReference("azureml:iris:1")),
        (403, "job/*"),
    ),
    (
        "mia",
        PlannedInput("d", "uri_folder", FromReference("azureml://jobs/maxs/outputs/o")),
        (403, "job/maxs"),
    ),
    *(
        ("mia", PlannedInput("d", "uri_folder", FromReference(f"{STORE}/{path}")), (400, 'step "a", input "d"'))
        for path in (*EVERYBODYS, f"LocalUpload/{'0' * 32}/iris")
    ),
    ("mia", PlannedInput("d", "uri_folder", FromReference(f"{STORE}/azureml/maxs/make/o")), (403, "job/maxs")),
    ("mia", PlannedInput("d", "uri_folder", FromReference("https://example.org/x")), (400, 'step "a", input "d"')),
    (
        "mia",
        PlannedOutput("o", "uri_folder", destination="azureml://datastores/workspaceartifactstore/paths/x"),
        (403, "datastore/workspaceartifactstore"),
    ),
    ("mia", PlannedOutput("o", "uri_folder", destination="https://h/x"), (400, 'step "a", output "o"')),
    ("mia", PlannedOutput("o", "uri_folder", asset_name="../x"), (400, 'step "a", output "o"')),
    # What others have made and registered never changes; nor does a job's name say which datastore is written.
    *(
        ("mia", PlannedOutput("o", "uri_folder", destination=where), (400, 'step "a", output "o"'))
        for where in (f"{STORE}/azureml/maxs/make/o", f"{STORE}/azureml", "azureml://datastores/${{name}}/paths/x")
    ),
    ("mia", PlannedOutput("o", "uri_folder", destination=f"{STORE}/azureml/${{{{name}}}}/o"), (404, "snapshot")),
    # All may be: what is missing then is the snapshot.
    ("mia", PlannedInput("d", "uri_folder", FromReference("azureml:iris:1")), (404, "snapshot")),
    ("mia", PlannedOutput("o", "uri_folder", asset_name="made"), (404, "snapshot")),
]


@pytest.mark.parametrize(("who", "port", "told"), READS)
def test_what_a_job_reads_and_makes_is_decided_when_it_is_submitted(
    api: "Guarded", who: str, port: PlannedInput | PlannedOutput, told: tuple[int, str]
) -> None:
    given = (port,) if isinstance(port, PlannedInput) else ()
    makes = (port,) if isinstance(port, PlannedOutput) else ()
    plan = Plan("command", "e", (PlannedStep("a", "true", given, makes),))
    answer = api.ask(who, "POST", "jobs", {"plan": json.loads(to_json(plan)), "snapshot": "0" * 64})
    assert (answer.status_code, answer.json()["faults"][0]["thing"]) == told, answer.text


def test_a_path_of_an_upload_opens_it_to_nobody_who_did_not_send_it(api: "Guarded") -> None:
    """Whoever knows the hashes of files (a pointer of git-lfs has them) can say where they lie; steps print it, too."""
    content = b"salaries"
    sha256 = hashlib.sha256(content).hexdigest()
    files = [["a/pay.csv", sha256, len(content)]]
    api.ask("mia", "PUT", f"uploads/{sha256}?offset=0&size={len(content)}", raw=content)
    uri = api.ask("mia", "POST", "uploads", {"name": "pay", "files": files, "is_file": False}).json()["uri"]
    whole, part = ({"properties": {"dataUri": one, "dataType": "uri_folder"}} for one in (uri, f"{uri}/a"))
    asked: list[tuple[str | Principal, str, object, int]] = [
        ("max", "taken", whole, 404),
        ("max", "taken", part, 404),
        (STEP, "taken", whole, 404),
        ("mia", "merger-pay", whole, 201),
        ("mia", "merger-part", part, 201),
        # Whoever may read an asset that holds it may read it.
        ("max", "again", part, 201),
    ]
    for who, name, body, status in asked:
        answer = api.ask(who, "PUT", f"assets/data/{name}/versions/1", body)
        assert (who, name, answer.status_code) == (who, name, status), answer.text


KINDS: list[tuple[Kind, str, str, str]] = [
    ("data", "merged", "uri_folder", "azureml:merged:1"),
    ("models", "merged", "custom_model", "azureml:merged:1"),
    ("models", "merged", "uri_folder", f"azureml:{WORKSPACE}/models/merged/versions/1"),
    ("data", "merged", "custom_model", f"azureml:{WORKSPACE}/data/merged/versions/1"),
]


@pytest.mark.parametrize(("kind", "name", "of_type", "pinned_as"), KINDS)
def test_what_was_decided_on_is_what_is_read(
    api: "Guarded", tmp_path: Path, kind: Kind, name: str, of_type: str, pinned_as: str
) -> None:
    """Data and a model may have one name, of which the asker may read one."""
    shared = library(api.guard.engine, tmp_path / "jobs", None)
    shared.assets.put("data", name, "1", named_data("secret")["properties"], "max")
    shared.assets.put("models", name, "1", MODEL["properties"], "mia")
    reads = PlannedInput("d", of_type, FromReference(f"azureml:{WORKSPACE}/{kind}/{name}/labels/latest"))
    plan = Plan("command", "e", (PlannedStep("a", "true", (reads,)),))
    assert [one.resource for one in needed(plan, shared.following)] == [AssetId(kind, name, "1").resource]
    binding = pinned(plan, shared.following).steps[0].inputs[0].binding
    assert binding == FromReference(pinned_as)
    found = shared.following.follow(pinned_as, of_type).asset
    assert found is not None
    assert found.id == AssetId(kind, name, "1")


def test_lists_leave_out_what_the_asker_may_not_read(api: "Guarded") -> None:
    api.ask("mia", "PUT", "assets/data/merger/versions/1", IRIS)
    for who, sees in (("mia", True), ("rita", False)):
        assert ("merger" in [one["name"] for one in api.ask(who, "GET", "assets/data").json()["value"]]) is sees
        stores = [one["name"] for one in api.ask(who, "GET", "datastores").json()["value"]]
        assert stores == ["workspaceartifactstore", "workspaceblobstore"][0 if sees else 1 :]
    assert "iris" in [one["name"] for one in api.ask("rita", "GET", "assets/data").json()["value"]]


def test_an_environment_takes_the_right_to_read_it(api: "Guarded") -> None:
    step = PlannedStep("a", "true", environment=PlannedEnvironment(reference="azureml:churn@latest"))
    document = {"plan": json.loads(to_json(Plan("command", "e", (step,)))), "snapshot": "0" * 64}
    before = len(api.recorded())
    api.ask("mia", "POST", "jobs", document)
    assert api.recorded(before)[-1] == ("mia", "cloister:ReadAsset", "environment/churn", "ALLOW")


def test_lineage_hides_what_the_asker_may_not_read(api: "Guarded") -> None:
    made = {"properties": {"dataUri": "azureml://jobs/maxs/outputs/o", "dataType": "uri_folder"}}
    api.ask("max", "PUT", "assets/data/maxs/versions/1", made)
    library(api.guard.engine, Path("jobs"), None).lineage.note(
        [Edge("maxs", "other", "reads", "merger", Thing("data", "maxs", "1"))]
    )
    seen = api.ask("mia", "GET", "assets/data/maxs/versions/1/lineage").json()
    assert [link["from"] for link in seen["upstream"]] == [{"kind": "hidden"}]
    assert [(link["to"], link["port"]) for link in seen["downstream"]] == [({"kind": "hidden"}, "")]
    own = api.ask("max", "GET", "assets/data/maxs/versions/1/lineage").json()
    assert [link["from"]["kind"] for link in own["upstream"]] == ["outputs", "step"]


# What somebody who may nothing, and somebody unknown, hear of a thing; the very same of one that is not there.
UNTOLD = [
    ("nora", "assets/data/outer/versions/1/files", (403, "data/outer")),
    ("nora", "assets/data/absent/versions/1/files", (403, "data/absent")),
    ("", "assets/data/outer/versions/1/files", (401, "request")),
    ("mia", "assets/data/outer/versions/1/files", (400, '"https://inner.example/plans"')),
    ("", "lineage/runs/maxs-run", (401, "request")),
    ("mia", "lineage/runs/maxs-run", (404, 'run "maxs-run"')),
    ("mia", "lineage/runs/nobodys", (404, 'run "nobodys"')),
]


@pytest.mark.parametrize(("who", "path", "told"), UNTOLD)
def test_nothing_is_told_of_a_thing_before_the_right_to_it(
    api: "Guarded", who: str, path: str, told: tuple[int, str]
) -> None:
    outer = {"properties": {"dataUri": "https://inner.example/plans", "dataType": "uri_folder"}}
    api.ask("ada", "PUT", "assets/data/outer/versions/1", outer)
    with api.guard.engine.begin() as connection:
        connection.execute(sa.update(STEP_ROWS).where(STEP_ROWS.c.job == "maxs").values(run_id="maxs-run"))
    before = len(api.recorded())
    answer = api.ask(who, "GET", path)
    assert (answer.status_code, answer.json()["faults"][0]["thing"]) == told, answer.text
    assert [record[0] for record in api.recorded(before)][:1] == [who or "-"]
    assert api.ask("max", "GET", "lineage/runs/maxs-run").status_code == 200


def test_what_was_decided_is_on_record(api: "Guarded") -> None:
    before = len(api.recorded())
    api.ask("rita", "POST", "assets/data/iris/archive", {})
    assert api.recorded(before) == [("rita", "cloister:ManageAsset", "data/iris", "DENY")]


def test_a_file_of_an_asset_is_sent_as_a_file(api: "Guarded", tmp_path: Path) -> None:
    assert api.ask("mia", "GET", "assets/data/iris/versions/1/files").status_code == 502
    assert api.ask("mia", "GET", "assets/data/iris/versions/1/files/..%2f..%2fkeys.txt").status_code == 404
    assert not list(tmp_path.iterdir())


def test_a_step_registers_through_the_gateway_as_itself(api: "Guarded", tmp_path: Path) -> None:
    """And a second time, after a crash perhaps, changes nothing."""
    shared = library(api.guard.engine, tmp_path / "jobs", None)
    shelf = Shelf(shared.datastores, Cache(tmp_path / "cache", 0), lambda _job, _output: tmp_path, others=False)
    data = StepData(shared, shelf, ThroughGateway(Tracking(api.url, api.guard.key)))
    (tmp_path / "outputs" / "o").mkdir(parents=True)
    (tmp_path / "outputs" / "o" / "x").write_text("made")
    step = PlannedStep("make", "true", outputs=(PlannedOutput("o", "uri_folder", asset_name="through"),))
    before = len(api.recorded())
    for _ in range(2):
        data.keep("maxs", step, tmp_path / "outputs", Maker(STEP))
    made = shared.assets.versions("data", "through")
    assert [(one.id.version, one.created_by) for one in made] == [("1", "job/maxs/make")]
    assert api.recorded(before)[0] == ("job/maxs/make", "cloister:ManageAsset", "data/through", "ALLOW")
    assert shared.lineage.of_thing(Thing("data", "through", "1")) == (
        Edge("maxs", "make", "makes", "o", Thing("data", "through", "1")),
    )
    taken = replace(step, outputs=(PlannedOutput("o", "uri_file", asset_name="through", asset_version="1"),))
    with pytest.raises(DataError, match=r'output "o" was made, but could not be kept: .* another content'):
        data.keep("maxs", taken, tmp_path / "outputs", Maker(STEP))
