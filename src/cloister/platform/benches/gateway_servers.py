"""The servers that `cloister bench gateway` measures: one MLflow, the gateway before it, and MLflow's own basic-auth.

Plain MLflow is asked on its Unix socket, behind the gateway's back: the same process, the same database. The servers
with basic-auth start from a copy of that database, with the settings that MLflow ships. Each MLflow has one worker, and
so has the gateway.
"""

import base64
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from configparser import RawConfigParser
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import httpx

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import Fault, InternalError
from cloister.gateway.config import GatewayConfig
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.mlflow.server import UMASK, UPSTREAM_HOST, MlflowServer
from cloister.gateway.server.limits import Limits
from cloister.platform.environment import child_environment
from cloister.platform.ports import LOOPBACK, free_port
from cloister.platform.probe import answers
from cloister.platform.process import Readiness
from cloister.store import migrate, open_store

API: Final = "/api/2.0/mlflow/"
ARTIFACTS: Final = "/api/2.0/mlflow-artifacts/artifacts/"
_RUNS: Final = 100
_EACH: Final = 8
_READY_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 30.0
_TOKEN_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, what a request to it must carry, and the processes to watch by name."""

    at: str | int
    headers: Mapping[str, str]
    watched: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What MLflow holds before anything is measured: an experiment with a hundred runs, and one run to write into."""

    experiment: str
    run: str


