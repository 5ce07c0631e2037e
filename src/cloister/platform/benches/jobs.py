"""What a job costs beyond its commands: a pipeline's step, a pipeline of 200 steps, the wait until a job starts.

A whole platform runs, as `cloister up` starts it: steps are confined, tracked in MLflow through the gateway, and what
they ask is decided and recorded. The baseline is the same command line in the same shell, started by hand.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx

from cloister.errors import Fault, InternalError
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.planning.plan import FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.plan_json import to_json
from cloister.loopback import http_client
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.ports import free_port
from cloister.platform.running import RunningPlatform

_ENVIRONMENT = "version: 1\nblueprint: azure-hub-spoke\n"
_CHAIN, _WIDE = 20, 200
_PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 0.05
_STEP = "true"
_BY_HAND = "the same command by hand"


@dataclass(frozen=True, slots=True)
class _Platform:
    """A running platform, asked as its administrator."""

    http: httpx.Client
    snapshot: str

    # The one that runs while the benchmark does; comparisons take no arguments.
    running: ClassVar["_Platform | None"] = None

    def run(self, *steps: PlannedStep) -> dict[str, Any]:
        """The job of these steps, once it has completed. Nothing is reused."""
        plan = Plan("pipeline", "bench", steps, force_rerun=True)
        body = {"plan": json.loads(to_json(plan)), "snapshot": self.snapshot}
        found: dict[str, Any] = _good(self.http.post("/cloister/v1/jobs", json=body))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while found["status"] not in ("Completed", "Failed", "Canceled"):
            if time.monotonic() > deadline:
                raise InternalError(Fault(f"job {found['name']}", "took too long", "look into the agent's log"))
            time.sleep(_POLL_SECONDS)
            found = _good(self.http.get(f"/cloister/v1/jobs/{found['name']}"))
        if found["status"] != "Completed":
            raise InternalError(Fault(f"job {found['name']}", f"{found['status']}: {found['reason']}", "mend that"))
        return found


@contextmanager
def _started() -> Iterator[None]:
    """A platform in a folder of its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        home = Path(folder)
        (home / "cloister.yaml").write_text(_ENVIRONMENT)
        port = free_port()
        options = ("--home", str(home / "home"), "--port", str(port), "--serving-port", str(free_port()))
        platform = RunningPlatform((str(home / "cloister.yaml"), *options), home / "up.log")
        try:
            ready = platform.wait_ready()
            url = f"http://127.0.0.1:{port}"
            with http_client(url) as http:
                login = {"user": "admin", "password": ready.logins["admin"]}
                token = str(_good(http.post("/cloister/v1/token", json=login))["token"])
            with http_client(url, token=token) as http:
                _Platform.running = _Platform(http, _empty_snapshot(http))
                _Platform.running.run(PlannedStep("warm", _STEP))
                yield
        finally:
            _Platform.running = None
            platform.stop()


def _empty_snapshot(http: httpx.Client) -> str:
    with tempfile.TemporaryFile() as file:
        pack((), file)
        file.seek(0)
        return str(_good(http.put("/cloister/v1/jobs/snapshots", content=file))["snapshot"])


def _good(answer: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
    if not answer.is_success:
        raise InternalError(Fault(str(answer.url), f"{answer.status_code}: {answer.text[:500]}", "mend that"))
    return answer.json()


def _chain() -> Figures:
    """Seconds a step of a pipeline in which each needs the one before, and how much of it is not the command's."""
    seconds = _running().run(*chained(_CHAIN))["seconds"] / _CHAIN
    return {"seconds": seconds, "overhead_seconds": seconds - _by_hand(_CHAIN)["seconds"]}


def chained(count: int) -> Iterator[PlannedStep]:
    """Steps of which each needs what the one before made."""
    for number in range(count):
        before = (PlannedInput("data", "uri_folder", FromStep(f"s{number - 1}", "data")),) if number else ()
        yield PlannedStep(f"s{number}", _STEP, before, (PlannedOutput("data", "uri_folder"),))


def _wide() -> Figures:
    """Seconds of a pipeline of 200 steps that need nothing of each other, from its submission to its end."""
    begun = time.monotonic()
    _running().run(*(PlannedStep(f"s{number}", _STEP) for number in range(_WIDE)))
    return {"seconds": time.monotonic() - begun}


def _wide_by_hand() -> Figures:
    return {"seconds": _by_hand(_WIDE)["seconds"] * _WIDE}


def _start() -> Figures:
    """Seconds from the submission until the first step's command was started, with an agent that waits."""
    found = _running().run(PlannedStep("only", _STEP))
    created, started = (datetime.fromisoformat(at) for at in (found["created_at"], found["steps"][0]["started_at"]))
    return {"seconds": (started - created).total_seconds()}


def _by_hand(times: int = 1) -> Figures:
    begun = time.monotonic()
    for _ in range(times):
        subprocess.run(["/bin/sh", "-c", _STEP], check=True)
    return {"seconds": (time.monotonic() - begun) / times}


def _running() -> _Platform:
    if _Platform.running is None:
        message = "no platform runs"
        raise ValueError(message)
    return _Platform.running


BENCHMARK = Benchmark(
    "jobs",
    (
        Comparison("start", _start, _BY_HAND, _by_hand, (Target("seconds", 1.0),), runs=7),
        Comparison("step", _chain, _BY_HAND, lambda: _by_hand(_CHAIN), (Target("overhead_seconds", 0.15),), runs=3),
        Comparison("wide", _wide, _BY_HAND, _wide_by_hand, (Target("seconds", 30.0),), runs=3),
    ),
    around=_started,
)
