"""The load of `cloister bench gateway`, on a server of the test's own."""

import os
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from cloister.errors import InternalError
from cloister.platform.benches.load import COUNTER, Order, load

_MIB = 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes] = []  # noqa: RUF012 - one server, one test
    sizes: list[int] = []  # noqa: RUF012 - as above

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.tell(200 if self.path == "/ok" else 403, b"no" if self.path != "/ok" else b"yes")

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, _MIB)))
        self.sizes.append(int(self.headers["content-length"]))
        self.tell(200, b"")

    def do_GET(self) -> None:
        self.tell(200, b"x" * 2 * _MIB)

    def tell(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "-"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "s.sock")
    Handler.bodies, Handler.sizes = [], []

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(path, Handler) as serving:
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield path
        serving.shutdown()


def post(path: str) -> str:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(COUNTER) + 2}\r\n"


def test_requests_are_counted_with_what_they_took(server: str) -> None:
    watched = {"server": os.getpid()}
    loaded = load(Order(server, post("/ok"), f"<{COUNTER}>", seconds=0.2, connections=2, watched=watched))
    # One more is sent before the measured time.
    assert loaded.requests == len(Handler.bodies) - 1
    assert len(set(Handler.bodies)) == len(Handler.bodies)
    assert {len(body) for body in Handler.bodies} == {len(COUNTER) + 2}
    assert set(loaded.cpu_seconds) == {"server", "load"}
    assert 0 < loaded.p50_ms <= loaded.p99_ms < loaded.seconds * 1000


def test_an_answer_other_than_200_stops_the_load(server: str) -> None:
    with pytest.raises(InternalError, match="load: broke off: ValueError: answered with status 403: no"):
        load(Order(server, post("/no"), f"<{COUNTER}>", seconds=0.2))


def test_a_file_goes_up_and_down(server: str) -> None:
    closing = "Host: x\r\nConnection: close\r\n"
    up = load(Order(server, f"PUT /f HTTP/1.1\r\n{closing}Content-Length: {2 * _MIB}\r\n", megabytes=2))
    down = load(Order(server, f"GET /f HTTP/1.1\r\n{closing}", megabytes=2))
    assert (Handler.sizes, up.moved_bytes, down.moved_bytes) == ([2 * _MIB], 2 * _MIB, 2 * _MIB)
