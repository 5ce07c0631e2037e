"""What `az ml` scripts do with jobs beside running them: lists, changes, files, computes, quotas."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from starlette.routing import Route

from cloister.cli.compute import compute
from cloister.cli.job import job
from cloister.cli.job_progress import Progress, tree
from cloister.cli.job_views import job_text, note_lines
from cloister.cli.quota import quota
from cloister.cli.schedule import schedule
from cloister.errors import CloisterError
from cloister.gateway.guard import Guard
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.desk.compute_control import ComputeControl
from cloister.jobs.desk.control import Control
from cloister.jobs.desk.quota_control import QuotaControl
from cloister.jobs.desk.schedule_control import ScheduleControl
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan, PlannedOutput, PlannedStep, PublishedOutput
from cloister.monitoring.control import Control as MonitoringControl
from cloister.monitoring.service import MonitorService
from cloister.sdk import Job, Seen
from cloister.serving.admission import Guarded as EndpointGuard
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve

GROUPS = {"job": job, "compute": compute, "quota": quota, "schedule": schedule}
CLUSTER = """\
$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json
name: cpu-cluster
type: amlcompute
size: STANDARD_DS3_v2
max_instances: 2
location: westus
ssh_settings: {admin_username: someone, admin_password: hunter2}
"""


PIPELINE = """\
type: pipeline
inputs: {word: hello}
jobs:
  say:
    type: command
    command: echo ${{inputs.word}}
    environment: azureml:cloister-sklearn@latest
    compute: azureml:far-away
    inputs: {word: "${{parent.inputs.word}}"}
