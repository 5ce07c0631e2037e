"""status, down and login at the command line, and bad use of up; nothing heavy is started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cloister.cli.down import down
from cloister.cli.login import login
from cloister.cli.status import status
from cloister.cli.up import up
from cloister.errors import CloisterError, RefusedError, SourceError
from cloister.platform.home import Home
from cloister.platform.ports import free_port
from cloister.platform.process import Readiness
from cloister.platform.records import PLATFORM, record_now, write_record

SLEEP = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)")


def run(command: Any, *arguments: str, **more: Any) -> Result:  # noqa: ANN401 - click's own
    return CliRunner().invoke(command, list(arguments), **more)


def platform_of(home: Home, pid: int, *processes: str) -> None:
    record = replace(record_now(PLATFORM, pid), address="http://127.0.0.1:5000", file="/f", processes=processes)
    write_record(home, record)


def test_status_of_a_home_where_nothing_runs(tmp_path: Path) -> None:
    result = run(status, "--home", str(tmp_path / "none"))
    assert (result.exit_code, result.stdout) == (3, f"nothing runs in {tmp_path}/none; start it: cloister up\n")
    assert not (tmp_path / "none").exists()


def test_status_asks_each_process_and_tells_which_does_not_run_or_answer(home: Home, tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as child:
        platform_of(home, os.getpid(), "agent", "gateway", "serving")
        (tmp_path / "ready").touch()
        write_record(home, record_now("agent", child.pid, Readiness(file=tmp_path / "ready")))
        write_record(home, record_now("gateway", child.pid, Readiness(port=free_port())))
        result = run(status, "--home", str(home.root), "--json")
        document = json.loads(result.stdout)
        text = run(status, "--home", str(home.root)).stdout
        child.kill()
    assert result.exit_code == 10
    assert [(p["name"], p["runs"], p["answers"]) for p in document["processes"]] == [
        ("agent", True, True),
        ("gateway", True, False),
        ("serving", False, False),
    ]
    assert [line.split("  ")[1].strip() for line in text.splitlines()[1:]] == ["agent", "gateway", "serving"]
    assert "DOES NOT ANSWER" in text.splitlines()[2]
    assert text.splitlines()[3] == "  serving    DOES NOT RUN"


def test_down_stops_by_identity_and_succeeds_where_nothing_runs(home: Home) -> None:
    quiet_end = "import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", quiet_end], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        platform_of(home, child.pid)
        # The child's remains are ours to collect: as a zombie it counts as ended.
        result = run(down, "--home", str(home.root), "--quiet")
    assert child.returncode == 0
    assert (result.exit_code, result.stdout) == (0, f"nothing runs in {home.root} any more\n")
    assert run(down, "--home", str(home.root)).stdout == f"nothing runs in {home.root}\n"


def test_down_stops_what_a_crash_left_behind(home: Home) -> None:
    home.lock.touch()
    with subprocess.Popen(SLEEP, start_new_session=True) as child:
        write_record(home, record_now("mlflow", child.pid))
        result = run(down, "--home", str(home.root))
        assert child.wait(5) == -signal.SIGTERM
    assert result.stdout.splitlines()[0] == "stopped mlflow, left behind by a crash"


class _Door(BaseHTTPRequestHandler):
    """Lets ada in with the right password, as the gateway's token route answers."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        right = (body["user"], body["password"]) == ("ada", "right")
        fault = {"faults": [{"thing": 'user "ada"', "reason": "has another password", "mend": "try again"}]}
        told = {"token": f"token-{body['lifetime_seconds']}", "user": "ada", "expires_at": "2026-11-22T16:00:00Z"}
        self.send_response(200 if right and self.path == "/cloister/v1/token" else 401)
        self.end_headers()
        self.wfile.write(json.dumps(told if right else fault).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Door) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_login_keeps_the_token_or_prints_it(door: str, tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    options = ("--url", door, "--user", "ada", "--password-stdin")
    kept = run(login, *options, input="right\n", env=environment)
    assert kept.exit_code == 0, kept.output
    assert "right" not in kept.output
    file = tmp_path / "cloister" / "credentials.json"
    assert json.loads(file.read_text()) == {"url": door, "token": "token-43200", "user": "ada"}
    printed = run(login, *options, "--lifetime", "60", "--print", input="right\n", env=environment)
    assert printed.stdout == "token-60\n"
    assert "43200" in file.read_text()


def test_a_wrong_password_is_refused_and_keeps_nothing(door: str, tmp_path: Path) -> None:
    options = ("--url", door, "--user", "ada", "--password-stdin")
    result = run(login, *options, input="wrong\n", env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert isinstance(result.exception, RefusedError)
    assert list(tmp_path.iterdir()) == []


def test_login_without_a_terminal_says_how(tmp_path: Path) -> None:
    result = run(login, "--url", "http://127.0.0.1:1", env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert isinstance(result.exception, CloisterError)
    assert result.exception.exit_code == 2
    assert result.exception.faults[0].mend == "run it at a terminal, or give --user NAME --password-stdin"


def test_up_without_its_file_says_how_to_write_one_and_writes_nothing(tmp_path: Path) -> None:
    result = run(up, str(tmp_path / "cloister.yaml"), "--quiet")
    assert isinstance(result.exception, SourceError)
    assert "cloister init azure-hub-spoke" in result.exception.faults[0].mend
    assert list(tmp_path.iterdir()) == []


def test_the_self_check_refuses_a_home_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    result = run(up, "--once", "--home", str(tmp_path))
    assert isinstance(result.exception, SourceError)
    assert result.exception.faults[0].reason == "is not empty, and the self-check starts from nothing"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
