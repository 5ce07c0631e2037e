"""Two gateways with two workers each on one PostgreSQL, before one MLflow: one truth, one record, whoever is asked."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloister.gateway.identity.users import ensure_users
from cloister.gateway.record.verify import verify_chain
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from tests.gateway.conftest import Configure, Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_SOON = 1.2  # a second, within which a change counts everywhere, and what a request takes


@dataclass
class Replicas:
    """The addresses of the gateways, and the database that they share."""

    urls: tuple[str, ...]
    engine: Engine
    token_of: object
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def http(self, which: int, who: str) -> httpx.Client:
        assert callable(self.token_of)
        headers = {"authorization": f"Bearer {self.token_of(who)}"}
        return httpx.Client(base_url=self.urls[which], headers=headers, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def replicas(
    running: Running, configure: Configure, postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    engine = open_store(postgresql)
    migrate(engine, "gateway")
    ensure_users(engine, {"ml-admins": ["ada", "alan"], "ml-readers": ["rita"]}, now=datetime.now(UTC))
    made = Replicas((), engine, running.token)
    try:
        for number in range(2):
            folder = tmp_path_factory.mktemp(f"replica{number}")
            config = configure(running.home, database_url=postgresql, workers=2)
            (folder / "gateway.json").write_text(config.model_dump_json())
            command = [sys.executable, "-W", "error", "-m", "cloister.gateway", "--config", f"{folder}/gateway.json"]
            with (folder / "log").open("wb") as out:
                process = subprocess.Popen(command, stdout=out, stderr=out)
            made.processes.append(process)
            made.urls = (*made.urls, f"http://127.0.0.1:{config.port}")
            _wait(f"{made.urls[-1]}/cloister/healthz", process, folder / "log")
        yield made
    finally:
        for process in made.processes:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        engine.dispose()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(log.read_text()[-3000:])


def test_many_callers_of_both_leave_one_whole_record(replicas: Replicas) -> None:
    answered: list[int] = []

    def call(which: int) -> None:
        with replicas.http(which, "ada") as http:
            answered.extend(http.get("/version").status_code for _ in range(25))

    before, _ = verify_chain(replicas.engine)
    callers = [threading.Thread(target=call, args=(number % 2,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert answered == [200] * 200
    assert verify_chain(replicas.engine) == (before + 200, None)


def test_the_record_cannot_be_changed_in_the_database(replicas: Replicas) -> None:
    for change in (
        "UPDATE gateway_audit SET principal = 'eve'",
        "DELETE FROM gateway_audit",
        "UPDATE gateway_outcome SET status = 1",
    ):
        with pytest.raises(DBAPIError, match="append"), replicas.engine.begin() as connection:
            connection.execute(text(change))


def test_who_is_shut_out_at_one_is_shut_out_at_the_other_within_a_second(replicas: Replicas) -> None:
    with replicas.http(0, "ada") as first, replicas.http(1, "alan") as second:
        assert {second.get("/version").status_code for _ in range(4)} == {200}
        assert first.put("/cloister/v1/users/alan/disabled", json={"disabled": True}).status_code == 200
        time.sleep(_SOON)
        assert {second.get("/version").status_code for _ in range(8)} == {401}
        first.put("/cloister/v1/users/alan/disabled", json={"disabled": False})


def test_a_session_that_ends_at_one_ends_at_the_other(replicas: Replicas) -> None:
    """Whoever logs in at one is known at the other; a new password ends tokens at both within a second."""
    with replicas.http(0, "ada") as admin:
        password = admin.post("/cloister/v1/users/rita/password", json={}).json()["password"]
    credentials = {"user": "rita", "password": password}
    token = httpx.post(f"{replicas.urls[0]}/cloister/v1/token", json=credentials, timeout=60, trust_env=False).json()[
        "token"
    ]
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=replicas.urls[1], headers=headers, timeout=60, trust_env=False) as second:
        time.sleep(_SOON)
        assert second.get("/version").status_code == 200
        with replicas.http(0, "ada") as admin:
            admin.post("/cloister/v1/users/rita/password", json={})
        time.sleep(_SOON)
        assert {second.get("/version").status_code for _ in range(4)} == {401}


def test_what_one_made_the_other_knows_the_maker_of(replicas: Replicas) -> None:
    """An approver of the other gateway meets the separation of duties over what was made through the first."""
    with replicas.http(0, "ada") as maker:
        experiment = maker.post(_API + "experiments/create", json={"name": "replicated"}).json()["experiment_id"]
        run = maker.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]
        assert maker.post(_API + "registered-models/create", json={"name": "replicated"}).status_code == 200
        version = {"name": "replicated", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
        made = maker.post(_API + "model-versions/create", json=version)
        assert made.status_code == 200, made.text
    move = {"name": "replicated", "version": "1", "stage": "Production", "archive_existing_versions": False}
    with replicas.http(1, "ada") as same, replicas.http(1, "alan") as other:
        refused = same.post(_API + "model-versions/transition-stage", json=move)
        assert (refused.status_code, "may not approve it" in refused.text) == (403, True)
        assert other.post(_API + "model-versions/transition-stage", json=move).status_code == 200


def test_a_file_on_its_way_through_one_holds_the_approval_at_the_other_up(replicas: Replicas) -> None:
    with replicas.http(0, "ada") as maker:
        experiment = maker.post(_API + "experiments/create", json={"name": "on its way"}).json()["experiment_id"]
        run = maker.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]
        maker.post(_API + "registered-models/create", json={"name": "on its way"})
        version = {"name": "on its way", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
        assert maker.post(_API + "model-versions/create", json=version).status_code == 200
        token = maker.headers["authorization"]
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run['run_id']}/artifacts/model/w.bin"
    host, _, port = replicas.urls[0].removeprefix("http://").partition(":")
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nAuthorization: {token}\r\n"
        "Content-Length: 8\r\n\r\n"
    )
    move = {"name": "on its way", "version": "1", "stage": "Production", "archive_existing_versions": False}
    with replicas.http(1, "alan") as approver, socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"swap")
        time.sleep(0.7)
        held = approver.post(_API + "model-versions/transition-stage", json=move)
        connection.sendall(b"ped!")
        assert b" 200 " in connection.recv(4096).split(b"\r\n", 1)[0]
        assert (held.status_code, "a file is being written" in held.text) == (403, True)
        assert approver.post(_API + "model-versions/transition-stage", json=move).status_code == 200


def test_workers_that_are_killed_in_the_middle_leave_a_whole_record(replicas: Replicas) -> None:
    """Every worker of the first gateway is killed once, under load; each request that was answered is on record."""
    stop = threading.Event()
    answered: list[str] = []

    def call() -> None:
        while not stop.is_set():
            try:
                with replicas.http(0, "ada") as http:
                    answered.extend(http.get("/version").headers.get("x-request-id", "") for _ in range(10))
            except httpx.TransportError:
                time.sleep(0.05)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        for _ in range(3):
            time.sleep(random.uniform(0.3, 0.8))  # noqa: S311 - a moment of no meaning
            for worker in _workers(replicas.processes[0].pid):
                os.kill(worker, signal.SIGKILL)
            time.sleep(4)
    finally:
        stop.set()
        caller.join(timeout=60)
    assert len(answered) > 20
    count, broken = verify_chain(replicas.engine)
    assert broken is None
    with replicas.engine.connect() as connection:
        kept = set(connection.scalars(text("SELECT request_id FROM gateway_audit")))
    assert set(answered) <= kept
    assert count >= len(answered)


def _workers(parent: int) -> list[int]:
    """The worker processes of a gateway: its children that run uvicorn, not the resource tracker of Python."""
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    lines = [line.split(None, 1) for line in found.stdout.splitlines()]
    return [int(pid) for pid, command in lines if "spawn_main" in command]
