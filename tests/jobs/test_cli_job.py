"""`cloister job` from the command line through the control API to a running agent, and the API by itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from starlette.routing import Route

from cloister.cli.job import job
from cloister.client.stored import Credentials
from cloister.errors import CloisterError
from cloister.gateway.guard import Guard
from cloister.jobs.desk.compute_control import ComputeControl
from cloister.jobs.desk.control import Control
from cloister.jobs.desk.quota_control import QuotaControl
from cloister.sdk import Client

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess, Guarded, Serve

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


@pytest.fixture(scope="module")
def desk(agent: "AgentProcess", serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Guarded]":
    folder = tmp_path_factory.mktemp("guard")

    def routes(guard: Guard) -> list[Route]:
        computes, quotas = ComputeControl(agent.service.computes, guard), QuotaControl(agent.service, guard)
        return [*Control(agent.service, guard).routes(), *computes.routes(), *quotas.routes()]

    with serve(agent.engine, folder, routes) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "say.sh").write_text('echo "saying $1"; echo "$1" > "$2/word"\n')
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    return tmp_path


def cloister(desk: "Guarded", *arguments: str) -> Result:
    environment = {"CLOISTER_URL": desk.url, "CLOISTER_TOKEN": desk.token("ada")}
    return CliRunner().invoke(job, list(arguments), env=environment, catch_exceptions=True)


def test_a_job_is_created_followed_and_shown(desk: "Guarded", folder: Path) -> None:
    told = cloister(
        desk, "create", "-f", str(folder / "pipeline.yml"), "--name", "words1", "--stream", "--format", "json"
    )
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["name"], found["status"], found["submitter"]) == ("words1", "Completed", "ada")
    assert [(s["name"], s["status"], s["attempt"]) for s in found["steps"]] == [
        ("make", "Completed", 1),
        ("use", "Completed", 1),
    ]
    assert found["inputs"] == {"word": "hello"}
    assert found["notes"] == ["compute far-away -> default: nobody has made one of that name here (make)"]
    assert "make                 Completed (" in told.stderr
    # What is printed is talk where the answer is a document.
    assert "\nmake | saying hello\n" in told.stderr
    streamed = cloister(desk, "stream", "-n", "words1")
    assert streamed.stdout.splitlines()[:3] == ["make | saying hello", "use | hello", "use | found"]
    assert streamed.stdout.splitlines()[3].startswith("words1  Completed (")
    assert cloister(desk, "logs", "-n", "words1", "--step", "make").stdout == "saying hello\n"
    shown = cloister(desk, "show", "-n", "words1").stdout.splitlines()
    assert shown[0].startswith("words1  Completed (")
    assert shown[0].endswith(" s)  words, submitted by ada")
    assert "words1  Completed" in cloister(desk, "list").stdout
    assert "words1" in [j["name"] for j in json.loads(cloister(desk, "list", "--format", "json").stdout)]


def test_a_job_that_fails_says_why_and_leaves_with_10(desk: "Guarded", folder: Path) -> None:
    told = cloister(desk, "create", "-f", str(folder / "pipeline.yml"), "--set", "inputs.word=bye", "--stream")
    assert told.exit_code == 10
    lines = told.stdout.splitlines()
    assert lines[0] == "make | saying bye"
    assert "  step use failed" in lines
    again = cloister(desk, "stream", "-n", lines[1].split()[0])
    assert (again.exit_code, again.stdout) == (10, told.stdout)


def test_what_is_printed_is_shown_as_it_grows_each_line_once(desk: "Guarded", agent: "AgentProcess") -> None:
    talk = "for i in 1 2 3; do echo $i; sleep 0.4; done; printf end"
    name = agent.submit(agent.step("a", talk), agent.step("b", "seq 60000"))
    found: list[tuple[str, dict[str, str]]] = []
    with Client(Credentials(desk.url, desk.token("ada"))) as platform:
        job = platform.jobs.stream(name, lambda seen: found.append((seen.job.status, dict(seen.printed))))
    assert job.status == "Completed"
    printed = [("".join(texts.get(step, "") for _, texts in found)) for step in ("a", "b")]
    assert printed == ["1\n2\n3\nend", "".join(f"{n}\n" for n in range(1, 60001))]
    assert {texts["a"] for status, texts in found if status == "Running" and "a" in texts} >= {"2\n", "3\n"}
    # The other log comes in several pieces, and is not waited for between them.
    assert sum("b" in texts for _, texts in found) > 1


def test_a_stream_that_is_interrupted_leaves_the_job_running(desk: "Guarded", agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("a", "echo begun; sleep 60"))
    environment = {**os.environ, "CLOISTER_URL": desk.url, "CLOISTER_TOKEN": desk.token("ada")}
    command = [sys.executable, "-m", "cloister", "job", "stream", "-n", name]
    # Who starts the tests in the background has them ignore the signal, and with them what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as shown:
        signal.signal(signal.SIGINT, before)
        assert shown.stdout is not None
        assert shown.stdout.readline() == "begun\n"
        shown.send_signal(signal.SIGINT)
        rest, talk = shown.communicate()
    assert (shown.returncode, rest) == (130, "")
    assert talk.splitlines()[-1] == (
        f"job {name} is no longer followed; what runs goes on. Follow it again: cloister job stream --name {name};"
        f" end it: cloister job cancel --name {name}"
    )
    assert agent.service.show(name).status == "Running"
    agent.service.cancel(name, "ada")
    agent.ended(name)


SWEEP = """\
type: sweep
trial:
  command: echo tried ${{search_space.x}} && exit 3
  environment: azureml:cloister-sklearn@latest
