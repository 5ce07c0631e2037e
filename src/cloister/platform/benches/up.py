"""`./run --once` after install, the memory of the whole platform, and how light `cloister check` is."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cloister.errors import Fault, InternalError
from cloister.gateway.mlflow.server import MlflowServer
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.benches.gateway_servers import until_ready
from cloister.platform.environment import child_environment
from cloister.platform.process import Readiness
from cloister.platform.standing import megabytes

_CLOISTER = (sys.executable, "-m", "cloister")
_BLUEPRINT = "azure-hub-spoke"
_SAMPLE_SECONDS = 0.5


def _once() -> Figures:
    """The seconds of the whole story, and the most memory that all its processes had at a time."""
    start = time.monotonic()
    with subprocess.Popen(
        [*_CLOISTER, "up", "--once", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as story:
        with _peak_megabytes(story.pid) as peak:
            out, said = story.communicate()
        seconds = time.monotonic() - start
    if story.returncode != 0:
        reason = f"failed, so its time means nothing:\n{said[-2000:]}\n{out[-2000:]}"
        raise InternalError(Fault("cloister up --once", reason, "mend that first"))
    return {"seconds": seconds, "megabytes": max(peak)}


def _plain_mlflow() -> Figures:
    """The same server without us: seconds until it answers, and its memory then."""
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        home = Path(folder)
        server = MlflowServer(home / "s" / "mlflow.sock", f"sqlite:///{home}/mlflow.db", str(home / "artifacts"))
        server.prepare()
        start = time.monotonic()
        with subprocess.Popen(
            server.argv(),
            env=server.environment(child_environment(os.environ)),
            cwd=home,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                until_ready(Readiness("/health", socket=server.socket), process)
                return {"seconds": time.monotonic() - start, "megabytes": megabytes(process.pid)}
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)


def _check() -> Figures:
    """`cloister check` on the blueprint, start of the interpreter included."""
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        subprocess.run([*_CLOISTER, "init", _BLUEPRINT], cwd=folder, check=True, capture_output=True)
        return _timed([*_CLOISTER, "check"], folder)


def _bare_python() -> Figures:
    return _timed([sys.executable, "-c", "pass"], "/")


def _timed(command: list[str], folder: str) -> Figures:
    start = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return {"seconds": time.monotonic() - start}


@contextmanager
def _peak_megabytes(pid: int) -> Iterator[list[float]]:
    """Samples of the memory of a process and all below it, for as long as the block lasts."""
    samples = [0.0]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            samples.append(megabytes(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


BENCHMARK = Benchmark(
    "up",
    (
        Comparison("check", _check, "python -c pass", _bare_python, (Target("seconds", 1.0),), runs=7),
        Comparison(
            "once",
            _once,
            "mlflow server until it answers",
            _plain_mlflow,
            (Target("seconds", 90.0), Target("megabytes", 2500.0)),
            runs=3,
        ),
    ),
)
