"""The gateway's processes, as callers meet them: bounds on what comes in, TLS, workers, and an end without loss."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cloister.errors import SourceError
from cloister.gateway.server.limits import Rate
from cloister.gateway.server.tls import Certificate, Tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.conftest import Configure, Running


def test_a_rate_lets_a_burst_through_and_then_as_many_as_grow_back() -> None:
    now = [100.0]
    rate = Rate(2.0, 3, lambda: now[0])
    assert [rate.take("ada") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rate.take("alan") == 0
    now[0] += 0.5
    assert [rate.take("ada") for _ in range(2)] == [0, 0.5]
    now[0] += 60
    assert [rate.take("ada") for _ in range(4)] == [0, 0, 0, 0.5]


@pytest.fixture(scope="module")
def second(running: Running, configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of another gateway before the same MLflow and database: two workers with narrow bounds."""
    limits = {"head_bytes": 8192, "head_seconds": 1.0, "idle_seconds": 1.0, "connections": 200}
    config = configure(running.home, workers=2, drain_seconds=20, limits=limits)
    process = start(config.model_dump_json(), tmp_path_factory.mktemp("second"))
    wait(lambda: status(config.port, "/cloister/healthz") == 200, process)
    yield config.port
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def start(config: str, folder: Path) -> subprocess.Popen[bytes]:
    file = folder / "gateway.json"
    file.write_text(config)
    with (folder / "log").open("wb") as out:
        command = [sys.executable, "-W", "error", "-m", "cloister.gateway", "--config", str(file)]
        return subprocess.Popen(command, stdout=out, stderr=out)


def wait(ready: object, process: subprocess.Popen[bytes]) -> None:
    assert callable(ready)
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def status(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def raw(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What comes back on a connection of one's own, until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
            time.sleep(pause)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


_LINE = b"GET /version HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_BODY = (
    b"POST /cloister/v1/token HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\n"
    b"Content-Length: 50\r\n\r\n{"
)


@pytest.mark.platform
@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        # A head without end, as one header, as many, and as a path.
        ([_LINE + b"a: ", *[b"x" * 4096] * 40], b"HTTP/1.1 431"),
        ([_LINE, *[b"a: " + b"x" * 1000 + b"\r\n"] * 60], b"HTTP/1.1 431"),
        ([b"GET /", *[b"x" * 4096] * 40], b"HTTP/1.1 431"),
        # A head that stops coming, one that never begins, and a body that stops coming.
        ([_LINE], b"HTTP/1.1 408"),
        ([b""], b"HTTP/1.1 408"),
        ([_BODY], b"HTTP/1.1 408"),
    ],
    ids=["one header", "many headers", "path", "half a head", "nothing", "half a body"],
)  # fmt: skip
def test_what_does_not_end_is_ended(second: int, pieces: list[bytes], answer: bytes) -> None:
    sent = [piece.replace(b"PORT", str(second).encode()) for piece in pieces]
    began = time.monotonic()
    assert raw(second, *sent).startswith(answer)
    assert time.monotonic() - began < 8


@pytest.mark.platform
def test_a_body_that_keeps_coming_is_waited_for(running: Running, second: int) -> None:
    """Slower in all than a body may pause: 12 pieces with 0.2 s between them."""
    token = running.token("ada").encode()
    head = (
        b"POST /api/2.0/mlflow/experiments/search HTTP/1.1\r\nHost: 127.0.0.1:" + str(second).encode() + b"\r\n"
        b"Authorization: Bearer " + token + b"\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: 20\r\n\r\n"
    )
    body = b'{"max_results": 1   '
    assert raw(second, head, *[bytes([letter]) for letter in body[:19]], b"}", pause=0.08).startswith(b"HTTP/1.1 200")


