"""The agent end to end: real processes, a real durable engine, real kills."""

import base64
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.errors import SpecError
from cloister.facts.step_variables import step_variables
from cloister.jobs.planning.plan import Constant, FromStep, PlannedInput, PlannedOutput
from cloister.jobs.records.status import JobStatus, StepStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform

FOLDER = PlannedOutput("data", "uri_folder")
FILE = PlannedOutput("report", "uri_file")
LEFT = "it left '{}' among its outputs, which is "
A_LINK = "a link, or no regular file or folder"


def data_of(source: str) -> PlannedInput:
    return PlannedInput("data", "uri_folder", FromStep(source, "data"))


def test_data_flows_from_step_to_step(agent: "AgentProcess", tmp_path: Path) -> None:
    (tmp_path / "make.py").write_text("import sys; open(sys.argv[1] + '/x.txt', 'w').write('made')")
    name = agent.submit(
        agent.step("make", "python make.py ${{outputs.data}}", makes=(FOLDER,), code="code/0"),
        agent.step(
            "use",
            "cat ${{inputs.data}}/x.txt && echo ${{inputs.word}} > ${{outputs.report}}",
            data_of("make"),
            PlannedInput("word", "string", Constant("hello")),
            makes=(FILE,),
        ),
        agent.step("read", "cat ${{inputs.r}}", PlannedInput("r", "uri_file", FromStep("use", "report"))),
        code=tmp_path,
    )
    record = agent.ended(name)
    assert (record.status, record.reason) == (JobStatus.COMPLETED, "")
    assert [(s.status, s.attempt, s.exit_code) for s in record.steps] == [(StepStatus.COMPLETED, 1, 0)] * 3
    assert agent.printed(name, "use") == "made"
    assert agent.printed(name, "read") == "hello\n"
    assert record.started_at is not None
    assert record.started_at - record.created_at < 5


def test_steps_that_do_not_need_each_other_run_side_by_side(agent: "AgentProcess") -> None:
    one, two = f"43.{os.getpid()}", f"44.{os.getpid()}"
    name = agent.submit(agent.step("one", f"sleep {one}"), agent.step("two", f"sleep {two}"))
    agent.until(lambda: sleeping(one) and sleeping(two))
    agent.service.cancel(name, "ada")
    assert agent.ended(name).status is JobStatus.CANCELED


def test_a_failed_step_ends_the_job_and_what_follows_never_begins(agent: "AgentProcess") -> None:
    name = agent.submit(agent.step("bad", "exit 7", makes=(FOLDER,)), agent.step("after", "true", data_of("bad")))
    record = agent.ended(name)
    assert (record.status, record.reason) == (JobStatus.FAILED, "step bad failed")
    assert [(s.name, s.status, s.reason, s.exit_code, s.attempt) for s in record.steps] == [
        ("bad", StepStatus.FAILED, "it exited with code 7", 7, 1),
        ("after", StepStatus.CANCELED, "step bad failed", None, 0),
    ]
    assert is_closed(agent, name, "bad")


def is_closed(agent: "AgentProcess", job: str, step: str) -> bool:
    """Whether nobody but the platform's user enters what the step left; without root it never was another's."""
    found = (agent.home / "jobs" / job / step / "code").stat()
    return os.geteuid() != 0 or (found.st_uid, stat.S_IMODE(found.st_mode)) == (0, 0o700)


def test_a_pipeline_may_go_on_where_a_step_failed(agent: "AgentProcess") -> None:
    name = agent.submit(
        agent.step("bad", "exit 1", makes=(FOLDER,)),
        agent.step("good", "true", makes=(FOLDER,)),
        agent.step("after_bad", "true", data_of("bad")),
        agent.step("after_good", "true", data_of("good")),
        keep_going=True,
    )
    record = agent.ended(name)
    assert (record.status, record.reason) == (JobStatus.FAILED, "step bad failed")
    assert [(s.name, str(s.status)) for s in record.steps] == [
        ("bad", "Failed"),
        ("good", "Completed"),
        ("after_bad", "Canceled"),
        ("after_good", "Completed"),
    ]


