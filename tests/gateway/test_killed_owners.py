"""kill -9 of the gateway in the middle of requests: the record stays whole, and nobody loses or gains what was made.

Five kills in the suite; `CLOISTER_KILLS=200 pytest tests/gateway/test_killed_owners.py` for more.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from cloister.gateway.record.search import Search, every
from cloister.gateway.record.verify import verify_chain
from cloister.gateway.rights.makers import Makers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.conftest import Configure, Running

pytestmark = pytest.mark.platform
_KILLS = int(os.environ.get("CLOISTER_KILLS", "5"))
_API = "/api/2.0/mlflow/"
_START_SECONDS = 60
_LATE_SECONDS = 0.1


class _Late(socketserver.StreamRequestHandler):
    """Hands on to MLflow at once, and its answers late: most kills come between what MLflow did and its answer."""

    server: _Server

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as mlflow:
            mlflow.connect(str(self.server.mlflow))
            answering = threading.Thread(target=self._answer, args=(mlflow,))
            answering.start()
            with contextlib.suppress(OSError):
                while sent := self.connection.recv(65536):
                    mlflow.sendall(sent)
            with contextlib.suppress(OSError):
                mlflow.shutdown(socket.SHUT_RDWR)
            answering.join()

    def _answer(self, mlflow: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := mlflow.recv(65536):
                time.sleep(_LATE_SECONDS)
                self.connection.sendall(answer)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, mlflow: Path) -> None:
        self.mlflow = mlflow
        super().__init__(str(path), _Late)


@pytest.fixture
def late_mlflow(running: Running) -> Iterator[Path]:
    """A socket behind which MLflow answers late."""
    path = running.home / "run" / "late.sock"
    with _Server(path, running.home / "run" / "mlflow.sock") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


def start(config: Path, log: Path, url: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        command = [sys.executable, "-m", "cloister.gateway", "--config", str(config)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/cloister/healthz", trust_env=False).status_code == 200:
                return process
        except httpx.HTTPError:
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"the gateway did not start:\n{log.read_text()[-2000:]}")


def create(running: Running, url: str, names: list[str], answered: dict[str, int]) -> None:
    """Models and experiments created one after the other, until the gateway is gone."""
    headers = {"authorization": f"Bearer {running.token('mia')}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as http:
        for name in names:
            kind = "experiments" if name.endswith("e") else "registered-models"
            try:
                answered[name] = http.post(f"{_API}{kind}/create", json={"name": name}).status_code
            except httpx.HTTPError:
                return


def owner_of(running: Running, http: httpx.Client, name: str) -> tuple[bool, frozenset[str]]:
    """Whether MLflow has the object, and who owns it."""
    makers = Makers(running.engine)
    if not name.endswith("e"):
        found = http.get(_API + "registered-models/get", params={"name": name})
        return found.status_code == 200, makers.of("registered-model", name)
    found = http.get(_API + "experiments/get-by-name", params={"experiment_name": name})
    if found.status_code != 200:
        return False, frozenset()
    return True, makers.of("experiment", found.json()["experiment"]["experiment_id"])


def test_a_kill_loses_no_owner_and_gives_nobody_anything(
    running: Running, configure: Configure, late_mlflow: Path, tmp_path: Path
) -> None:
    config = configure(running.home, mlflow_socket=str(late_mlflow))
    file, log, url = tmp_path / "gateway.json", tmp_path / "log", f"http://127.0.0.1:{config.port}"
    file.write_text(config.model_dump_json())
    chance = random.Random(4)  # noqa: S311 - when to kill, not a secret
    asked: list[str] = []
    answered: dict[str, int] = {}
    before = verify_chain(running.engine)[0]
    for kill in range(_KILLS):
        gateway = start(file, log, url)
        names = [f"killed {os.getpid()} {kill} {index}{chance.choice('em')}" for index in range(60)]
        asked += names
        halves = [
            threading.Thread(target=create, args=(running, url, part, answered)) for part in (names[:30], names[30:])
        ]
        for thread in halves:
            thread.start()
        time.sleep(chance.uniform(0.1, 0.6))
        os.kill(gateway.pid, signal.SIGKILL)
        gateway.wait()
        for thread in halves:
            thread.join()
    assert verify_chain(running.engine)[1] is None
    gateway = start(file, log, url)
    try:
        with running.http("ada") as http:
            there = {name: owner_of(running, http, name) for name in asked}
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and any(exists and not owners for exists, owners in there.values()):
                time.sleep(0.5)
                there = {name: owner_of(running, http, name) for name in asked}
    finally:
        gateway.terminate()
        gateway.wait()
    kept = {name for name, (exists, _) in there.items() if exists}
    assert kept - set(answered), "no kill came between what MLflow did and its answer"
    # What was answered is there; what is there is owned by who asked for it, answered or not; nothing else is owned.
    assert {name for name, status in answered.items() if status != 200} == set()
    assert {name for name in answered if not there[name][0]} == set()
    assert {name: owners for name, (exists, owners) in there.items() if exists and owners != {"mia"}} == {}
    assert {name: owners for name, (exists, owners) in there.items() if not exists and owners} == {}
    records = list(every(running.engine, Search(principal="mia", after=before)))
    assert len(answered) <= sum(record["outcome"] in ("answered", "unknown") for record in records)
    assert any(record["outcome"] == "unknown" for record in records)
    assert verify_chain(running.engine)[1] is None
