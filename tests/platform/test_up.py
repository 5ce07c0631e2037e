"""A real platform, started once: who is refused beside it, what a kill leaves, and that it comes back."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloister.platform.home import home_at
from cloister.platform.ports import free_port
from cloister.platform.proc import descendants, identity_of
from cloister.platform.records import read_records
from cloister.platform.running import Ready, RunningPlatform

pytestmark = [pytest.mark.platform, pytest.mark.timeout(400)]


@dataclass
class Up:
    """The platform under test."""

    folder: Path
    port: int
    serving_port: int
    platform: RunningPlatform
    ready: Ready

    @property
    def options(self) -> tuple[str, ...]:
        ports = ("--port", str(self.port), "--serving-port", str(self.serving_port))
        return (str(self.folder / "cloister.yaml"), "--home", str(self.folder / "home"), *ports)


def cloister(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cloister", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    assert cloister("init", "azure-hub-spoke", folder=folder).returncode == 0
    ports = free_port(), free_port()
    options = ("--home", str(folder / "home"), "--port", str(ports[0]), "--serving-port", str(ports[1]))
    platform = RunningPlatform((str(folder / "cloister.yaml"), *options), folder / "up.log")
    try:
        yield Up(folder, *ports, platform, platform.wait_ready())
    finally:
        platform.stop()


def test_every_role_was_tried_and_each_person_got_a_login(up: Up) -> None:
    assert {row["role"] for row in up.ready.roles} == {"admin", "reader", "approver", "nobody"}
    assert all(row["status"] == row["expected"] and row["decided_by"] for row in up.ready.roles)
    assert set(up.ready.logins) == {"admin", "reader", "approver"}


def test_files_of_the_home_are_for_this_user_alone(up: Up) -> None:
    home = home_at(up.folder / "home")
    assert not [path for path in home.secrets.iterdir() if path.stat().st_mode & 0o077]
    assert not [path for path in home.run.glob("*.json") if path.stat().st_mode & 0o077]
    assert home.sockets.stat().st_mode & 0o077 == 0
    said = (up.folder / "up.log").read_text() + "".join(log.read_text() for log in home.logs.iterdir())
    assert not [password for password in up.ready.logins.values() if password in said]


def test_status_says_that_all_is_well(up: Up) -> None:
    told = cloister("status", "--home", "home", "--json", folder=up.folder)
    document = json.loads(told.stdout)
    assert told.returncode == 0, told.stdout
    assert [process["name"] for process in document["processes"]] == [
        "mlflow",
        "gateway",
        "packages",
        "agent",
        "serving",
    ]
    assert document["address"] == f"http://127.0.0.1:{up.port}"
    assert sum(process["megabytes"] for process in document["processes"]) < 2500


def test_a_second_up_in_the_same_home_is_refused_with_who_runs(up: Up) -> None:
    told = cloister("up", *up.options, folder=up.folder)
    assert told.returncode == 2
    assert told.stdout == ""
    (fault, mend) = told.stderr.splitlines()[-2:]
    assert f"a platform runs here already (process {up.platform.pid}, since " in fault
    assert mend.startswith(f"  mend: stop it: cloister down --home {up.folder}/home")


def test_a_second_up_on_the_same_ports_is_refused_with_their_owner_and_writes_nothing(up: Up) -> None:
    options = ("--home", "other", "--port", str(up.port), "--serving-port", str(up.serving_port))
    told = cloister("up", *options, folder=up.folder)
    assert told.returncode == 2
    gateway = f"port {up.port}: is taken by process "
    lines = told.stderr.splitlines()
    assert [line for line in lines if line.startswith(gateway) and "cloister.platform.front" in line]
    assert "  mend: stop that process, or pick another port: --port N" in lines
    assert "  mend: stop that process, or pick another port: --serving-port N" in lines
    assert not (up.folder / "other").exists()


def test_mlflow_listens_on_no_port(up: Up) -> None:
    home = home_at(up.folder / "home")
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(str(home.mlflow_socket))
    if shutil.which("ss") is None:
        pytest.skip("ss (iproute2) is not installed")
    listening = subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True, check=False)
    (leash,) = [record.identity.pid for record in read_records(home) if record.name == "mlflow"]
    below = {f"pid={pid}," for pid in descendants(leash)}
    assert not [line for line in listening.stdout.splitlines() if any(pid in line for pid in below)]


def test_a_full_disk_is_told_before_anything_is_written(up: Up, tmp_path: Path) -> None:
    script = f"mount -t tmpfs -o size=4m none {tmp_path} && exec {sys.executable} -m cloister up --home {tmp_path}/h"
    ports = f"--port {free_port()} --serving-port {free_port()}"
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", f"{script} {ports}; ls -A {tmp_path}"]
    if shutil.which("unshare") is None or subprocess.run([*command[:3], "true"], check=False).returncode:
        pytest.skip("this machine gives no mount namespaces")
    told = subprocess.run(command, cwd=up.folder, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert "MB are free on its disk; 500 MB are needed" in told.stderr
    assert told.stdout == ""


def test_a_killed_platform_leaves_nothing_and_the_next_start_has_its_users(up: Up) -> None:
    home = home_at(up.folder / "home")
    pids = descendants(up.platform.pid)
    assert len(pids) >= 8, "four leashes and four programs at least"
    os.kill(up.platform.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(identity_of(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert cloister("status", "--home", "home", folder=up.folder).returncode == 3
    up.platform.stop()
    again = RunningPlatform(up.options, up.folder / "up.log")
    try:
        assert again.wait_ready().logins == {}
        assert again.interrupt() == 0
    finally:
        again.stop()
    assert read_records(home) == ()