class Servers:
    """The servers, each started when it is first asked for, with their files in `home` and their ends in `stack`."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack

    @cached_property
    def plain(self) -> Server:
        """MLflow alone."""
        return self._mlflow("plain")

    @cached_property
    def seeded(self) -> Seeded:
        """What plain MLflow holds; asked for before a copy of it is made."""
        transport = httpx.HTTPTransport(uds=str(self.plain.at))
        with httpx.Client(transport=transport, base_url=f"http://{UPSTREAM_HOST}", timeout=60) as http:
            experiment = _post(http, "experiments/create", {"name": "bench"})["experiment_id"]
            runs = [_run(http, experiment) for _ in range(_RUNS + 1)]
        return Seeded(str(experiment), runs[-1])

    @cached_property
    def gateway(self) -> Server:
        """The gateway before plain MLflow, asked by an administrator with a token."""
        config = GatewayConfig(
            port=free_port(),
            database_url=f"sqlite:///{self._home}/cloister.db",
            mlflow_socket=Path(str(self.plain.at)),
            signing_key=self._home / "secrets" / "signing.jwk",
            artifacts=str(self._home / "plain" / "artifacts"),
            role_of_group={"admins": "admin"},
            limits=Limits(rate=1_000_000, burst=1_000_000),
        )
        now = datetime.now(UTC)
        engine = open_store(config.database_url)
        migrate(engine, "gateway")
        ensure_users(engine, {"admins": ["ada"]}, now=now)
        engine.dispose()
        file = self._home / "gateway.json"
        file.write_text(config.model_dump_json(), encoding="utf-8")
        pid = self._start(
            [sys.executable, "-m", "cloister.gateway", "--config", str(file)],
            child_environment(os.environ),
            Readiness("/cloister/healthz", port=config.port),
            "gateway",
        )
        token = issue(
            Principal("ada", "user"), load_or_create_key(config.signing_key), now=now, lifetime_seconds=_TOKEN_SECONDS
        )
        headers = {"Host": f"{LOOPBACK}:{config.port}", "Authorization": f"Bearer {token}"}
        return Server(config.port, headers, {**self.plain.watched, "gateway": pid})

    @cached_property
    def basic_auth(self) -> Server:
        """MLflow with its basic-auth as it is shipped."""
        return self._basic_auth("basic-auth")

    @cached_property
    def cached_basic_auth(self) -> Server:
        """MLflow with its basic-auth keeping for a minute that a password was right."""
        return self._basic_auth("basic-auth-cached", auth_cache_ttl_seconds="60")

    def remove_file(self, path: str) -> None:
        """Remove a file that plain MLflow was given, from its folder of artifacts."""
        (self._home / "plain" / "artifacts" / path.removeprefix(ARTIFACTS)).unlink()

    def _basic_auth(self, name: str, **changed: str) -> Server:
        password = secrets.token_urlsafe(12)
        file = self._home / f"{name}.ini"
        settings = basic_auth_settings(database_uri=f"sqlite:///{self._home}/{name}.db", **changed)
        with file.open("w", encoding="utf-8") as out:
            settings.write(out)
        environment = {
            "MLFLOW_AUTH_CONFIG_PATH": str(file),
            "MLFLOW_AUTH_ADMIN_PASSWORD": password,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(16),
        }
        server = self._mlflow(name, ["--app-name", "basic-auth"], environment)
        admin = settings["mlflow"]["admin_username"]
        credentials = base64.b64encode(f"{admin}:{password}".encode()).decode()
        return Server(server.at, {**server.headers, "Authorization": f"Basic {credentials}"}, server.watched)

    def _mlflow(self, name: str, options: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Server:
        folder = self._home / name
        folder.mkdir()
        database = folder / "mlflow.db"
        if options:
            copy_database(self._home / "plain" / "mlflow.db", database)
        server = MlflowServer(folder / "s" / "mlflow.sock", f"sqlite:///{database}", str(folder / "artifacts"))
        server.prepare()
        pid = self._start(
            [*server.argv(), *options],
            {**server.environment(child_environment(os.environ)), **(environment or {})},
            Readiness("/health", socket=server.socket, host=UPSTREAM_HOST),
            name,
        )
        return Server(str(server.socket), {"Host": UPSTREAM_HOST}, {"mlflow": pid})

    def _start(self, argv: Sequence[str], environment: Mapping[str, str], readiness: Readiness, name: str) -> int:
        """The id of a process that answers; it ends with the stack."""
        log = self._home / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                argv,
                env=environment,
                cwd=self._home,
                umask=UMASK,
                start_new_session=True,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(_stop, process)
        until_ready(readiness, process, log)
        return process.pid


def until_ready(readiness: Readiness, process: "subprocess.Popen[bytes]", log: Path | None = None) -> None:
    """Back once a server answers. Raises InternalError where it ends before, or does not answer for long."""
    deadline = time.monotonic() + _READY_SECONDS
    while not answers(readiness):
        if process.poll() is not None:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log is not None else ""
            raise InternalError(Fault(str(readiness), f"ended with {process.returncode}\n{said}", "mend that first"))
        if time.monotonic() > deadline:
            fault = Fault(str(readiness), f"did not answer within {_READY_SECONDS:g} s", "try on a quieter machine")
            raise InternalError(fault)
        time.sleep(0.1)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def basic_auth_settings(**changed: str) -> RawConfigParser:
    """The settings of basic-auth that the installed MLflow ships, but for those that are given."""
    settings = RawConfigParser()
    mlflow = find_spec("mlflow")
    if mlflow is None or mlflow.origin is None:
        raise InternalError(Fault("MLflow", "is not installed", "install the platform: ./install.sh platform"))
    with (Path(mlflow.origin).parent / "server" / "auth" / "basic_auth.ini").open(encoding="utf-8") as shipped:
        settings.read_file(shipped)
    settings["mlflow"].update(changed)
    return settings


def copy_database(database: Path, to: Path) -> None:
    """A copy of a SQLite database that is in use."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _run(http: httpx.Client, experiment: object) -> str:
    """The id of a new run with a few metrics and parameters."""
    run = _post(http, "runs/create", {"experiment_id": experiment, "start_time": 1})["run"]
    assert isinstance(run, dict)  # noqa: S101 - MLflow's answer, for the type checker
    metrics = [{"key": f"m{number}", "value": number / 7, "timestamp": 1, "step": 0} for number in range(_EACH)]
    params = [{"key": f"p{number}", "value": str(number)} for number in range(_EACH)]
    identity = str(run["info"]["run_id"])
    _post(http, "runs/log-batch", {"run_id": identity, "metrics": metrics, "params": params})
    return identity


def _post(http: httpx.Client, call: str, document: Mapping[str, object]) -> dict[str, object]:
    answer: dict[str, object] = http.post(API + call, json=document).raise_for_status().json()
    return answer
