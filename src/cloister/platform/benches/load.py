"""Load on a server from a process of its own, so that making it costs the measured processes nothing.

`python -m cloister.platform.benches.load` reads one order as JSON and prints one JSON answer: raw HTTP over a Unix
socket or a port of 127.0.0.1, keep-alive, so many requests at a time. The processor time of the processes that the
order names is taken from their /proc over the measured time alone.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from statistics import quantiles
from typing import Final, cast

import httptools
import uvloop

from cloister.errors import Fault, InternalError
from cloister.platform.ports import LOOPBACK
from cloister.platform.proc import cpu_seconds

# Stands in a body for digits that are others in each request.
COUNTER: Final = "@number@"
_OK: Final = 200
_PIECE: Final = bytes(range(256)) * 4096  # 1 MiB
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """One request, sent again and again for some seconds, or once with `megabytes` of a file (to MLflow or from it).

    `at` is the path of a socket or a port. `watched` names processes (each with all below it) by their ids.
    """

    at: str | int
    head: str
    body: str = ""
    seconds: float = 0.0
    connections: int = 8
    megabytes: int = 0
    watched: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of an order: requests or bytes moved in `seconds`, and what the watched processes took for it."""

    requests: int
    seconds: float
    moved_bytes: int
    p50_ms: float
    p99_ms: float
    cpu_seconds: Mapping[str, float]


def load(order: Order) -> Loaded:
    """Carry the order out in a process of its own. Raises InternalError where an answer is not 200."""
    done = subprocess.run(
        [sys.executable, "-m", __name__], input=json.dumps(asdict(order)), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise InternalError(Fault("load", f"broke off: {reason}", "look into what the server says, and mend that"))
    return Loaded(**json.loads(done.stdout))


class _Asking(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, request: bytes, numbers: Iterator[int]) -> None:
        self._request = request
        self._numbers = numbers
        self._said = b""
        self._transport: asyncio.Transport
        self._answered: asyncio.Future[int]
        self._parser: httptools.HttpResponseParser

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._said = body

    def on_message_complete(self) -> None:
        self._answered.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def ask(self) -> None:
        """Send the request, and take the whole answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._answered = asyncio.get_running_loop().create_future()
        number = f"{next(self._numbers):0{len(COUNTER)}}"
        self._transport.write(self._request.replace(COUNTER.encode(), number.encode()))
        status = await self._answered
        if status != _OK:
            message = f"answered with status {status}: {self._said[-500:].decode(errors='replace')}"
            raise ValueError(message)

    def close(self) -> None:
        self._transport.close()


async def _connect(order: Order, numbers: Iterator[int]) -> _Asking:
    loop = asyncio.get_running_loop()
    make = partial(_Asking, (order.head + "\r\n" + order.body).encode(), numbers)
    if isinstance(order.at, str):
        return (await loop.create_unix_connection(make, order.at))[1]
    return (await loop.create_connection(make, LOOPBACK, order.at))[1]


async def _ask_for_seconds(order: Order) -> tuple[list[float], float, dict[str, float]]:
    """Seconds of each request, of all, and of processor. What is on its way at the end counts, so none is cut off."""
    numbers = count(time.time_ns() // 1_000_000 % 10_000_000)
    connections = [await _connect(order, numbers) for _ in range(order.connections)]
    await connections[0].ask()  # whatever is only made once
    taken: list[float] = []
    before = _cpu(order)
    start = time.perf_counter()

    async def keep_asking(connection: _Asking) -> None:
        while (begun := time.perf_counter()) < start + order.seconds:
            await connection.ask()
            taken.append(time.perf_counter() - begun)

    await asyncio.gather(*(keep_asking(connection) for connection in connections))
    seconds, cpu = time.perf_counter() - start, _since(before, _cpu(order))
    for connection in connections:
        connection.close()
    return taken, seconds, cpu


def _cpu(order: Order) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in (order.watched or {}).items()} | {"load": time.process_time()}


def _since(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}


def _move(order: Order) -> tuple[int, float, dict[str, float]]:
    """Bytes, seconds and processor of one file, put where the head is a PUT, and fetched where it is a GET."""
    before = _cpu(order)
    start = time.perf_counter()
    with _connected(order.at) as connection:
        connection.sendall((order.head + "\r\n").encode())
        is_put = order.head.startswith("PUT")
        for _ in range(order.megabytes if is_put else 0):
            connection.sendall(_PIECE)
        received = sum(_received(connection))
    moved = order.megabytes * len(_PIECE) if is_put else received
    return moved, time.perf_counter() - start, _since(before, _cpu(order))


def _connected(at: str | int) -> socket.socket:
    if isinstance(at, int):
        return socket.create_connection((LOOPBACK, at))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(at)
    return connection


def _received(connection: socket.socket) -> Iterator[int]:
    """The sizes of an answer's pieces until the server closes, which the head asks for; the head itself is not told."""
    buffer = memoryview(bytearray(_MILLION))
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            message = "no answer"
            raise ConnectionResetError(message)
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    if int(head.split(b" ", 2)[1]) != _OK:
        raise ValueError(answer.decode(errors="replace"))
    yield len(rest)
    while size := connection.recv_into(buffer):
        yield size


def _carry_out(order: Order) -> Loaded:
    if order.megabytes:
        moved, seconds, cpu = _move(order)
        return Loaded(1, seconds, moved, seconds * 1000, seconds * 1000, cpu)
    taken, seconds, cpu = uvloop.run(_ask_for_seconds(order))
    parts = quantiles([*taken, taken[0]], n=100, method="inclusive")
    return Loaded(len(taken), seconds, 0, parts[49] * 1000, parts[98] * 1000, cpu)


if __name__ == "__main__":
    print(json.dumps(asdict(_carry_out(Order(**json.load(sys.stdin))))))  # noqa: T201 - the answer
