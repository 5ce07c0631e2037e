"""The command line and the environment of the MLflow server that stands behind the gateway.

It listens on a Unix socket and nowhere else. The socket's folder (0700) keeps others out, and so does its own mode
where the platform runs the server (0600; uvicorn alone leaves 0666): there is no way around the gateway.
"""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloister.errors import Fault, SpecError

# The only Host that MLflow accepts; the gateway sets it, whatever name the caller used.
UPSTREAM_HOST = "mlflow.cloister.internal"
UMASK = 0o077
# Linux: sun_path is 108 bytes with the closing zero, unix(7).
_LONGEST_SOCKET_PATH = 107
_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class MlflowServer:
    """One MLflow server: where it listens, and where its metadata and artifacts lie.

    `backend_url` is a SQLAlchemy URL and may hold a password, so it travels in the environment and never in argv.
    `artifacts` is a folder or a store's URL.
    """

    socket: Path
    backend_url: str
    artifacts: str

    def __post_init__(self) -> None:
        if len(bytes(self.socket)) > _LONGEST_SOCKET_PATH:
            raise SpecError(
                Fault(
                    thing=f"socket {self.socket}",
                    reason=f"a Unix socket's path may have {_LONGEST_SOCKET_PATH} bytes at most",
                    mend="put the platform's home in a folder with a shorter path",
                )
            )

    def argv(self) -> tuple[str, ...]:
        """The arguments of the process; start it with `umask=UMASK`, without a shell."""
        options = ["--uds", str(self.socket), "--no-access-log", "--timeout-graceful-shutdown", str(_GRACE_SECONDS)]
        return (
            sys.executable,
            "-m",
            "mlflow",
            "server",
            "--workers",
            "1",
            "--serve-artifacts",
            "--artifacts-destination",
            self.artifacts,
            "--allowed-hosts",
            UPSTREAM_HOST,
            "--uvicorn-opts",
            shlex.join(options),
        )

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment of the process: `base` without MLflow's settings of the caller, and ours."""
        kept = {name: value for name, value in base.items() if not name.lstrip("_").startswith("MLFLOW")}
        return kept | {
            "MLFLOW_BACKEND_STORE_URI": self.backend_url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "GIT_PYTHON_REFRESH": "quiet",
            "PYTHONUNBUFFERED": "1",
        }

    def prepare(self) -> None:
        """Make the socket's folder (0700), remove the socket that a killed server left, make the artifacts' folder."""
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.parent.chmod(0o700)
        self.socket.unlink(missing_ok=True)
        if "://" not in self.artifacts:
            Path(self.artifacts).mkdir(mode=0o700, parents=True, exist_ok=True)
