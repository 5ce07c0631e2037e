"""kill -9 of MLflow or of the gateway in the middle of requests: files are whole or not there, the record holds.

CLOISTER_KILLS=N kills N times (twice without it).
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc.jwk import OKPKey

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.record.verify import verify_chain
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.gateway.conftest import Configure

    from cloister.gateway.config import GatewayConfig

_KILLS = int(os.environ.get("CLOISTER_KILLS", "2"))
pytestmark = [pytest.mark.platform, pytest.mark.timeout(120 + 60 * _KILLS)]
_API = "/api/2.0/mlflow/"
_FILE = bytes(range(256)) * 4096 * 24  # 24 MiB

Process = subprocess.Popen[bytes]


@dataclass
class Mortal:
    """An MLflow and a gateway of their own, which can be killed and started again."""

    home: Path
    config: GatewayConfig
    start: dict[str, Callable[[], Process]]
    key: OKPKey
    processes: dict[str, Process] = field(default_factory=dict)

    def kill(self, which: str) -> None:
        """Kill one with all its children, as a machine would."""
        process = self.processes[which]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def http(self) -> httpx.Client:
        token = issue(Principal("ada", "user"), self.key, now=datetime.now(UTC), lifetime_seconds=3600)
        url = f"http://127.0.0.1:{self.config.port}"
        return httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False)


@pytest.fixture
def mortal(
    configure: Configure, starters: Callable[[Path, GatewayConfig], dict[str, Callable[[], Process]]], tmp_path: Path
) -> Iterator[Mortal]:
    config = configure(tmp_path)
    start = starters(tmp_path, config)
    mlflow = start["mlflow"]()
    engine = open_store(config.database_url)
    migrate(engine, "gateway")
    ensure_users(engine, {"ml-admins": ["ada"]}, now=datetime.now(UTC))
    engine.dispose()
    gateway = start["gateway"]()
    made = Mortal(tmp_path, config, start, load_or_create_key(config.signing_key))
    made.processes = {"mlflow": mlflow, "gateway": gateway}
    yield made
    for which in made.processes:
        if made.processes[which].poll() is None:
            made.kill(which)


def test_a_kill_leaves_files_whole_and_the_record_true(mortal: Mortal) -> None:
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    with mortal.http() as http:
        experiment = http.post(_API + "experiments/create", json={"name": "killed"}).json()["experiment_id"]
        run = http.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
    kept = 0
    for number in range(_KILLS):
        which = ("mlflow", "gateway")[number % 2]
        path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{number}.bin"
        statuses: dict[str, int] = {}
        writers = [
            threading.Thread(target=upload, args=(mortal, path, statuses)),
            threading.Thread(target=log, args=(mortal, run, number, statuses)),
        ]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.0, 0.6))
        mortal.kill(which)
        mortal.processes[which] = mortal.start[which]()
        for writer in writers:
            writer.join(timeout=90)
        kept += check(mortal, path, run, number, statuses)
    engine = open_store(mortal.config.database_url)
    count, broken = verify_chain(engine)
    engine.dispose()
    assert broken is None
    assert count > _KILLS * 2
    assert kept <= _KILLS


def check(mortal: Mortal, path: str, run: str, number: int, statuses: dict[str, int]) -> bool:
    """Whether the file is there; it is whole where it is, and there where its upload was answered with success."""
    with mortal.http() as http:
        found = http.get(path)
        if found.status_code == 200:
            assert hashlib.sha256(found.content).digest() == hashlib.sha256(_FILE).digest(), f"half of {path} is there"
        assert found.status_code == 200 or statuses["upload"] != 200, "what was promised is gone"
        data = http.get(_API + "runs/get", params={"run_id": run}).json()["run"]["data"]
        metrics = {one["key"] for one in data.get("metrics", [])}
        logged = {f"m{number}-{index}" for index in range(50)}
        assert logged <= metrics or not logged & metrics, "half of a batch is there"
        assert logged <= metrics or statuses["log"] != 200, "what was promised is gone"
    return found.status_code == 200


def upload(mortal: Mortal, path: str, statuses: dict[str, int]) -> None:
    statuses["upload"] = send(mortal, "PUT", path, content=_FILE)


def log(mortal: Mortal, run: str, number: int, statuses: dict[str, int]) -> None:
    metrics = [{"key": f"m{number}-{index}", "value": 1, "timestamp": 1, "step": 0} for index in range(50)]
    statuses["log"] = send(mortal, "POST", _API + "runs/log-batch", json={"run_id": run, "metrics": metrics})


def send(mortal: Mortal, method: str, path: str, **given: object) -> int:
    """The status, or 0 where nobody answered."""
    try:
        with mortal.http() as http:
            return http.request(method, path, **given).status_code  # type: ignore[arg-type]  # body or document
    except httpx.TransportError:
        return 0