"""
SCHEDULE = """\
name: hourly
trigger: {type: cron, expression: "0 * * * *", time_zone: Pacific Standard Time}
create_job: {type: pipeline, job: ./job.yml, inputs: {word: "${{name}}"}, tags: {by: schedule}}
"""


class Desk:
    """A desk without an agent, and its command line as mia."""

    def __init__(self, guarded: "Guarded", service: JobService, folder: Path) -> None:
        self.guarded, self.service, self.folder = guarded, service, folder

    def submit(self, name: str, **fields: object) -> str:
        steps = (PlannedStep("train", "true", outputs=(PlannedOutput("model", "uri_folder"),)),)
        outputs = (PublishedOutput("best", "train", "model"),)
        plan = Plan("pipeline", "e", steps, name=name, outputs=outputs, **fields)  # type: ignore[arg-type]  # the plan's
        return self.service.submit(plan, self.folder / "empty.tar.gz", "mia")

    def cloister(self, *arguments: str, who: str = "mia") -> Result:
        environment = {"CLOISTER_URL": self.guarded.url, "CLOISTER_TOKEN": self.guarded.token(who)}
        return CliRunner().invoke(GROUPS[arguments[0]], list(arguments[1:]), env=environment)


@pytest.fixture(scope="module")
def desk(serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    engine = open_store(f"sqlite:///{folder}/cloister.db")
    service = JobService(engine, folder / "jobs")
    service.migrate()
    migrate(engine, "monitoring")
    with (folder / "empty.tar.gz").open("wb") as file:
        pack([], file)

    def routes(guard: Guard) -> list[Route]:
        computes, quotas = ComputeControl(service.computes, guard), QuotaControl(service, guard)
        monitors = MonitoringControl(MonitorService(engine), EndpointGuard(guard), folder)
        own = (Control(service, guard), computes, quotas, ScheduleControl(service, guard), monitors)
        return [route for control in own for route in control.routes()]

    with serve(engine, folder, routes) as guarded:
        yield Desk(guarded, service, folder)
    engine.dispose()


def test_a_job_is_listed_changed_archived_and_restored(desk: Desk) -> None:
    desk.submit("one", tags=(("team", "a"),))
    desk.submit("two")
    assert desk.cloister("job", "list", "--tag", "team=a").stdout.splitlines()[1].split()[:2] == ["one", "Queued"]
    told = desk.cloister("job", "update", "-n", "one", "--set", "tags.team=b", "--display-name", "First", "-o", "json")
    assert (json.loads(told.stdout)["display_name"], json.loads(told.stdout)["tags"]) == ("First", {"team": "b"})
    told = desk.cloister("job", "archive", "-n", "one")
    assert str(told.exception).startswith('job "one": is Queued, and an archived job is one that is over')
    desk.cloister("job", "cancel", "-n", "one")
    assert "  archived" in desk.cloister("job", "archive", "-n", "one").stdout.splitlines()
    assert [row["name"] for row in json.loads(desk.cloister("job", "list", "-o", "json").stdout)] == ["two"]
    assert desk.cloister("job", "list", "--archived-only").stdout.splitlines()[1].startswith("one ")
    desk.cloister("job", "restore", "-n", "one")
    assert desk.cloister("job", "list", "--experiment-name", "e").stdout.count("\n") == 3


def test_files_of_a_job_are_fetched(desk: Desk, tmp_path: Path) -> None:
    name = desk.submit("files")
    step = desk.folder / "jobs" / name / "train"
    (step / "outputs" / "model" / "deep").mkdir(parents=True)
    (step / "outputs" / "model" / "deep" / "w \u00e9.bin").write_bytes(b"weights")
    (step / "std_log.txt").write_text("said")
    (step / "code").mkdir()
    (step / "code" / "secret").write_text("not to be had")
    (step / "outputs" / "link").symlink_to("/etc/passwd")
    listed = desk.cloister("job", "download", "-n", name, "--list").stdout.splitlines()
    assert [line.split(maxsplit=1)[1] for line in listed] == [
        "train/outputs/model/deep/w \u00e9.bin",
        "train/std_log.txt",
    ]
    for output in ("best", "train.model"):
        told = desk.cloister("job", "download", "-n", name, "--output-name", output, "-p", str(tmp_path / output))
        assert told.exit_code == 0, told.exception
        assert (tmp_path / output / name / "model" / "deep" / "w \u00e9.bin").read_bytes() == b"weights"
    desk.cloister("job", "download", "-n", name, "--all", "-p", str(tmp_path / "all"))
    assert (tmp_path / "all" / name / "train" / "std_log.txt").read_text() == "said"
    for path in ("train/code/secret", "train/outputs/link", "train/outputs/../code/secret", "../one/x", "%2e%2e/x", ""):
        assert desk.guarded.ask("mia", "GET", f"jobs/{name}/files/{path}").status_code in (404, 403), path
    assert desk.guarded.ask("max", "GET", f"jobs/{name}/files/train/std_log.txt").status_code == 403


def test_a_compute_from_its_yaml(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "compute.yml"
    file.write_text(CLUSTER)
    told = desk.cloister("compute", "create", "-f", str(file), "-g", "rg", who="ada")
    assert told.exit_code == 0, told.exception
    assert told.stdout == "cpu-cluster  amlcompute  STANDARD_DS3_v2 (4 cores, 14 GiB)  at most 2, dedicated\n"
    assert told.stderr.splitlines() == [
        "note: --resource-group rg: there is one workspace here, this platform",
        "note: location: there is no virtual machine to apply it to",
        "note: ssh_settings: there is no virtual machine to apply it to",
    ]
    told = desk.cloister("compute", "update", "-n", "cpu-cluster", "--max-instances", "3", "-o", "json", who="ada")
    shown = json.loads(told.stdout)
    assert (shown["max_instances"], shown["rest"]["location"], "hunter2" in told.stdout) == (3, "westus", False)
    assert desk.cloister("compute", "list").stdout.startswith("cpu-cluster  amlcompute")
    assert isinstance(desk.cloister("compute", "delete", "-n", "cpu-cluster", "-y").exception, CloisterError)
    assert desk.cloister("compute", "delete", "-n", "cpu-cluster", "-y", who="ada").exit_code == 0
    assert desk.cloister("compute", "list").stdout == "no computes: steps run on the default one\n"


def test_a_quota(desk: Desk) -> None:
    told = desk.cloister("quota", "set", "--person", "mia", "--cores", "4", who="ada")
    assert told.stdout == "person mia: cores 4\n"
    shown = desk.cloister("quota", "show", "--person", "mia").stdout.splitlines()
    assert (shown[0].startswith("person mia uses: nodes "), shown[1]) == (True, "person mia: cores 4")
    assert desk.cloister("quota", "list", who="rita").stdout == "person mia: cores 4\n"
    assert desk.cloister("quota", "delete", "--person", "mia", who="ada").exit_code == 0


REFUSED = [
    (("job", "show", "-n", "one", "--web"), "--web: there is no studio here"),
    (("job", "connect-ssh", "x"), "job connect-ssh: is not possible: nobody logs in to where a step runs"),
    (("job", "update", "-n", "one", "--set", "command=x"), "--set command: does not change"),
    (("job", "update", "-n", "one", "--tag", "x"), "--tag x: is no KEY=VALUE"),
    (("job", "download", "-n", "one"), "download: is told of no output"),
    (("job", "download", "-n", "one", "--output-name", "x"), 'job "one": has no output "x"'),
    (("job", "download", "-n", "one", "--output-name", "best"), 'output "best" of job "one": has no files yet'),
    (("compute", "update", "-n", "x"), 'compute "x": is to be changed in nothing'),
    (("compute", "show", "-n", "x"), 'compute "x": there is none of that name'),
    (("quota", "set", "--cores", "4"), "quota: is nobody's, or two's"),
    (("quota", "set", "--person", "a", "--project", "b"), "quota: is nobody's, or two's"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...], told: str) -> None:
    if desk.service.submitter("one") is None:
        desk.submit("one")
    assert str(desk.cloister(*arguments).exception).startswith(told)


def job_of(*steps: tuple[str, str, str]) -> Job:
    step = {"reason": "", "attempt": 1, "seconds": 1.0}
    document = dict.fromkeys(Job.__slots__, "") | {"name": "j", "status": "Running", "seconds": 2.0, "tags": {}}
    made = [step | {"name": name, "status": status, "parent": parent} for name, status, parent in steps]
    return Job.of(document | {"steps": made, "archived": False})


def drawn(found: Job) -> list[str]:
    console = Console(file=StringIO(), width=100)
    console.print(tree(found))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_trials_stand_below_their_step() -> None:
    found = job_of(("prep.clean", "Completed", ""), ("sweep", "Running", ""), ("sweep.trial_1", "Failed", "sweep"))
    assert drawn(found) == [
        "j  Running (2.0 s)",
        "\u251c\u2500\u2500 prep.clean           Completed (1.0 s)",
        "\u2514\u2500\u2500 sweep                Running (1.0 s)",
        "    \u2514\u2500\u2500 sweep.trial_1        Failed (1.0 s)",
    ]
    text = job_text(dict(found.document) | {"display_name": "d", "submitter": "mia", "reason": ""}).splitlines()
    assert [line.split()[0] for line in text[1:]] == ["prep.clean", "sweep", "sweep.trial_1"]
    assert text[3].startswith("    sweep.trial_1")


def test_what_an_author_wrote_is_no_line_of_ours_and_moves_no_cursor() -> None:
    document = dict(job_of(("a", "Failed", "")).document) | {"display_name": "d", "submitter": "mia"}
    document["steps"][0]["reason"] = "\x1b[2Jlost\nb                    Completed"
    text = job_text(document | {"reason": "step a failed", "notes": ["\x1b[1A\nisolation: \u202enone"]})
    assert text.splitlines() == [
        "j  Running (2.0 s)  d, submitted by mia",
        "  step a failed",
        "  a                    Failed (1.0 s):  [2Jlost b                    Completed",
        "  note:  [1A isolation:  none",
    ]
    assert text.isascii()


NOTES = [
    ((), []),
    (("a", 'step "x": b'), ["note: a", 'note: step "x": b']),
    (('step "x": b', "a", 'step "y": b', 'step "y": c'), ['note: steps "x", "y": b', "note: a", 'note: step "y": c']),
    (
        ('step "x", input "i": b', 'step "y", input "i": b'),
        ['note: step "x", input "i": b', 'note: step "y", input "i": b'],
    ),
    (("b", 'step "x": b'), ["note: b", 'note: step "x": b']),
]


@pytest.mark.parametrize(("notes", "told"), NOTES)
def test_a_note_that_is_the_same_of_several_steps_is_told_once(notes: tuple[str, ...], told: list[str]) -> None:
    assert note_lines(notes) == told


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("passing", "fails", "stays"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_the_tree_goes_where_the_answer_follows_it(*, passing: bool, fails: bool, stays: bool) -> None:
    screen = Screen()
    with suppress(KeyboardInterrupt), Progress(screen, screen, passing=passing) as progress:
        progress.show(Seen(job_of(("say", "Running", ""))))
        if fails:
            raise KeyboardInterrupt
    assert "say" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K") is not stays


def test_of_many_trials_those_that_ended_are_counted() -> None:
    trials = [(f"s.trial_{n}", "Completed" if n < 18 else "Running", "s") for n in range(20)]
    lines = drawn(job_of(("s", "Running", ""), *trials))
    assert (len(lines), lines[-1].split(maxsplit=1)[1]) == (5, "18 Completed of 20")


def test_the_room_imports_light() -> None:
    heavy = ("azure", "mlflow", "sqlalchemy", "starlette", "pydantic", "dbos", "yaml")
    code = f"import sys; import cloister.sdk; print([n for n in {heavy} if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_schedule_of_jobs(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(PIPELINE)
    (tmp_path / "schedule.yml").write_text(SCHEDULE)
    told = desk.cloister("schedule", "create", "-f", str(tmp_path / "schedule.yml"))
    assert told.exit_code == 0, told.exception
    lines = told.stdout.splitlines()
    assert lines[0].startswith("hourly  0 * * * * (Pacific Standard Time)  next ")
    assert lines[1:] == ["  of mia; steps: say"]
    assert "note: compute far-away -> default" in told.stderr
    job = desk.cloister("schedule", "trigger", "-n", "hourly").stdout.split()[1]
    shown = json.loads(desk.cloister("job", "show", "-n", job, "-o", "json").stdout)
    assert (shown["inputs"], shown["tags"]) == ({"word": job}, {"by": "schedule", "cloister.schedule": "hourly"})
    assert desk.cloister("schedule", "show", "-n", "hourly").stdout.splitlines()[2] == f"  newest job: {job}"
    disabled = desk.cloister("schedule", "disable", "-n", "hourly").stdout
    assert disabled == "hourly  0 * * * * (Pacific Standard Time)  disabled\n"
    assert desk.cloister("schedule", "list").stdout.startswith("hourly  0 * * * *")
    told = desk.cloister("schedule", "delete", "-n", "hourly", "-y")
    assert (told.exit_code, told.stderr) == (0, 'schedule "hourly" is deleted\n')
    assert desk.cloister("schedule", "list").stdout == ""
