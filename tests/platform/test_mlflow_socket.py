"""The socket behind the gateway is the platform's alone, whatever becomes of its folder."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cloister.gateway.mlflow.server import MlflowServer

pytestmark = pytest.mark.platform


def test_others_may_not_connect_to_mlflow(tmp_path: Path) -> None:
    server = MlflowServer(
        tmp_path / "run" / "mlflow.sock", f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path / "artifacts")
    )
    server.prepare()
    command = [sys.executable, "-m", "cloister.platform.mlflow_process"]
    options = ["--socket", str(server.socket), "--artifacts", server.artifacts]
    modes: set[str] = set()
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, *options], env=server.environment(os.environ), stdout=out, stderr=out, umask=0o022
        ) as process,
    ):
        give_up = time.monotonic() + 60
        # From before it listens until after: uvicorn changes the mode once it does.
        while "Uvicorn running on" not in log.read_text() and time.monotonic() < give_up and process.poll() is None:
            if server.socket.exists():
                modes.add(stat.filemode(server.socket.stat().st_mode))
            time.sleep(0.01)
        modes.add(stat.filemode(server.socket.stat().st_mode))
        process.terminate()
    assert "Uvicorn running on" in log.read_text()
    # While nobody listens, its mode may be wider for a moment; a connection is refused then.
    assert stat.filemode(stat.S_IFSOCK | 0o600) in modes
    assert stat.filemode(stat.S_IFSOCK | 0o666) not in modes
