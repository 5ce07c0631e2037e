"""An agent of jobs as a real process, with a real durable engine on SQLite; control routes behind a real guard."""

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import CloisterError
from cloister.gateway import faults
from cloister.gateway.config import GatewaySettings
from cloister.gateway.guard import Guard
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.rights.opening import open_guard
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.resolve import Member
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.status import FINISHED_JOBS
from cloister.jobs.running.commands import Command, Ended, start
from cloister.jobs.running.drivers.logs import Log
from cloister.store import migrate, open_store

PATIENCE_SECONDS = 60.0


@dataclass
class AgentProcess:
    """A platform's home with one agent; `start` again after a `kill` is what the platform does.

    Several may share a home, each with a name of its own. `database` is the address of a PostgreSQL, else it is SQLite.
    """

    home: Path
    settings: dict[str, object] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    name: str = "local"
    database: str = ""

    def __post_init__(self) -> None:
        for name in ("state", "jobs", "secrets", "run"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        self.engine = open_store(self.database or f"sqlite:///{self.home}/state/cloister.db")
        self.service = JobService(self.engine, self.home / "jobs")
        self.service.migrate()

    @property
    def ready(self) -> Path:
        return self.home / "run" / f"{self.name}.ready"

    @property
    def log(self) -> str:
        return (self.home / f"{self.name}.log").read_text()

    def write_config(self) -> Path:
        config = self.home / "run" / f"{self.name}.json"
        document = {
            "home": str(self.home),
            "jobs_folder": str(self.home / "jobs"),
            "database_url": self.database or f"sqlite:///{self.home}/state/cloister.db",
            "engine_database_url": self.database or f"sqlite:///{self.home}/state/engine-{self.name}.db",
            "ready_file": str(self.ready),
            "name": self.name,
            "poll_seconds": 0.05,
            **self.settings,
        }
        config.write_text(json.dumps(document))
        return config

    def log_to(self, url: str) -> None:
        """Let steps find MLflow there."""
        key = self.home / "secrets" / "key.json"
        load_or_create_key(key)
        self.settings |= {"gateway_url": url, "signing_key": str(key)}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "cloister.jobs", "--config", str(self.write_config())]

    def start(self) -> None:
        with (self.home / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                env={**os.environ, "AWS_SECRET_ACCESS_KEY": "the agent's own"},
            )
        self.until(lambda: self.ready.exists() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.log

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    @staticmethod
    def step(
        name: str,
        command: str,
        *inputs: PlannedInput,
        makes: tuple[PlannedOutput, ...] = (),
        code: str = "",
        timeout: int | None = None,
        variables: tuple[tuple[str, str], ...] = (),
        **more: Any,  # noqa: ANN401 - what else a step has
    ) -> PlannedStep:
        return PlannedStep(
            name,
            command,
            inputs,
            makes,
            code=code,
            timeout_seconds=timeout,
            environment_variables=variables,
            **more,
        )

    def submit(self, *steps: PlannedStep, name: str = "", keep_going: bool = False, code: Path | None = None) -> str:
        plan = Plan("pipeline", "tests", steps, name=name, continue_on_step_failure=keep_going)
        archive = self.home / "snapshot.tar.gz"
        with archive.open("wb") as file:
            pack([Member(code, "code/0")] if code else [], file)
        return self.service.submit(plan, archive, "ada")

    def ended(self, name: str) -> JobRecord:
        self.until(lambda: self.service.show(name).status in FINISHED_JOBS)
        return self.service.show(name)

    def printed(self, name: str, step: str) -> str:
        return self.service.logs(name, step).text

    def until(self, holds: Callable[[], object]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > give_up:
                pytest.fail(f"waited {PATIENCE_SECONDS:.0f} s in vain; the agent's log:\n{self.log}")
            time.sleep(0.03)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    """An agent that all tests of a module share."""
    made = AgentProcess(tmp_path_factory.mktemp("agent"))
    made.start()
    yield made
    made.stop()
    made.engine.dispose()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[AgentProcess]:
    """A home whose agent is the test's own, to be killed."""
    made = AgentProcess(tmp_path / "home")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()
    made.engine.dispose()


@pytest.fixture
def tracked(fresh: AgentProcess, mlflow_url: str) -> AgentProcess:
    """An agent whose steps log to MLflow, the test's own."""
    fresh.log_to(mlflow_url)
    fresh.start()
    return fresh


@pytest.fixture(scope="module")
def logging_agent(tmp_path_factory: pytest.TempPathFactory, mlflow_url: str) -> Iterator[AgentProcess]:
    """An agent whose steps log to MLflow, which all tests of a module share."""
    made = AgentProcess(tmp_path_factory.mktemp("agent"), {"concurrent_jobs": 8, "concurrent_steps": 8})
    made.log_to(mlflow_url)
    made.start()
    yield made
    made.stop()
    made.engine.dispose()


class Agents(Protocol):
    """Makes homes with an agent on a database: `sqlite`, or another one's address."""

    def __call__(self, name: str, database: str = "", **settings: object) -> AgentProcess: ...


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    """Agents of one home, each to be started; whatever runs in the end is killed, stopped ones too."""
    made: list[AgentProcess] = []

    def make(name: str, database: str = "", **settings: object) -> AgentProcess:
        made.append(AgentProcess(tmp_path / "home", settings, name=name, database=database))
        return made[-1]

    yield make
    for agent in made:
        if agent.process is not None and agent.process.poll() is None:
            agent.kill()
        agent.engine.dispose()


GROUPS = {
    "admins": ["ada"],
    "readers": ["rita"],
    "approvers": ["abe"],
    "members": ["mia", "max"],
    "none": ["nora"],
}
ROLES = {"admins": "admin", "readers": "reader", "approvers": "approver", "members": "member"}


def _guard_on(engine: Engine, folder: Path) -> Guard:
    """A guard with users of every role."""
    migrate(engine, "gateway")
    ensure_users(engine, GROUPS, now=datetime(2026, 1, 1, tzinfo=UTC))
    settings = GatewaySettings(role_of_group=ROLES)
    return open_guard(settings, engine, folder / "signing.key", lambda: datetime.now(UTC)).guard


@dataclass(frozen=True)
class Guarded:
    """A server with routes behind the guard; whoever asks has a token."""

    guard: Guard
    url: str

    def token(self, who: str | Principal) -> str:
        """A token of a user, or of another principal."""
        principal = Principal(who, "user") if isinstance(who, str) else who
        return issue(principal, self.guard.key, now=datetime.now(UTC), lifetime_seconds=600)

    def ask(
        self, who: str | Principal, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> httpx.Response:
        """The answer to a request; `who` empty: without a token."""
        headers = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        address = f"{self.url}/cloister/v1/{path}"
        return httpx.request(method, address, headers=headers, trust_env=False, timeout=30, json=body, content=raw)

    def reason(self, who: str | Principal, method: str, path: str, body: object = None) -> tuple[int, str]:
        """The status of a refusal, and what is told."""
        answer = self.ask(who, method, path, body)
        told = answer.json().get("faults", [{}])[0]
        return answer.status_code, f"{told.get('thing')}: {told.get('reason')}"

    def recorded(self, after: int = 0) -> list[tuple[str, str, str, str]]:
        """Who asked for what on what, and the decision, in order, without the first `after`."""
        statement = text("SELECT principal, action, resource, decision FROM gateway_audit ORDER BY number")
        with self.guard.engine.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(statement)][after:]


@contextmanager
def _serve(engine: Engine, folder: Path, routes: Callable[[Guard], Iterable[Route]]) -> Iterator[Guarded]:
    """A real server of the routes below the control API's prefix."""

    async def tell(_request: Request, error: Exception) -> Response:
        assert isinstance(error, CloisterError)
        return faults.answer(error)

    guard = _guard_on(engine, folder)
    prefixed = [Route("/cloister/v1" + r.path, r.endpoint, methods=sorted(r.methods or ())) for r in routes(guard)]
    app = Starlette(routes=prefixed, exception_handlers={CloisterError: tell})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield Guarded(guard, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
            guard.audit.close()


Serve = Callable[[Engine, Path, Callable[[Guard], Iterable[Route]]], AbstractContextManager[Guarded]]


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Puts routes behind a real guard, with users of every role on the database that the routes use."""
    return _serve


class RunLine(Protocol):
    """Runs a step's line."""

    def __call__(
        self, line: str, folder: Path, variables: Mapping[str, str] | None = None, timeout_seconds: float = 60
    ) -> tuple[Ended, str]: ...


@pytest.fixture(scope="session")
def run_line() -> RunLine:
    """How a step's line ended, and what stands in its log: run under the launcher, as the agent does."""

    def run(
        line: str, folder: Path, variables: Mapping[str, str] | None = None, timeout_seconds: float = 60
    ) -> tuple[Ended, str]:
        async def wait() -> tuple[Ended, str]:
            out = io.BytesIO()
            environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **(variables or {})}
            running = await start(Command(line, folder, environment))
            return await running.ended(Log(out, (), limit_bytes=1_000_000), timeout_seconds), out.getvalue().decode()

        return asyncio.run(wait())

    return run
