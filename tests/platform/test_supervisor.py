"""Real processes, all of them tiny: what they do is a line of Python or shell."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloister.errors import InternalError
from cloister.platform.home import Home
from cloister.platform.lifecycle import Life, RestartPolicy, State
from cloister.platform.ports import free_port
from cloister.platform.proc import descendants, identity_of
from cloister.platform.process import Process, Readiness
from cloister.platform.records import read_records
from cloister.platform.supervisor import Supervisor

PATH = {"PATH": os.environ["PATH"]}
SERVER = """
import http.server, sys, time
time.sleep(float(sys.argv[2]))
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hello).serve_forever()
"""


def shell(name: str, script: str, **more: object) -> Process:
    return Process(name, ("/bin/sh", "-c", script), PATH, **more)  # type: ignore[arg-type] # a row's own attributes


def server(name: str, *, after: float = 0.0, ready_within: float = 20.0, path: str = "/health") -> Process:
    port = free_port()
    argv = (sys.executable, "-I", "-S", "-c", SERVER, str(port), str(after))
    return Process(name, argv, PATH, readiness=Readiness(path, port=port), ready_within_seconds=ready_within)


@contextmanager
def supervised(home: Home, *processes: Process, heard: list[str] | None = None) -> Iterator[Supervisor]:
    def hear(process: Process, life: Life) -> None:
        if heard is not None:
            heard.append(f"{process.name} {life.state}")

    supervisor = Supervisor(home, processes, hear)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def pid_in(path: Path) -> int:
    until(lambda: path.exists() and path.read_text().strip() != "")
    return int(path.read_text())


def is_gone(pid: int) -> bool:
    return identity_of(pid) is None


def test_processes_start_after_those_they_need_and_stop_in_reverse_order(home: Home) -> None:
    heard: list[str] = []
    others = frozenset(descendants(os.getpid()))
    second = shell("second", "sleep 60", needs=("first",))
    with supervised(home, server("first"), second, heard=heard) as supervisor:
        supervisor.wait_ready()
        assert {record.name for record in read_records(home)} == {"first", "second"}
    assert heard == [
        *("first starting", "first ready", "second starting", "second ready"),
        *("second stopping", "second stopped", "first stopping", "first stopped"),
    ]
    assert read_records(home) == ()
    assert frozenset(descendants(os.getpid())) <= others, "of other tests' servers more may run; of ours none"


def test_ready_means_that_a_real_request_was_answered(home: Home) -> None:
    slow = server("slow", after=0.7)
    with supervised(home, slow) as supervisor:
        time.sleep(0.4)
        assert supervisor.lives()["slow"].state is State.STARTING
        supervisor.wait_ready()
        assert supervisor.lives()["slow"].state is State.READY


def test_a_process_that_listens_nowhere_is_ready_when_it_writes_its_file(home: Home, tmp_path: Path) -> None:
    (tmp_path / "ready").write_text("of an earlier one")
    readiness = Readiness(file=tmp_path / "ready")
    process = shell(
        "agent", f"sleep 0.5; cat {tmp_path}/ready; echo now > {tmp_path}/ready; sleep 60", readiness=readiness
    )
    with supervised(home, process) as supervisor:
        supervisor.wait_ready()
    assert (tmp_path / "ready").read_text() == "now\n"


@pytest.mark.parametrize(
    ("process", "reason"),
    [
        pytest.param(server("s", after=30, ready_within=0.5), r"did not answer http://.*/health ", id="too slow"),
        pytest.param(
            server("s", path="/nowhere", ready_within=1.5),
            r"did not answer http://.*/nowhere ",
            id="wrong answer",
        ),
    ],
)
def test_no_answer_in_time_is_a_failure_and_everything_is_stopped(home: Home, process: Process, reason: str) -> None:
    others = frozenset(descendants(os.getpid()))
    with supervised(home, shell("other", "sleep 60"), process) as supervisor:
        with pytest.raises(InternalError, match=reason):
            supervisor.wait_ready()
        until(lambda: {life.state for life in supervisor.lives().values()} == {State.STOPPED, State.FAILED})
    assert frozenset(descendants(os.getpid())) <= others


def test_a_crash_loop_is_given_up_with_the_end_of_its_log(home: Home) -> None:
    heard: list[str] = []
    policy = RestartPolicy(first_pause_seconds=0.01, most_ends=3)
    loop = shell("loop", "echo started; echo 'no such table: runs' >&2; exit 7", restart=policy)
    with supervised(home, loop, heard=heard) as supervisor:
        until(lambda: supervisor.lives()["loop"].state is State.FAILED)
        with pytest.raises(InternalError) as caught:
            supervisor.check()
    (fault,) = caught.value.faults
    assert (fault.thing, fault.reason) == (
        "loop",
        "ended 3 times, last with code 7; its log ends:\n    started\n    no such table: runs",
    )
    assert str(home.log("loop")) in fault.mend
    assert [line for line in heard if line == "loop starting"] == ["loop starting"] * 3


def test_a_program_that_is_not_there_is_told(home: Home) -> None:
    absent = Process("absent", ("/no/such/program",), PATH, restart=RestartPolicy(most_ends=1))
    with supervised(home, absent) as supervisor:
        until(lambda: supervisor.lives()["absent"].state is State.FAILED)
        with pytest.raises(InternalError, match="/no/such/program: No such file or directory"):
            supervisor.check()


def test_a_process_that_dies_is_started_again_and_keeps_its_log(home: Home, tmp_path: Path) -> None:
    process = shell("worker", f"echo here; echo $$ > {tmp_path}/pid; exec sleep 60")
    with supervised(home, process) as supervisor:
        first = pid_in(tmp_path / "pid")
        (tmp_path / "pid").unlink()
        os.kill(first, signal.SIGKILL)
        assert pid_in(tmp_path / "pid") != first
        until(lambda: supervisor.lives()["worker"].starts == 2)
        assert len(supervisor.lives()["worker"].ends) == 1
    assert home.log("worker").read_text() == "here\nhere\n"


def test_what_a_dead_process_left_behind_is_killed_even_in_a_session_of_its_own(home: Home, tmp_path: Path) -> None:
    process = shell(
        "parent", f"setsid sh -c 'echo $$ > {tmp_path}/orphan; exec sleep 60' & echo $$ > {tmp_path}/parent; wait"
    )
    with supervised(home, process):
        orphan, parent = pid_in(tmp_path / "orphan"), pid_in(tmp_path / "parent")
        os.kill(parent, signal.SIGKILL)
        until(lambda: is_gone(orphan))


def test_a_process_that_ignores_the_request_to_stop_is_killed_after_its_grace(home: Home, tmp_path: Path) -> None:
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done"
    with supervised(home, shell("deaf", script, stop_within_seconds=0.4)) as supervisor:
        pid = pid_in(tmp_path / "pid")
        start = time.monotonic()
        supervisor.stop()
        assert 0.4 <= time.monotonic() - start < 3
        assert is_gone(pid)


def test_a_forced_stop_waits_for_no_grace(home: Home, tmp_path: Path) -> None:
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done"
    with supervised(home, shell("deaf", script, stop_within_seconds=60)) as supervisor:
        pid = pid_in(tmp_path / "pid")
        start = time.monotonic()
        supervisor.force()
        supervisor.stop()
        assert time.monotonic() - start < 3
        assert is_gone(pid)


@pytest.mark.parametrize("victim", ["supervisor", "leash"])
def test_nothing_outlives_a_kill(home: Home, tmp_path: Path, victim: str) -> None:
    script = f"echo $$ > {tmp_path}/child; sleep 61 & echo $! > {tmp_path}/grandchild; wait"
    program = textwrap.dedent(f"""
        from pathlib import Path
        from cloister.platform.home import home_at
        from cloister.platform.process import Process
        from cloister.platform.supervisor import Supervisor
        process = Process("p", ("/bin/sh", "-c", {script!r}), {PATH!r})
        Supervisor(home_at(Path({str(home.root)!r})), (process,)).start()
    """)
    with subprocess.Popen([sys.executable, "-c", program]) as supervisor:
        child, grandchild = pid_in(tmp_path / "child"), pid_in(tmp_path / "grandchild")
        (record,) = read_records(home)
        os.kill(supervisor.pid if victim == "supervisor" else record.identity.pid, signal.SIGKILL)
        until(lambda: is_gone(child) and is_gone(grandchild) and is_gone(record.identity.pid))
        supervisor.kill()
