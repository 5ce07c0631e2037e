"""Steps that read assets and make them: a real agent, real files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.errors import CloisterError
from cloister.jobs.assets.lineage import Edge, Thing
from cloister.jobs.assets.names import AssetId
from cloister.jobs.planning.plan import FromReference, PlannedInput, PlannedOutput
from cloister.jobs.records.status import JobStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform

STORE = "azureml://datastores/workspaceblobstore/paths"


def reads(name: str, uri: str, of_type: str = "uri_folder", mode: str = "") -> PlannedInput:
    return PlannedInput(name, of_type, FromReference(uri), mode)


def put(agent: "AgentProcess", path: str, text: str) -> None:
    source = agent.home / "source.txt"
    source.write_text(text)
    agent.service.library.datastores.open("workspaceblobstore").write(source, path)
    source.unlink()


def test_a_step_reads_assets_paths_and_outputs_of_other_jobs(agent: "AgentProcess") -> None:
    put(agent, "iris/a.csv", "petals")
    assets = agent.service.library.assets
    assets.put("data", "iris", "1", {"dataUri": f"{STORE}/iris", "dataType": "uri_folder"}, "ada")
    assets.put("data", "one", "", {"dataUri": f"{STORE}/iris/a.csv", "dataType": "uri_file"}, "ada")
    assets.put("models", "net", "7", {"modelUri": f"{STORE}/iris", "modelType": "custom_model"}, "ada")
    earlier = agent.submit(agent.step("make", "echo made > ${{outputs.o}}", makes=(PlannedOutput("o", "uri_file"),)))
    assert agent.ended(earlier).status is JobStatus.COMPLETED
    name = agent.submit(
        agent.step(
            "use",
            "cat ${{inputs.folder}}/a.csv ${{inputs.file}} ${{inputs.path}} ${{inputs.model}}/a.csv ${{inputs.other}};"
            " echo ${{inputs.direct}}; ! touch ${{inputs.folder}}/new ${{inputs.file}} 2>&1",
            reads("folder", "azureml:iris@latest"),
            reads("file", "azureml:one:1", "uri_file", "download"),
            reads("path", f"{STORE}/iris/a.csv", "uri_file", "ro_mount"),
            reads("model", "azureml:net@latest", "custom_model"),
            reads("other", f"azureml://jobs/{earlier}/outputs/o", "uri_file"),
            reads("direct", "azureml:one:1", "uri_file", "direct"),
        )
    )
    record = agent.ended(name)
    assert (record.status, record.steps[0].reason) == (JobStatus.COMPLETED, ""), agent.printed(name, "use")
    printed = agent.printed(name, "use").splitlines()
    assert printed[:2] == ["petals" * 4 + "made", f"{STORE}/iris/a.csv"]
    assert record.plan.notes == (
        'step "use", input "folder": azureml:iris@latest -> azureml:iris:1',
        'step "use", input "model": azureml:net@latest -> azureml:net:7',
    )
    assert agent.service.library.lineage.of_job(name) == tuple(
        Edge(name, "use", "reads", port, thing)
        for port, thing in (
            ("direct", Thing("data", "one", "1")),
            ("file", Thing("data", "one", "1")),
            ("folder", Thing("data", "iris", "1")),
            ("model", Thing("models", "net", "7")),
            ("other", Thing("outputs", earlier, "o")),
            ("path", Thing("paths", f"{STORE}/iris/a.csv", "")),
        )
    )


def test_what_a_step_makes_goes_to_its_place_and_is_registered(agent: "AgentProcess") -> None:
    name = agent.submit(
        agent.step(
            "make",
            "mkdir ${{outputs.data}}/in; echo 1 > ${{outputs.data}}/in/x; echo 2 > ${{outputs.model}}/m;"
            " echo 3 > ${{outputs.file}}",
            makes=(
                PlannedOutput("data", "uri_folder", asset_name="made"),
                PlannedOutput("model", "custom_model", asset_name="net2", asset_version="3"),
                PlannedOutput("file", "uri_file", destination=f"{STORE}/out/${{{{name}}}}/f.txt"),
            ),
        ),
        name="maker",
    )
    record = agent.ended(name)
    assert (record.status, record.steps[0].reason) == (JobStatus.COMPLETED, "")
    library = agent.service.library
    made = library.assets.version(AssetId("data", "made", "1"))
    assert made.properties == {
        "dataUri": f"{STORE}/azureml/maker/make/data",
        "dataType": "uri_folder",
        "properties": {"cloister.job": "maker", "cloister.step": "make"},
    }
    assert made.created_by == "job/maker/make"
    model = library.assets.version(AssetId("models", "net2", "3")).properties
    assert (model["modelUri"], model["modelType"]) == (f"{STORE}/azureml/maker/make/model", "custom_model")
    store = library.datastores.open("workspaceblobstore")
    assert [e.path for e in store.find("azureml/maker/make/data").entries] == ["in/x"]
    assert b"".join(store.pieces("out/maker/f.txt")) == b"3\n"
    assert [edge.document() for edge in library.lineage.of_thing(Thing("data", "made", "1"))] == [
        {"job": "maker", "step": "make", "direction": "makes", "port": "data"}
        | {"kind": "data", "name": "made", "version": "1"}
    ]


def test_a_folder_that_other_users_may_not_read_is_copied_once(agent: "AgentProcess", tmp_path: Path) -> None:
    share = tmp_path.resolve() / "share"
    (share / "deep").mkdir(parents=True)
    (share / "deep" / "x").write_text("private")
    (share / "deep" / "x").chmod(0o600)
    agent.service.library.datastores.records.put("share", {"datastoreType": "Folder", "path": str(share)}, "root")
    step = agent.step("use", "cat ${{inputs.d}}/x", reads("d", "azureml://datastores/share/paths/deep"))
    for _ in range(2):
        name = agent.submit(step)
        record = agent.ended(name)
        assert (record.status, record.steps[0].reason) == (JobStatus.COMPLETED, ""), agent.printed(name, "use")
        assert agent.printed(name, "use") == "private"
    cache = agent.home / "jobs" / ".assets" / "cache"
    assert len([*cache.glob("[!.]*")]) == (1 if os.geteuid() == 0 else 0)


REFUSED = [
    ("an asset that is not there", "azureml:none:1", 'data "none": there is no version "1"'),
    ("a name that is not there", "azureml:none@latest", 'data "none": there is none of that name that is not archived'),
    ("a datastore that is not there", "azureml://datastores/none/paths/x", 'datastore "none": there is none of that'),
    ("an address outside", "https://example.org/x.csv", "lies outside of the closed network, in no datastore"),
    ("a path upwards", f"{STORE}/../../secrets", "leads out of it"),
    ("the disk of the platform", "file:///etc/passwd", "is no place where data can lie"),
    ("one file for a folder", "azureml:lone:1", "is uri_file, but the input takes uri_folder"),
]


@pytest.mark.parametrize(("uri", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_data_that_cannot_be_is_refused_when_the_job_is_submitted(agent: "AgentProcess", uri: str, reason: str) -> None:
    lone = {"dataUri": f"{STORE}/lone", "dataType": "uri_file"}
    agent.service.library.assets.put("data", "lone", "1", lone, "ada")
    with pytest.raises(CloisterError) as refused:
        agent.submit(agent.step("use", "cat ${{inputs.d}}", reads("d", uri)))
    assert str(refused.value).startswith('step "use", input "d": ')
    assert reason in str(refused.value)


GONE = [
    ("nothing there", f"{STORE}/nothing", "uri_folder", f'input "d": {STORE}/nothing: there is nothing at that path'),
    ("a folder for a file", f"{STORE}/kept", "uri_file", f'input "d": {STORE}/kept: is a folder, but the input takes'),
    ("a link", f"{STORE}/linked", "uri_folder", f'input "d": {STORE}/linked: cannot be used'),
]


@pytest.mark.parametrize(("uri", "of_type", "reason"), [row[1:] for row in GONE], ids=[row[0] for row in GONE])
def test_data_that_is_gone_or_leads_elsewhere_fails_the_step(
    agent: "AgentProcess", uri: str, of_type: str, reason: str
) -> None:
    put(agent, "kept/x", "x")
    link = agent.home / "jobs" / ".assets" / "stores" / "workspaceblobstore" / "linked"
    if not link.is_symlink():
        link.symlink_to("/etc")
    record = agent.ended(agent.submit(agent.step("use", "ls ${{inputs.d}}", reads("d", uri, of_type))))
    assert (record.status, record.steps[0].reason[: len(reason)]) == (JobStatus.FAILED, reason)


def test_a_destination_that_is_none_is_refused_by_what_makes_it(agent: "AgentProcess") -> None:
    out = PlannedOutput("o", "uri_folder", destination=f"{STORE}/LocalUpload/x")
    record = agent.ended(agent.submit(agent.step("make", "true", makes=(out,))))
    assert record.steps[0].reason == (
        'output "o" was made, but could not be kept: step "make", output "o":'
        ' "LocalUpload/x" is where uploaded assets lie, which never change'
    )
