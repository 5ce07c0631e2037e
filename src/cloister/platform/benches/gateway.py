"""The gateway against plain MLflow, and against MLflow's own basic-auth: requests, processor time, and files.

Load, gateway and MLflow share the machine's cores, so beside the throughput stands what each process takes for a
request. The gateway listens on a port and plain MLflow is asked on its Unix socket, which favours plain MLflow.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cloister.errors import Fault, InternalError
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.benches.gateway_servers import API, ARTIFACTS, Seeded, Server, Servers
from cloister.platform.benches.load import COUNTER, Loaded, Order, load

# Short rounds, many of them: what else the machine does then weighs on both of two neighbours.
_SECONDS: Final = 1.5
_ROUNDS: Final = 12
_METRICS: Final = 10
_MILLION: Final = 1_000_000
_MIB: Final = 1024 * 1024
# The client's own headers, as its requests library sends them.
_CLIENT: Final = {"User-Agent": "mlflow-python-client/3.17.2", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}


class _Stand:
    """The servers of the benchmark that runs now."""

    def __init__(self) -> None:
        self._servers: Servers | None = None

    @contextmanager
    def up(self) -> Iterator[None]:
        """Servers in a folder of their own, ended afterwards."""
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cloister-bench-")))
            self._servers = Servers(home, stack)
            yield

    @property
    def servers(self) -> Servers:
        """The servers."""
        if self._servers is None:
            raise InternalError(Fault("cloister bench gateway", "its servers are not up", "run it as a benchmark"))
        return self._servers


_STAND: Final = _Stand()
Choice = Callable[[Servers], Server]


def _get(seeded: Seeded) -> tuple[str, str]:
    return f"GET {API}experiments/get?experiment_id={seeded.experiment} HTTP/1.1", ""


def _log_batch(seeded: Seeded) -> tuple[str, str]:
    body = {
        "run_id": seeded.run,
        "metrics": [
            {"key": f"m{number}", "value": number / 7, "timestamp": 1, "step": 0} for number in range(_METRICS)
        ],
    }
    # MLflow goes a way of its own where it has the same points already.
    return f"POST {API}runs/log-batch HTTP/1.1", json.dumps(body).replace('"step": 0', f'"step": 1{COUNTER}')


def _search(seeded: Seeded) -> tuple[str, str]:
    document = {"experiment_ids": [seeded.experiment], "max_results": 100}
    return f"POST {API}runs/search HTTP/1.1", json.dumps(document)


_CALLS: Final = {"experiments/get": _get, "runs/log-batch": _log_batch, "runs/search": _search}


def _ask(call: str, choose: Choice) -> Figures:
    """What one call does in a moment, eight at a time."""
    servers = _STAND.servers
    line, body = _CALLS[call](servers.seeded)
    server = choose(servers)
    loaded = load(Order(server.at, _head(line, server, body), body, seconds=_SECONDS, watched=server.watched))
    spent = _milliseconds(loaded)
    return {
        "requests_per_second": loaded.requests / loaded.seconds,
        "p99_ms": loaded.p99_ms,
        **{f"{name}_cpu_ms": one for name, one in spent.items()},
    }


def _ask_basic_auth(call: str, choose: Choice) -> Figures:
    """As above, of MLflow's basic-auth; nothing where that is not installed."""
    return _ask(call, choose) if find_spec("flask_wtf") is not None else {}


def _milliseconds(loaded: Loaded) -> dict[str, float]:
    """The processor time of each process for a request."""
    return {name: spent * 1000 / loaded.requests for name, spent in loaded.cpu_seconds.items()}


def _head(line: str, server: Server, body: str = "") -> str:
    headers = {**server.headers, **_CLIENT}
    if body:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return "".join(f"{text}\r\n" for text in (line, *(f"{name}: {value}" for name, value in headers.items())))


def _move(megabytes: int, choose: Choice) -> Figures:
    """A file of that many MiB put into a run, fetched, and removed again."""
    servers = _STAND.servers
    path = f"{ARTIFACTS}{servers.seeded.experiment}/{servers.seeded.run}/artifacts/file.bin"
    server = choose(servers)
    get = _head(f"GET {path} HTTP/1.1", server) + "Connection: close\r\n"
    put = f"PUT{get.removeprefix('GET')}Content-Length: {megabytes * _MIB}\r\n"
    gateway = server.watched.get("gateway")
    before = _resident(gateway)
    up = load(Order(server.at, put, megabytes=megabytes, watched=server.watched))
    down = load(Order(server.at, get, megabytes=megabytes, watched=server.watched))
    grown = _peak(gateway) - before
    servers.remove_file(path)
    figures = {"up_mb_per_second": _speed(up, megabytes), "down_mb_per_second": _speed(down, megabytes)}
    for name in server.watched:
        figures |= {f"up_{name}_cpu_s": up.cpu_seconds[name], f"down_{name}_cpu_s": down.cpu_seconds[name]}
    return figures | ({"gateway_grown_mb": grown} if gateway else {})


def _speed(loaded: Loaded, megabytes: int) -> float:
    if loaded.moved_bytes != megabytes * _MIB:
        reason = f"moved {loaded.moved_bytes} bytes instead of {megabytes} MiB"
        raise InternalError(Fault("load", reason, "mend that first"))
    return loaded.moved_bytes / _MILLION / loaded.seconds


def _resident(pid: int | None) -> float:
    """The memory of a process in MB, whose high-water mark starts anew (proc(5), clear_refs)."""
    if pid is None:
        return 0.0
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return _status(pid, "VmRSS")


def _peak(pid: int | None) -> float:
    return 0.0 if pid is None else _status(pid, "VmHWM")


def _status(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / _MILLION


def _calls(name: str, runs: int, baseline: str, ask: Callable[[str], Figures], *targets: Target) -> list[Comparison]:
    """The gateway's three calls against the baseline's."""
    return [
        Comparison(
            f"{call}{name}",
            partial(_ask, call, lambda servers: servers.gateway),
            baseline,
            partial(ask, call),
            targets,
            runs,
        )
        for call in _CALLS
    ]


_CPU: Final = Target("gateway_cpu_ms", 1.5)


def _faster(at_least: float) -> Target:
    return Target("requests_per_second", of="ratio", at_least=at_least)


def _files(megabytes: int, runs: int) -> Comparison:
    return Comparison(
        f"{megabytes} MiB",
        partial(_move, megabytes, lambda servers: servers.gateway),
        "plain MLflow",
        partial(_move, megabytes, lambda servers: servers.plain),
        (
            Target("up_mb_per_second", of="ratio", at_least=0.9),
            Target("down_mb_per_second", of="ratio", at_least=0.9),
            Target("gateway_grown_mb", 32.0),
        ),
        runs,
    )


BENCHMARK = Benchmark(
    "gateway",
    (
        *_calls("", _ROUNDS, "plain MLflow", partial(_ask, choose=lambda servers: servers.plain), _faster(0.9), _CPU),
        _files(64, runs=5),
        _files(1024, runs=3),
        *_calls(
            " against basic-auth",
            3,
            "MLflow's basic-auth as shipped",
            partial(_ask_basic_auth, choose=lambda servers: servers.basic_auth),
            _faster(20.0),
        ),
        *_calls(
            " against basic-auth's cache",
            _ROUNDS,
            "MLflow's basic-auth with its cache on",
            partial(_ask_basic_auth, choose=lambda servers: servers.cached_basic_auth),
            _faster(1.0),
        ),
    ),
    _STAND.up,
)
