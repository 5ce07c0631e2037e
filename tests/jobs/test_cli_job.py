"""`cloister job` from the command line through the control API to a running agent, and the API by itself."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from cloister.access.principals import Principal
from cloister.cli.job import job
from cloister.errors import CloisterError, Fault, RefusedError
from cloister.gateway import faults
from cloister.jobs.desk.control import Control

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform

PIPELINE = """\
type: pipeline
display_name: words
inputs: {word: hello}
jobs:
  make:
    type: command
    code: ./src
    command: sh say.sh ${{inputs.word}} ${{outputs.data}}
    environment: azureml:cloister-sklearn@latest
    compute: azureml:far-away
    inputs: {word: "${{parent.inputs.word}}"}
    outputs: {data: {type: uri_folder}}
  use:
    type: command
    command: grep hello ${{inputs.data}}/word && echo found
    environment: azureml:cloister-sklearn@latest
    inputs: {data: "${{parent.jobs.make.outputs.data}}"}
"""


class Rights:
    """Whoever has the token "reader" may read; "ada" may all."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def require(self, scope: Scope, action: str, resource: str = "server") -> Principal:
        headers = dict(scope["headers"])
        name = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        self.asked.append((action, resource))
        if not name:
            raise faults.UnauthenticatedError(Fault("request", "nobody", "log in"))
        if name != "ada" and not action.startswith("cloister:Read"):
            raise RefusedError(Fault(resource, f"{name} has no right to {action}", "ask an administrator"))
        return Principal(name, "user")


async def tell(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CloisterError)
    return faults.answer(error)


@pytest.fixture(scope="module")
def rights() -> Rights:
    return Rights()


@pytest.fixture(scope="module")
def url(agent: "AgentProcess", rights: Rights) -> Iterator[str]:
    routes = [
        Route("/cloister/v1" + r.path, r.endpoint, methods=sorted(r.methods or ()))
        for r in Control(agent.service, rights).routes()
    ]
    app = Starlette(routes=routes, exception_handlers={CloisterError: tell})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        agent.until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "say.sh").write_text('echo "saying $1"; echo "$1" > "$2/word"\n')
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    return tmp_path


def cloister(url: str, *arguments: str) -> Result:
    environment = {"CLOISTER_URL": url, "CLOISTER_TOKEN": "ada"}
    return CliRunner().invoke(job, list(arguments), env=environment, catch_exceptions=True)


def test_a_job_is_created_followed_and_shown(url: str, folder: Path) -> None:
    told = cloister(
        url, "create", "-f", str(folder / "pipeline.yml"), "--name", "words1", "--stream", "--format", "json"
    )
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["name"], found["status"], found["submitter"]) == ("words1", "Completed", "ada")
    assert [(s["name"], s["status"], s["attempt"]) for s in found["steps"]] == [
        ("make", "Completed", 1),
        ("use", "Completed", 1),
    ]
    assert found["inputs"] == {"word": "hello"}
    assert found["notes"] == ['step "make": compute far-away -> local, this machine']
    assert 'note: step "make": compute far-away -> local, this machine' in told.stderr
    assert "make                 Completed (" in told.stderr
    assert cloister(url, "logs", "-n", "words1", "--step", "make").stdout == "saying hello\n"
    shown = cloister(url, "show", "-n", "words1").stdout.splitlines()
    assert shown[0].startswith("words1  Completed (")
    assert shown[0].endswith(" s)  words, submitted by ada")
    assert "words1  Completed" in cloister(url, "list").stdout
    assert "words1" in [j["name"] for j in json.loads(cloister(url, "list", "--format", "json").stdout)]


def test_a_job_that_fails_says_why_and_leaves_with_10(url: str, folder: Path) -> None:
    told = cloister(url, "create", "-f", str(folder / "pipeline.yml"), "--set", "inputs.word=bye", "--stream")
    assert told.exit_code == 10
    assert "  step use failed" in told.stdout
    assert "--- the end of the log of step use:" in told.stderr
    name = told.stdout.split()[0]
    again = cloister(url, "stream", "-n", name)
    assert (again.exit_code, again.stdout) == (10, told.stdout)


def test_a_job_is_cancelled(url: str, agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("slow", "sleep 30"))
    agent.until(lambda: agent.service.show(name).steps[0].process)
    assert cloister(url, "cancel", "-n", name).stdout.splitlines()[1] == "  canceled by ada"
    assert str(agent.ended(name).status) == "Canceled"