@pytest.mark.parametrize(
    ("command", "makes", "reason"),
    [
        ("true", FILE, 'it declares output "report" (uri_file), but wrote no such file'),
        ("rmdir ${{outputs.data}}", FOLDER, 'it declares output "data" (uri_folder), but left no such folder'),
        ("ln -s /etc/hostname ${{outputs.report}}", FILE, LEFT.format("report") + A_LINK),
        ("rmdir ${{outputs.data}}; ln -s /etc ${{outputs.data}}", FOLDER, LEFT.format("data") + A_LINK),
        ("mkdir ${{outputs.data}}/in; ln -s x ${{outputs.data}}/in/y", FOLDER, LEFT.format("data/in/y") + A_LINK),
        ("mkfifo ${{outputs.data}}/pipe", FOLDER, LEFT.format("data/pipe") + A_LINK),
        ("ln -s x ${{outputs.data}}/../undeclared", FOLDER, LEFT.format("undeclared") + A_LINK),
        (
            "touch ${{outputs.data}}/x; ln ${{outputs.data}}/x ${{outputs.data}}/in",
            FOLDER,
            LEFT.format("data/in") + "a file with more than one name (hard links)",
        ),
    ],
)
def test_an_output_that_was_not_made_or_leads_elsewhere_fails_the_step(
    agent: "AgentProcess", command: str, makes: PlannedOutput, reason: str
) -> None:
    record = agent.ended(agent.submit(agent.step("a", command, makes=(makes,))))
    assert (record.steps[0].status, record.steps[0].reason) == (StepStatus.FAILED, reason)


def test_a_step_that_takes_too_long_is_ended(agent: "AgentProcess") -> None:
    record = agent.ended(agent.submit(agent.step("slow", "sleep 60", timeout=1)))
    assert record.steps[0].reason == "it took longer than its timeout of 1 s"


def test_a_step_gets_a_clean_environment(agent: "AgentProcess") -> None:
    reserved = (("MLFLOW_TRACKING_URI", "http://elsewhere"), ("GREETING", "hello"))
    name = agent.submit(agent.step("env", "env | sort", variables=reserved))
    assert agent.ended(name).status is JobStatus.COMPLETED
    found = dict(line.split("=", 1) for line in agent.printed(name, "env").splitlines() if "=" in line)
    assert found["GREETING"] == "hello"
    assert found["CLOISTER_JOB"] == name
    assert found["OMP_NUM_THREADS"] == "1"
    # What a step installs for itself comes first, then the interpreter's programs.
    own, programs = found["PATH"].split(":")[:2]
    assert (own.removeprefix(found["TMPDIR"]), programs) == ("/packages/bin", str(Path(sys.executable).parent))
    # The whole list, with script mode's, but for what shells and Python add: nothing of the agent's comes along.
    script_mode = {name for name in step_variables("sagemaker") if "{" not in name} - {"SM_MODEL_DIR"}
    where = {name for name in ("TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE") if name in os.environ}
    assert set(found) - {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"} - where - script_mode == {
        "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "SHELL", "LANG", "GREETING",
        "CLOISTER_JOB", "CLOISTER_STEP", "CLOISTER_CHECKPOINT_FOLDER",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
        "PYTHONUNBUFFERED", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE",
        "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "GIT_PYTHON_REFRESH", "AZURE_CORE_COLLECT_TELEMETRY",
        "HF_HUB_DISABLE_TELEMETRY", "RAY_USAGE_STATS_ENABLED",
    }  # fmt: skip


def test_a_running_job_is_cancelled_with_its_processes(agent: "AgentProcess") -> None:
    marker = f"41.{os.getpid()}"
    name = agent.submit(
        agent.step("slow", f"setsid sleep {marker} & sleep {marker}", makes=(FOLDER,)),
        agent.step("b", "true", data_of("slow")),
    )
    agent.until(lambda: agent.service.show(name).steps[0].process)
    agent.until(lambda: sleeping(marker))
    assert agent.service.cancel(name, "ada").status is JobStatus.CANCEL_REQUESTED
    record = agent.ended(name)
    assert (record.status, record.reason, record.canceled_by) == (JobStatus.CANCELED, "canceled by ada", "ada")
    assert [(s.status, s.reason) for s in record.steps] == [(StepStatus.CANCELED, "canceled by ada")] * 2
    assert is_closed(agent, name, "slow")
    agent.until(lambda: not sleeping(marker))
    with pytest.raises(SpecError, match=r"has ended already \(Canceled\)"):
        agent.service.cancel(name, "ada")