sampling_algorithm: grid
search_space: {x: {type: choice, values: [1, 2]}}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 2, max_concurrent_trials: 1}
"""


def test_what_trials_print_is_told_with_their_names(desk: "Guarded", tmp_path: Path) -> None:
    (tmp_path / "sweep.yml").write_text(SWEEP)
    told = cloister(desk, "create", "-f", str(tmp_path / "sweep.yml"), "--name", "vain", "--stream")
    assert told.exit_code == 10, told.output
    assert told.stdout.splitlines()[:2] == ["command.trial_0 | tried 1", "command.trial_1 | tried 2"]
    assert str(cloister(desk, "logs", "-n", "vain").exception).splitlines() == [
        'job "vain": has 3 steps, each with a log of its own',
        "  mend: name one by --step: command, command.trial_0, command.trial_1",
    ]


def test_what_has_just_been_noted_is_not_printed_again(desk: "Guarded", folder: Path) -> None:
    told = cloister(desk, "create", "-f", str(folder / "pipeline.yml"))
    assert told.stderr.count("note: compute far-away -> default") == 1
    assert "note:" not in told.stdout
    assert "note: compute far-away -> default" in cloister(desk, "show", "-n", told.stdout.split()[0]).stdout


def test_a_job_is_cancelled(desk: "Guarded", agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("slow", "sleep 30"))
    agent.until(lambda: agent.service.show(name).steps[0].process)
    assert cloister(desk, "cancel", "-n", name).stdout.splitlines()[1] == "  canceled by ada"
    assert str(agent.ended(name).status) == "Canceled"


def test_a_log_is_followed_to_its_end(desk: "Guarded", agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("talk", "for i in 1 2 3; do echo $i; sleep 0.3; done"))
    assert cloister(desk, "logs", "-n", name, "--step", "talk", "--follow").stdout == "1\n2\n3\n"
    assert cloister(desk, "logs", "-n", name).stdout == "1\n2\n3\n"


def test_a_dry_run_needs_no_platform(folder: Path) -> None:
    told = CliRunner().invoke(
        job, ["create", "-f", str(folder / "pipeline.yml"), "--dry-run"], env={"CLOISTER_URL": "x"}
    )
    assert told.stdout.splitlines() == [
        "words (pipeline) in experiment Default",
        "  input word = hello",
        "  1. make: sh say.sh ${{inputs.word}} ${{outputs.data}}",
        "       on far-away",
        "       word <- hello",
        "       data -> uri_folder",
        "  2. use: grep hello ${{inputs.data}}/word && echo found",
        "       data <- make.data",
    ]
    assert told.exit_code == 0


REFUSED = [
    ("a job that is not there", ("show", "-n", "none"), 'job "none": there is none of that name'),
    ("a step that is not there", ("logs", "-n", "words2", "--step", "x"), 'job "words2": has no step "x"'),
    ("a job that has ended", ("cancel", "-n", "words2"), 'job "words2": has ended already (Completed)'),
]


@pytest.mark.parametrize(("arguments", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_is_refused(
    desk: "Guarded", agent: "AgentProcess", arguments: tuple[str, ...], reason: str
) -> None:
    if not [r for r in agent.service.list() if r.name == "words2"]:
        agent.ended(agent.submit(agent.step("a", "true"), name="words2"))
    told = cloister(desk, *arguments)
    assert isinstance(told.exception, CloisterError)
    assert reason in str(told.exception)


def test_a_bad_setting_is_refused(desk: "Guarded", folder: Path) -> None:
    told = cloister(desk, "create", "-f", str(folder / "pipeline.yml"), "--set", "inputs.word")
    assert str(told.exception).startswith("--set inputs.word: is no KEY=VALUE")


STATUSES = [
    ("GET", "jobs/none", "rita", None, 404),
    ("GET", "jobs/none", "", None, 401),
    ("GET", "jobs?limit=x", "rita", None, 400),
    ("GET", "jobs?limit=1", "rita", None, 200),
    ("POST", "jobs", "rita", b"{}", 403),
    ("POST", "jobs", "ada", b"{}", 400),
    ("POST", "jobs", "ada", b"[", 400),
    ("POST", "jobs", "ada", b'{"plan": {"x": 1}, "snapshot": "a"}', 400),
    ("PUT", "jobs/snapshots", "rita", b"x", 403),
    ("PUT", "jobs/snapshots", "ada", b"x", 400),
    ("POST", "jobs/none/cancel", "rita", None, 403),
    ("POST", "jobs/none/cancel", "ada", None, 404),
    ("GET", "jobs/none/logs/x", "rita", None, 404),
    ("POST", "jobs/none/follow", "rita", b'{"offsets": {}}', 404),
    ("POST", "jobs/none/follow", "nora", b'{"offsets": {}}', 403),
    ("POST", "jobs/none/follow", "ada", b'{"offsets": {"a": 1e30}}', 400),
    ("POST", "jobs/none/follow", "ada", b"{}", 400),
]


@pytest.mark.parametrize(("method", "path", "who", "body", "status"), STATUSES)
def test_the_api_answers_with_the_status_of_who_must_act(
    desk: "Guarded", method: str, path: str, who: str, body: bytes | None, status: int
) -> None:
    answer = desk.ask(who, method, path, raw=body)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert set(answer.json()["faults"][0]) == {"thing", "reason", "mend"}


def test_a_plan_for_a_snapshot_that_nobody_sent_is_refused(desk: "Guarded") -> None:
    plan = {"kind": "pipeline", "experiment_name": "e", "steps": [{"name": "a", "command": "true"}]}
    body = {"plan": plan, "snapshot": "../../../../etc/passwd"}
    told = desk.reason("ada", "POST", "jobs", body)
    assert told == (404, 'snapshot: there is none with the hash "../../../../etc/passwd"')