def test_a_log_is_followed_to_its_end(url: str, agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("talk", "for i in 1 2 3; do echo $i; sleep 0.3; done"))
    assert cloister(url, "logs", "-n", name, "--step", "talk", "--follow").stdout == "1\n2\n3\n"


def test_a_dry_run_needs_no_platform(folder: Path) -> None:
    told = CliRunner().invoke(
        job, ["create", "-f", str(folder / "pipeline.yml"), "--dry-run"], env={"CLOISTER_URL": "x"}
    )
    assert told.stdout.splitlines() == [
        "words (pipeline) in experiment Default",
        "  input word = hello",
        "  1. make: sh say.sh ${{inputs.word}} ${{outputs.data}}",
        "       word <- hello",
        "       data -> uri_folder",
        "  2. use: grep hello ${{inputs.data}}/word && echo found",
        "       data <- make.data",
        '  note: step "make": compute far-away -> local, this machine',
    ]
    assert told.exit_code == 0


REFUSED = [
    ("a job that is not there", ("show", "-n", "none"), 'job "none": there is none of that name'),
    ("a step that is not there", ("logs", "-n", "words2", "--step", "x"), 'job "words2": has no step "x"'),
    ("a job that has ended", ("cancel", "-n", "words2"), 'job "words2": has ended already (Completed)'),
]


@pytest.mark.parametrize(("arguments", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_is_refused(url: str, agent: "AgentProcess", arguments: tuple[str, ...], reason: str) -> None:
    if not [r for r in agent.service.list() if r.name == "words2"]:
        agent.ended(agent.submit(agent.step("a", "true"), name="words2"))
    told = cloister(url, *arguments)
    assert isinstance(told.exception, CloisterError)
    assert reason in str(told.exception)


def test_a_bad_setting_is_refused(url: str, folder: Path) -> None:
    told = cloister(url, "create", "-f", str(folder / "pipeline.yml"), "--set", "inputs.word")
    assert str(told.exception).startswith("--set inputs.word: is no KEY=VALUE")


STATUSES = [
    ("GET", "jobs/none", "reader", None, 404),
    ("GET", "jobs/none", "", None, 401),
    ("GET", "jobs?limit=x", "reader", None, 400),
    ("GET", "jobs?limit=1", "reader", None, 200),
    ("POST", "jobs", "reader", b"{}", 403),
    ("POST", "jobs", "ada", b"{}", 400),
    ("POST", "jobs", "ada", b"[", 400),
    ("POST", "jobs", "ada", b'{"plan": {"x": 1}, "snapshot": "a"}', 400),
    ("PUT", "jobs/snapshots", "reader", b"x", 403),
    ("PUT", "jobs/snapshots", "ada", b"x", 400),
    ("POST", "jobs/none/cancel", "reader", None, 403),
    ("POST", "jobs/none/cancel", "ada", None, 404),
    ("GET", "jobs/none/logs/x", "reader", None, 404),
]


@pytest.mark.parametrize(("method", "path", "token", "body", "status"), STATUSES)
def test_the_api_answers_with_the_status_of_who_must_act(
    url: str, method: str, path: str, token: str, body: bytes | None, status: int
) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = httpx.request(method, f"{url}/cloister/v1/{path}", headers=headers, content=body, trust_env=False)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert set(answer.json()["faults"][0]) == {"thing", "reason", "mend"}


def test_a_plan_for_a_snapshot_that_nobody_sent_is_refused(url: str) -> None:
    plan = {"kind": "pipeline", "experiment_name": "e", "steps": [{"name": "a", "command": "true"}]}
    body = {"plan": plan, "snapshot": "../../../../etc/passwd"}
    headers = {"authorization": "Bearer ada"}
    answer = httpx.post(f"{url}/cloister/v1/jobs", json=body, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["faults"][0]["reason"]) == (
        404,
        'there is none with the hash "../../../../etc/passwd"',
    )


def test_every_request_is_decided_on_its_resource(url: str, rights: Rights) -> None:
    rights.asked.clear()
    headers = {"authorization": "Bearer ada"}
    for method, path in (("GET", "jobs"), ("GET", "jobs/a%2Fb"), ("GET", "jobs/x"), ("POST", "jobs/x/cancel")):
        httpx.request(method, f"{url}/cloister/v1/{path}", headers=headers, trust_env=False)
    assert rights.asked == [
        ("cloister:ReadJob", "job/*"),
        ("cloister:ReadJob", "job/x"),
        ("cloister:CancelJob", "job/x"),
    ]