def sleeping(marker: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep {marker}"], capture_output=True, check=False).returncode == 0


def test_a_waiting_job_is_cancelled_at_once(fresh: "AgentProcess") -> None:
    name = fresh.submit(fresh.step("a", "true"))
    record = fresh.service.cancel(name, "ada")
    assert (record.status, record.steps[0].status) == (JobStatus.CANCELED, StepStatus.CANCELED)


def test_a_name_is_taken_once(agent: "AgentProcess") -> None:
    agent.ended(agent.submit(agent.step("a", "true"), name="mine"))
    with pytest.raises(SpecError, match=r'job "mine": is there already'):
        agent.submit(agent.step("a", "true"), name="mine")


def test_a_snapshot_that_lacks_the_code_is_refused(agent: "AgentProcess") -> None:
    with pytest.raises(SpecError, match="lacks code/0"):
        agent.submit(agent.step("a", "true", code="code/0"))


def test_a_second_agent_of_the_same_name_is_refused(agent: "AgentProcess") -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cloister.jobs", "--config", str(agent.write_config())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (
        2,
        'agent "local": runs already\n  mend: stop it first, or give this one another name\n',
    )


def test_the_agent_is_seen_alive(agent: "AgentProcess") -> None:
    assert agent.process is not None
    assert [(found.name, found.process) for found in agent.service.agents()] == [("local", agent.process.pid)]


def test_after_a_kill_finished_steps_stay_and_the_interrupted_one_runs_again(fresh: "AgentProcess") -> None:
    """The killed agent's command is dead before its second attempt begins, and half an output is thrown away."""
    fresh.start()
    marker = f"42.{os.getpid()}"
    first = "echo ran; echo whole > ${{outputs.data}}/x"
    second = "cat ${{inputs.data}}/x; ls ${{outputs.data}} | wc -l; touch ${{outputs.data}}/half; sleep " + marker
    name = fresh.submit(
        fresh.step("first", first, makes=(FOLDER,)),
        fresh.step("second", second, data_of("first"), makes=(FOLDER,)),
        fresh.step("third", "true", data_of("second")),
    )
    fresh.until(lambda: sleeping(marker))
    killed = fresh.service.show(name)
    fresh.kill()
    # The kernel takes the command along; nobody has to find it.
    fresh.until(lambda: not sleeping(marker))
    assert killed.step("second").attempt == 1
    fresh.start()
    fresh.until(lambda: fresh.service.show(name).step("second").attempt == 2)
    fresh.until(lambda: sleeping(marker))
    assert fresh.printed(name, "first") == "ran\n"
    assert fresh.printed(name, "second") == (
        "whole\n0\n\n[cloister: attempt 2; the one before was interrupted]\nwhole\n0\n"
    )
    assert [(s.name, s.attempt) for s in fresh.service.show(name).steps] == [("first", 1), ("second", 2), ("third", 0)]
    fresh.service.cancel(name, "ada")
    assert fresh.ended(name).status is JobStatus.CANCELED


def test_checkpoints_outlive_an_attempt_and_not_the_step(fresh: "AgentProcess") -> None:
    """The folder is each attempt's own to write, whoever it runs as."""
    fresh.start()
    marker = f"45.{os.getpid()}"
    line = f"cd $CLOISTER_CHECKPOINT_FOLDER; mkdir e$(ls | wc -l); test -d e1 || sleep {marker}; touch e0/x"
    name = fresh.submit(
        fresh.step("train", f"{line}; stat -c %u . > u; stat -c %u e0 | diff - u && ls"),
        fresh.step("bad", "touch $CLOISTER_CHECKPOINT_FOLDER/kept; exit 1"),
        keep_going=True,
    )
    fresh.until(lambda: sleeping(marker) and fresh.service.show(name).step("bad").status is StepStatus.FAILED)
    fresh.kill()
    fresh.start()
    record = fresh.ended(name)
    assert [(s.name, str(s.status), s.attempt) for s in record.steps] == [
        ("train", "Completed", 2),
        ("bad", "Failed", 1),
    ]
    assert fresh.printed(name, "train").splitlines()[-3:] == ["e0", "e1", "u"]
    kept = fresh.home / "jobs" / name
    assert [(kept / step / "checkpoints").exists() for step in ("train", "bad")] == [False, True]
    assert (kept / "bad" / "checkpoints" / "kept").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_outlives_its_agent(fresh: "AgentProcess", how: signal.Signals) -> None:
    fresh.start()
    name = fresh.submit(
        *(
            fresh.step(f"s{n}", f"sleep 0.4; echo {n}", *((data_of(f"s{n - 1}"),) if n else ()), makes=(FOLDER,))
            for n in range(4)
        )
    )
    fresh.until(lambda: fresh.service.show(name).step("s1").status is StepStatus.RUNNING)
    assert fresh.process is not None
    fresh.process.send_signal(how)
    fresh.process.wait(20)
    assert fresh.ready.exists() is (how is signal.SIGKILL)
    fresh.start()
    record = fresh.ended(name)
    assert record.status is JobStatus.COMPLETED, fresh.log
    assert record.step("s0").attempt == 1
    assert record.step("s1").attempt == 2
    assert [fresh.printed(name, f"s{n}").count(f"{n}\n") for n in (0, 2, 3)] == [1, 1, 1]