@pytest.mark.platform
def test_a_header_after_the_body_says_nothing(running: Running, second: int) -> None:
    """A proxy before the gateway takes away or sets headers; trailers it may pass on as they are."""
    head = (
        f"POST /api/2.0/mlflow/runs/search HTTP/1.1\r\nHost: 127.0.0.1:{second}\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    )
    answer = raw(second, f"{head}Authorization: Bearer {running.token('ada')}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.platform
def test_two_gateways_with_workers_keep_one_record_and_one_truth(running: Running, second: int) -> None:
    """Requests to both at once leave one whole chain; a user shut out at one is shut out at the other in a second."""
    urls = [running.url, f"http://127.0.0.1:{second}"]
    headers = {"authorization": f"Bearer {running.token('alan')}"}
    with httpx.Client(timeout=60, trust_env=False, headers=headers) as http:
        for turn in range(40):
            assert http.get(f"{urls[turn % 2]}/version").status_code == 200
        with running.http("ada") as admin:
            assert admin.put("/cloister/v1/users/alan/disabled", json={"disabled": True}).status_code == 200
        time.sleep(1.1)
        try:
            assert [http.get(f"{urls[turn % 2]}/version").status_code for turn in range(6)] == [401] * 6
        finally:
            with running.http("ada") as admin:
                admin.put("/cloister/v1/users/alan/disabled", json={"disabled": False})
    with running.http("ada") as admin:
        assert admin.get("/cloister/v1/audit/verify").json()["break"] is None


@pytest.mark.platform
def test_what_was_begun_is_ended_before_the_gateway_is(running: Running, configure: Configure, tmp_path: Path) -> None:
    config = configure(running.home, drain_seconds=20)
    process = start(config.model_dump_json(), tmp_path)
    wait(lambda: status(config.port, "/cloister/healthz") == 200, process)
    token = running.token("ada").encode()
    body = b'{"max_results": 1}'
    head = (
        b"POST /api/2.0/mlflow/experiments/search HTTP/1.1\r\nHost: 127.0.0.1:" + str(config.port).encode() + b"\r\n"
        b"Authorization: Bearer " + token + b"\r\nContent-Type: application/json\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", config.port), timeout=20) as connection:
        connection.sendall(head + body[:5])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", config.port), timeout=5)
        connection.sendall(body[5:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert process.wait(timeout=20) == -signal.SIGTERM  # it ends by the signal, after it has done what it was to do


@pytest.mark.platform
def test_who_asks_too_often_is_told_to_wait_and_fills_no_record(
    running: Running, configure: Configure, tmp_path: Path
) -> None:
    limits = {"rate": 0.1, "burst": 3, "unknown_rate": 0.1, "unknown_burst": 2}
    config = configure(running.home, limits=limits)
    process = start(config.model_dump_json(), tmp_path)
    try:
        wait(lambda: status(config.port, "/cloister/healthz") == 200, process)
        before = int(str(running.last_record()["number"]))
        with httpx.Client(base_url=f"http://127.0.0.1:{config.port}", timeout=30, trust_env=False) as http:
            known = {"authorization": f"Bearer {running.token('rita')}"}
            answers = [http.get("/version", headers=known) for _ in range(5)]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
            assert answers[3].headers["retry-after"] == "10"
            assert [http.get("/version").status_code for _ in range(4)] == [401, 401, 429, 429]
            assert http.get("/version", headers={"authorization": f"Bearer {running.token('abe')}"}).status_code == 200
        # Three, two and one; and the look at the record from before.
        assert running.last_record()["number"] == before + 3 + 2 + 1 + 1
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def certify(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, and its key."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / "tls.pem", folder / "tls.key"
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, secret.public_key(), 7, now, now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    return certificate, key


def name_seen(port: int) -> str:
    """The common name of the certificate that a caller is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    assert shown is not None
    return "first" if b"first" in shown else "second"


@pytest.mark.platform
def test_tls_ends_in_the_gateway_and_its_certificate_is_renewed_without_a_stop(
    running: Running, configure: Configure, tmp_path: Path
) -> None:
    certificate, key = certify(tmp_path, "first")
    config = configure(running.home, tls={"certificate": str(certificate), "key": str(key)})
    process = start(config.model_dump_json(), tmp_path)
    try:
        trust = ssl.create_default_context(cafile=str(certificate))
        wait(lambda: answers_over_tls(config.port, trust), process)
        with httpx.Client(verify=trust, trust_env=False) as http:
            headers = {"authorization": f"Bearer {running.token('ada')}"}
            assert http.get(f"https://127.0.0.1:{config.port}/version", headers=headers).status_code == 200
            cookie = http.get(f"https://127.0.0.1:{config.port}/cloister/login").headers["set-cookie"]
            assert "secure" in cookie.lower()
        assert name_seen(config.port) == "first"
        certify(tmp_path, "second")
        wait(lambda: name_seen(config.port) == "second", process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def answers_over_tls(port: int, trust: ssl.SSLContext) -> bool:
    try:
        return httpx.get(f"https://127.0.0.1:{port}/cloister/healthz", verify=trust, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_half_a_renewed_pair_does_not_replace_a_whole_one(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path, "first")
    kept = Certificate(Tls(certificate=certificate, key=key))
    assert kept.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert kept.renew() is False
    other, _ = certify(tmp_path / "other", "second")
    certificate.write_bytes(other.read_bytes())
    os.utime(certificate, ns=(1, 1))
    with pytest.raises(SourceError, match="cannot be used"):
        kept.renew()


@pytest.mark.platform
def test_any_worker_tells_what_all_of_them_counted(running: Running, second: int) -> None:
    headers = {"authorization": f"Bearer {running.token('ada')}", "connection": "close"}
    url = f"http://127.0.0.1:{second}"

    def count(line: str) -> float:
        found = httpx.get(f"{url}/cloister/metrics", headers=headers, timeout=30, trust_env=False)
        assert found.status_code == 200, found.text
        return sum(float(text.rpartition(" ")[2]) for text in found.text.splitlines() if text.startswith(line))

    answered = 'cloister_gateway_requests_total{side="mlflow",status="200"}'
    decided = 'cloister_gateway_decisions_total{action="mlflow:AccessUI",decision="ALLOW"}'
    before = count(answered), count(decided)
    for _ in range(12):
        assert httpx.get(f"{url}/version", headers=headers, timeout=30, trust_env=False).status_code == 200
    assert (count(answered), count(decided)) == (before[0] + 12, before[1] + 12)
    assert count('cloister_gateway_request_seconds_count{side="mlflow"}') >= 12
    rita = {"authorization": f"Bearer {running.token('rita')}"}
    assert httpx.get(f"{url}/cloister/metrics", headers=rita, timeout=30, trust_env=False).status_code == 403


@pytest.mark.platform
def test_spans_go_to_the_collector_that_the_standard_variable_names(
    running: Running, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (address, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        config = configure(running.home)
        process = start(config.model_dump_json(), tmp_path)
        wait(lambda: status(config.port, "/cloister/healthz") == 200, process)
        trace_id = "0af7651916cd43dd8448eb211c80319c"
        headers = {
            "authorization": f"Bearer {running.token('ada')}",
            "traceparent": f"00-{trace_id}-b7ad6b7169203331-01",
        }
        httpx.get(f"http://127.0.0.1:{config.port}/version", headers=headers, timeout=30, trust_env=False)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    spans = [
        span
        for body in taken
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == trace_id
    ]
    (span,) = spans
    told = {item.key: item.value.string_value or item.value.int_value for item in span.attributes}
    assert span.name == "GET mlflow"
    assert told.pop("cloister.request_id") == running.last_record()["request_id"]
    assert told == {
        "http.request.method": "GET",
        "url.path": "/version",
        "cloister.action": "mlflow:AccessUI",
        "http.response.status_code": 200,
    }
    assert b"ada" not in span.SerializeToString()


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A receiver of OTLP over HTTP, and what it was sent."""
    taken: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
