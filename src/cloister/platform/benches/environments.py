"""An environment of 20 packages from a warm index, and its second use; against venv and pip from the same index.

The packages are those of the platform's own Python, packed into wheels again, so that nothing is fetched: pandas,
scikit-learn and what they need among them. The index is the platform's own, as a process.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import ClassVar, Final

import httpx

from cloister.access.principals import Principal
from cloister.errors import Fault, InternalError
from cloister.jobs.environments.built import COMPILING
from cloister.jobs.environments.own_wheels import closure, pack, write_wheel
from cloister.jobs.environments.providing import Environments
from cloister.jobs.packages.names import read_entry
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.planning.plan import PlannedEnvironment
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.ports import LOOPBACK, free_port
from cloister.store import migrate, open_store

_WANTED: Final = ("pandas", "scikit-learn", "requests", "rich", "jinja2", "pyyaml")
# Not in the platform's own Python, which would be taken as it is if it had everything.
_MARKER: Final = "cloister-bench"
_PATIENCE_SECONDS: Final = 30.0
_ASKS: Final = Principal("ada", "user")
_APPROVES: Final = Principal("abe", "user")


@dataclass(frozen=True, slots=True)
class _Index:
    """A running index, and a folder for what is built."""

    folder: Path
    url: str
    lines: tuple[str, ...]
    environments: Environments

    running: ClassVar["_Index | None"] = None


def _index() -> _Index:
    if _Index.running is None:
        message = "the index does not run"
        raise RuntimeError(message)
    return _Index.running


@contextmanager
def _started() -> Iterator[None]:
    """The index with its packages, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as root:
        folder = Path(root)
        port, database = free_port(), f"sqlite:///{folder / 'cloister.db'}"
        lines = _stock(folder, database)
        config = folder / "index.json"
        config.write_text(json.dumps({"database_url": database, "folder": str(folder / "packages"), "port": port}))
        url = f"http://{LOOPBACK}:{port}"
        with subprocess.Popen([sys.executable, "-m", "cloister.jobs.packages", "--config", str(config)]) as process:
            engine = open_store(database)
            try:
                _until_ready(f"{url}/health")
                made = Environments(engine, folder / "environments", f"{url}/simple/")
                _Index.running = _Index(folder, f"{url}/simple/", lines, made)
                yield
            finally:
                _Index.running = None
                process.terminate()
                engine.dispose()
                for thread in threading.enumerate():
                    if thread.name == COMPILING:
                        thread.join()


def _stock(folder: Path, database: str) -> tuple[str, ...]:
    """Pack the packages, take them in, allow them; what names each at its version."""
    engine = open_store(database)
    migrate(engine, "jobs")
    shelf = Shelf(engine, folder / "packages", time.time)
    requests = PackageRequests(engine, time.time)
    wheels = [pack(distribution(name), folder) for name in closure(_WANTED)]
    wheels.append(write_wheel(folder, _MARKER, "1.0", {"cloister_bench.py": b""}, "py3-none-any"))
    lines = []
    for path in wheels:
        taken = shelf.take(path, path.name, "the benchmark")
        lines.append(f"{taken.project}=={taken.version}")
        asked = requests.ask(read_entry(lines[-1]), _ASKS, "", with_dependencies=False, with_source=False)
        requests.approve(asked.number, _APPROVES, (asked.entry,), "")
    engine.dispose()
    return tuple(lines)


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise InternalError(Fault("the package index", "did not answer in time", "look at what it says above"))


def _ours() -> Figures:
    """The first build with nothing unpacked, the second use, and a build of which all is unpacked."""
    index = _index()
    _set_aside(index.folder / "environments")
    wanted = PlannedEnvironment(requirements=index.lines)
    took = [_timed(index.environments, wanted), _timed(index.environments, wanted)]
    _set_aside(index.folder / "environments" / "built")
    took.append(_timed(index.environments, wanted))
    return {"seconds": took[0], "again_seconds": took[1], "unpacked_seconds": took[2], "packages": len(index.lines)}


def _set_aside(folder: Path) -> None:
    """Out of the way; not removed, since sources in it are still being compiled."""
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}-{time.monotonic_ns()}"))


def _timed(environments: Environments, wanted: PlannedEnvironment) -> float:
    begin = time.monotonic()
    environments.provide(wanted, _hear)
    return time.monotonic() - begin


def _hear(_text: str) -> None:
    """Nobody watches."""


def _venv_and_pip() -> Figures:
    index = _index()
    folder = index.folder / "venv"
    shutil.rmtree(folder, ignore_errors=True)
    begin = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    options = ["--quiet", "--no-cache-dir", "--no-compile", "--index-url", index.url]
    subprocess.run([*pip, *options, *index.lines], check=True)
    return {"seconds": time.monotonic() - begin}


BENCHMARK = Benchmark(
    "environments",
    (
        Comparison(
            "environment",
            _ours,
            "python -m venv and pip install --no-compile, same index",
            _venv_and_pip,
            (Target("seconds", 5.0), Target("seconds", 0.5, of="ratio"), Target("again_seconds", 0.1)),
            runs=3,
        ),
    ),
    around=_started,
)