def test_a_job_cancelled_while_no_agent_runs_does_not_come_back(fresh: "AgentProcess") -> None:
    fresh.start()
    name = fresh.submit(fresh.step("slow", "sleep 30"))
    fresh.until(lambda: fresh.service.show(name).steps[0].process)
    fresh.kill()
    fresh.service.cancel(name, "ada")
    fresh.start()
    record = fresh.ended(name)
    assert (record.status, record.steps[0].status) == (JobStatus.CANCELED, StepStatus.CANCELED)


class Foreign:
    """What somebody may have pickled into the engine's database: whoever reads it makes the file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.file),)


def test_jobs_go_on_whatever_the_engines_database_holds_of_them(fresh: "AgentProcess", tmp_path: Path) -> None:
    """One has gone from it, one is another agent's there, and one is a pickle. What has ended is removed."""
    fresh.start()
    over = fresh.submit(fresh.step("a", "true"))
    fresh.ended(over)
    first = fresh.step("one", "echo once", makes=(FOLDER,))
    names = [fresh.submit(first, fresh.step("two", "sleep 1", data_of("one"))) for _ in range(3)]
    fresh.until(lambda: all(fresh.service.show(name).step("one").ended_at for name in names))
    fresh.kill()
    lost, taken, pickled = (f"{name}/%" for name in names)
    evil = base64.b64encode(pickle.dumps(Foreign(tmp_path / "made"))).decode()
    with sqlite3.connect(fresh.home / "state" / "engine-local.db") as database:
        database.execute("DELETE FROM workflow_status WHERE workflow_uuid LIKE ?", (lost,))
        database.execute("UPDATE workflow_status SET executor_id = 'agent-x' WHERE workflow_uuid LIKE ?", (taken,))
        database.execute(
            "UPDATE workflow_status SET serialization = 'py_pickle' WHERE workflow_uuid LIKE ?", (pickled,)
        )
        database.execute("UPDATE workflow_input SET inputs = ? WHERE workflow_uuid LIKE ?", (evil, pickled))
    database.close()
    fresh.start()
    assert [fresh.ended(name).status for name in names] == [JobStatus.COMPLETED] * 3
    assert [fresh.printed(name, "one") for name in names] == ["once\n"] * 3
    fresh.until(lambda: "a pickle in the engine's database, which is not ours, is not read" in fresh.log)
    with sqlite3.connect(fresh.home / "state" / "engine-local.db") as database:
        left = {row[0].partition("/")[0] for row in database.execute("SELECT workflow_uuid FROM operation_outputs")}
        held = {row[0].partition("/")[0] for row in database.execute("SELECT workflow_uuid FROM workflow_status")}
    database.close()
    assert over not in left | held
    assert set(names) <= held
    assert not (tmp_path / "made").exists()


def test_what_the_agent_keeps_for_itself_is_for_nobody_else_to_read(agent: "AgentProcess") -> None:
    kept = [*(agent.home / "state").glob("engine-local.db*"), agent.home / "jobs" / ".agent-local.lock"]
    assert len(kept) > 1
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in kept} == {path.name: "0o600" for path in kept}


