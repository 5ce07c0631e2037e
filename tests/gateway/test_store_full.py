"""A disk that is full, or a file that is too large for it: the caller is told, and nothing half-written stays."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_LIMIT = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def run(running: Running) -> dict[str, str]:
    with running.http("ada") as http:
        experiment = http.post(_API + "experiments/create", json={"name": "full"}).json()["experiment_id"]
        made = http.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
    return {"experiment": experiment, "root": f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{made}/artifacts"}


@pytest.fixture
def small_disk(running: Running, run: dict[str, str]) -> Iterator[Path]:
    """A file system of 4 MiB in the place of the experiment's folder."""
    folder = running.home / "artifacts" / run["experiment"]
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_LIMIT},mode=0700", "tmpfs", str(folder)]
    tried = subprocess.run(mount, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"a small file system needs root and the right to mount: {tried.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_full_disk_is_told_and_leaves_nothing(running: Running, run: dict[str, str], small_disk: Path) -> None:
    with running.http("ada") as http:
        assert http.put(f"{run['root']}/small.bin", content=b"x" * 1024).status_code == 200
        answer = http.put(f"{run['root']}/big.bin", content=b"x" * (2 * _LIMIT))
        assert answer.status_code == 507, answer.text
        fault = answer.json()["faults"][0]
        assert (fault["thing"], fault["mend"]) == (
            "artifact store",
            "make room on its disk; nothing of the file was kept, upload it again",
        )
        assert files_below(small_disk) == ["small.bin"]
        assert http.get(f"{run['root']}/small.bin").content == b"x" * 1024
        assert http.get(f"{run['root']}/big.bin").status_code == 404
    assert running.records(3)[2]["status"] == 507


def test_an_overwrite_that_fails_leaves_the_old_file(running: Running, run: dict[str, str]) -> None:
    worker = running.mlflow.pid
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    with running.http("ada") as http:
        assert http.put(f"{run['root']}/model.bin", content=b"old").status_code == 200
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (_LIMIT, before[1]))
        try:
            answer = http.put(f"{run['root']}/model.bin", content=b"x" * (2 * _LIMIT))
        finally:
            resource.prlimit(worker, resource.RLIMIT_FSIZE, before)
        assert answer.status_code == 502, answer.text
        reason = "could not store the file (status 500); nothing of it was kept"
        assert answer.json()["faults"][0]["reason"] == reason
        assert http.get(f"{run['root']}/model.bin").content == b"old"
    assert "model.bin" in files_below(running.home / "artifacts" / run["experiment"])
    assert not [name for name in files_below(running.home / "artifacts") if "tmp" in name]
