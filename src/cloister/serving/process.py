"""One worker process as the router holds it: started, found ready by a real request, drained and stopped."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import httpx

from cloister.errors import Fault, SourceError
from cloister.serving.config import RouterConfig, WorkerConfig
from cloister.serving.wire import Proven
from cloister.serving.worker import KEEP_ALIVE_SECONDS, PROBE

_LOG_BYTES = 8 << 20
_TAIL_LINES = 6
_STOP_SECONDS = 12.0
_EXAMPLE = "serving_input_example.json"
_PROBE_SECONDS = 20.0
# Isolated, the interpreter imports nothing from where it stands, from the user's folder or by a variable's word;
# unbuffered, because it would not listen to PYTHONUNBUFFERED either.
_COMMAND = (sys.executable, "-I", "-u", "-m", "cloister.serving.worker")
# A model's folder is its author's, so no process stands in it.
_NEUTRAL_FOLDER = Path("/")
# Of the platform's environment a worker gets only what a program needs to run.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_OURS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True, slots=True)
class Started:
    """What a worker is to run: a deployment as it was resolved, and the folder of its model."""

    proven: Proven
    model: Path

    @property
    def thing(self) -> str:
        """The deployment in words."""
        return f'deployment "{self.proven.spec.name}" of endpoint "{self.proven.spec.endpoint}"'


def log_path(logs: Path, endpoint: str, deployment: str) -> Path:
    """The log of a deployment's workers."""
    return logs / f"serving-{endpoint}-{deployment}.log"


def collected_path(serving: Path, endpoint: str, deployment: str) -> Path:
    """The folder of a deployment's scored batches."""
    return serving / "collected" / endpoint / deployment


class Worker:
    """A running worker process. `in_flight` counts the requests that it has not answered yet."""

    def __init__(self, started: Started, process: asyncio.subprocess.Process, socket: Path, log: Path) -> None:
        self.started = started
        self.in_flight = 0
        self.is_ready = False
        self.is_retired = False
        self.collected = 0
        self.dropped = 0
        self._process = process
        self._socket = socket
        self._log = log
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=32, keepalive_expiry=KEEP_ALIVE_SECONDS / 2
        )
        transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=limits)
        timeout = httpx.Timeout(started.proven.spec.request_timeout_ms / 1000)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://worker", timeout=timeout)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    @property
    def takes_requests(self) -> bool:
        """Whether requests may be sent to it."""
        return self.is_ready and self.is_running and not self.is_retired

    async def ended(self) -> int:
        """The exit code, once the process has ended."""
        return await self._process.wait()

    async def become_ready(self, within_seconds: float) -> None:
        """Return once a real request was answered well. Raises SourceError with the reason from its log."""
        deadline = time.monotonic() + within_seconds
        while not await self._answers_ping():
            if not self.is_running:
                raise SourceError(self._fault(f"its worker ended with code {self._process.returncode}"))
            if time.monotonic() > deadline:
                raise SourceError(self._fault(f"its worker was not ready within {within_seconds:.0f} s"))
            await asyncio.sleep(0.1)
        await self._score_example()
        self.is_ready = True

    async def check(self) -> bool:
        """Whether it answers now; remembers what it says about collected batches."""
        return await self._answers_ping()

    async def _answers_ping(self) -> bool:
        try:
            answer = await self.http.get("/ping", timeout=5.0)
        except httpx.HTTPError:
            return False
        if answer.status_code != httpx.codes.OK:
            return False
        told = answer.json()
        self.collected, self.dropped = int(told["collected"]), int(told["dropped"])
        return True

    async def _score_example(self) -> None:
        """Score the model's own input example, where it has one: the request that a caller would send."""
        try:
            example = await asyncio.to_thread((self.started.model / _EXAMPLE).read_bytes)
        except FileNotFoundError:
            return
        headers = {"content-type": "application/json", PROBE: "1"}
        try:
            answer = await self.http.post("/invocations", content=example, headers=headers, timeout=_PROBE_SECONDS)
        except httpx.HTTPError as error:
            raise SourceError(self._fault(f"it does not score its own input example: {error!r}")) from error
        if answer.status_code != httpx.codes.OK:
            with contextlib.suppress(ValueError, LookupError, TypeError):
                told = answer.json()["faults"][0]["reason"]
                raise SourceError(self._fault(f"it does not score its own input example: {told}"))
            raise SourceError(self._fault(f"it answers {answer.status_code} to its own input example"))

    async def drain(self, within_seconds: float) -> None:
        """Send nothing more, wait for the answers that are due, then stop."""
        self.is_retired = True
        deadline = time.monotonic() + within_seconds
        while self.in_flight and self.is_running and time.monotonic() < deadline:  # noqa: ASYNC110 - also ends with the process
            await asyncio.sleep(0.05)
        await self.stop()

    async def stop(self) -> None:
        """End the process: asked first, killed if it does not listen."""
        self.is_retired = True
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self.http.aclose()
        for path in (self._socket, self._socket.with_suffix(".json")):
            path.unlink(missing_ok=True)

    def _fault(self, reason: str) -> Fault:
        said = "; ".join(last_lines(self._log, _TAIL_LINES))
        told = f"{reason}; its log says: {said}" if said else reason
        spec = self.started.proven.spec
        mend = f"see cloister online-deployment get-logs --name {spec.name} --endpoint-name {spec.endpoint}"
        return Fault(self.started.thing, told, mend)


async def start_worker(started: Started, config: RouterConfig, environment: Mapping[str, str]) -> Worker:
    """A started worker, not yet ready. `environment` is the router's own."""
    spec = started.proven.spec
    key = f"{spec.endpoint}/{spec.name}/{started.proven.generation}/{time.monotonic_ns()}"
    socket = config.sockets / f"d-{sha256(key.encode()).hexdigest()[:16]}.sock"
    written = WorkerConfig(
        parent=os.getpid(),
        thing=started.thing,
        deployment=spec.name,
        model=started.model,
        socket=socket,
        collected=collected_path(config.serving, spec.endpoint, spec.name),
        collect_inputs=spec.collector.inputs,
        collect_outputs=spec.collector.outputs,
        sampling_rate=spec.collector.sampling_rate,
        concurrent_requests=spec.max_concurrent_requests,
    )
    file = socket.with_suffix(".json")
    log = log_path(config.logs, spec.endpoint, spec.name)
    try:
        write_private(file, written.model_dump_json())
        with _open_log(log) as output:
            process = await asyncio.create_subprocess_exec(
                *(*_COMMAND, "--config", str(file)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=_NEUTRAL_FOLDER,
                env=_environment(spec.environment_variables, environment),
                start_new_session=True,
            )
    except OSError as error:
        reason = f"its worker cannot be started: {error.strerror or error}"
        raise SourceError(Fault(started.thing, reason, f"make room below {config.serving.parent}")) from error
    return Worker(started, process, socket, log)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log that say anything."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64 * 1024))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]


def _environment(of_deployment: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: base[name] for name in _INHERITED if name in base}
    return {**inherited, **_OURS, **of_deployment}


def write_private(path: Path, text: str) -> None:
    """Put a text into a file of mode 0600."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _open_log(path: Path) -> BinaryIO:
    """The log, to be added to; a long one is set aside first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