def test_nothing_pickled_lies_in_the_engines_database(agent: "AgentProcess") -> None:
    agent.ended(agent.submit(agent.step("a", "exit 1"), name="plain"))
    with sqlite3.connect(agent.home / "state" / "engine-local.db") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = [v for table in tables for row in database.execute(f'SELECT * FROM "{table}"') for v in row]  # noqa: S608 - the database's own names
    database.close()
    texts = [value for value in values if isinstance(value, str)]
    assert any(text == '{"namedArgs":{},"positionalArgs":["plain",1]}' for text in texts)
    # A pickle begins with its protocol, base64 or not.
    assert not [value for value in values if str(value).startswith(("gAS", "gAR", "b'\\x80"))]
    assert "py_pickle" not in texts


def test_a_full_disk_fails_the_step_and_not_the_agent(agent: "AgentProcess") -> None:
    """A file where a folder belongs stands for every way in which the disk says no."""
    name = agent.submit(agent.step("a", "true"), name="nodisk")
    (agent.home / "jobs" / "blocked").write_text("")
    blocked = agent.submit(agent.step("a", "true"), name="blocked")
    record = agent.ended(blocked)
    assert (record.status, record.steps[0].status) == (JobStatus.FAILED, StepStatus.FAILED)
    assert "Not a directory" in record.steps[0].reason
    assert agent.ended(name).status is JobStatus.COMPLETED
    assert agent.ended(agent.submit(agent.step("a", "true"))).status is JobStatus.COMPLETED


@pytest.mark.skipif(os.geteuid() != 0, reason="of another user, all processes would be counted")
def test_a_bomb_of_processes_ends_with_its_step_and_others_go_on(fresh: "AgentProcess") -> None:
    fresh.settings["processes_per_step"] = 100
    fresh.start()
    marker = f"46.{os.getpid()}"
    bomb = f"bomb() {{ sleep {marker} & bomb & bomb & wait; }}; bomb 2>/dev/null & while :; do :; done"
    name = fresh.submit(
        fresh.step("bomb", bomb, timeout=2), fresh.step("other", "sleep 1; true | cat"), keep_going=True
    )
    assert [(s.name, str(s.status), s.reason) for s in fresh.ended(name).steps] == [
        ("bomb", "Failed", "it took longer than its timeout of 2 s"),
        ("other", "Completed", ""),
    ]
    fresh.until(lambda: not sleeping(marker))
    assert fresh.ended(fresh.submit(fresh.step("after", "true"))).status is JobStatus.COMPLETED


def test_a_step_that_fills_the_disk_is_ended_and_leaves_its_log_alone(fresh: "AgentProcess") -> None:
    fresh.settings["disk_bytes_per_step"] = 8 * 2**20
    fresh.start()
    greedy = "echo began; cd {0}; while n=$((n + 1)); do head -c 4000000 /dev/zero > $n; sleep 0.2; done"
    name = fresh.submit(
        fresh.step("outputs", greedy.format("${{outputs.data}}"), makes=(FOLDER,)),
        fresh.step("checkpoints", greedy.format("$CLOISTER_CHECKPOINT_FOLDER")),
        fresh.step("modest", "head -c 4000000 /dev/zero > x; sleep 1.5"),
        keep_going=True,
    )
    told = "it wrote more than 8 MiB"
    assert [(s.name, str(s.status), s.reason) for s in fresh.ended(name).steps] == [
        ("outputs", "Failed", told),
        ("checkpoints", "Failed", told),
        ("modest", "Completed", ""),
    ]
    for step in ("outputs", "checkpoints"):
        left = [path.name for path in (fresh.home / "jobs" / name / step).rglob("*") if path.is_file()]
        assert (left, fresh.printed(name, step)) == (["std_log.txt"], "began\n")


def test_without_isolation_the_record_says_so(fresh: "AgentProcess") -> None:
    fresh.settings["isolate"] = False
    fresh.start()
    name = fresh.submit(fresh.step("a", f"ls {fresh.home}/secrets"))
    record = fresh.ended(name)
    assert record.status is JobStatus.COMPLETED
    told = (
        "steps are NOT isolated from the platform's user: isolate is false in the agent's configuration; "
        "the network is the machine's"
    )
    assert record.step("a").isolation.startswith(f"{told}; its ")
    assert f"WARNING cloister.jobs.engine.agent {told}" in fresh.log
