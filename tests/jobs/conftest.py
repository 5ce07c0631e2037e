"""An agent of jobs as a real process, with a real durable engine on SQLite."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloister.jobs.assets.snapshot import pack
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.resolve import Member
from cloister.jobs.records.records import JobRecord
from cloister.jobs.records.status import FINISHED_JOBS
from cloister.store import open_store

PATIENCE_SECONDS = 60.0


@dataclass
class AgentProcess:
    """A platform's home with one agent; `start` again after a `kill` is what the platform does."""

    home: Path
    settings: dict[str, object] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        for name in ("state", "jobs", "secrets", "run"):
            (self.home / name).mkdir(parents=True)
        self.home.chmod(0o700)
        self.engine = open_store(f"sqlite:///{self.home}/state/cloister.db")
        self.service = JobService(self.engine, self.home / "jobs")
        self.service.migrate()

    @property
    def ready(self) -> Path:
        return self.home / "run" / "agent.ready"

    @property
    def log(self) -> str:
        return (self.home / "agent.log").read_text()

    def write_config(self) -> Path:
        config = self.home / "run" / "agent.json"
        document = {
            "home": str(self.home),
            "jobs_folder": str(self.home / "jobs"),
            "database_url": f"sqlite:///{self.home}/state/cloister.db",
            "engine_database_url": f"sqlite:///{self.home}/state/engine.db",
            "ready_file": str(self.ready),
            "poll_seconds": 0.05,
            **self.settings,
        }
        config.write_text(json.dumps(document))
        return config

    def start(self) -> None:
        with (self.home / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cloister.jobs", "--config", str(self.write_config())],
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
    ) -> PlannedStep:
        return PlannedStep(
            name, command, inputs, makes, code=code, timeout_seconds=timeout, environment_variables=variables
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
