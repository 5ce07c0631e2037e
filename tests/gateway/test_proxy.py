"""The gateway over HTTP: what is refused, what is stripped, what streams, and what is on record."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

from cloister.gateway.app import Services, build_app, open_services
from cloister.gateway.mlflow.server import UPSTREAM_HOST
from cloister.gateway.record.search import Search, search
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.gateway.conftest import Configure, Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_SIZE = 200 * 1024 * 1024
_PIECE = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture(scope="module")
def run(running: Running) -> dict[str, str]:
    with running.http("ada") as http:
        experiment = http.post(_API + "experiments/create", json={"name": "proxy"}).json()["experiment_id"]
        created = http.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
    root = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{created}/artifacts"
    return {"experiment": experiment, "run": created, "root": root}


def raw(running: Running, request: bytes) -> tuple[int, bytes]:
    """Status and the rest of an answer to bytes that no HTTP library would send."""
    host, _, port = running.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer


def head(running: Running, line: str, *headers: str, who: str | None = "ada") -> bytes:
    host = running.url.removeprefix("http://")
    lines = [line, f"Host: {host}", "Connection: close", *headers]
    if who:
        lines.append(f"Authorization: Bearer {running.token(who)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


# What MLflow reads in a request that a stricter reader would not; the administrator, who may do everything, sends it.
_TRAPS = [
    ("GET", "/api/2.0/mlflow/experiments%2Fget?experiment_id=0", "", 404),
    ("GET", "/api/2.0/mlflow/%65xperiments/get?experiment_id=0", "", 404),
    ("GET", "//api/2.0/mlflow/experiments/get?experiment_id=0", "", 400),
    ("GET", "/api/2.0/mlflow/../mlflow/experiments/get?experiment_id=0", "", 400),
    ("GET", "/api/2.0/mlflow/%252e%252e/experiments/get?experiment_id=0", "", 404),
    ("GET", "/api/2.0/mlflow/experiments/get/?experiment_id=0", "", 404),
    ("GET", "/api/2.0/mlflow/Experiments/get?experiment_id=0", "", 404),
    ("GET", "/api/2.0/mlflow/experiments/get", '{"experiment_id": "0"}', 400),
    ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", '{"experiment_id": "1"}', 400),
    ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0&experiment_id=1", "", 400),
    ("POST", "/api/2.0/mlflow/runs/search", '{"experimentIds": ["0"]}', 400),
    ("POST", "/api/2.0/mlflow/runs/search", '{"experiment_ids": ["0"], "experimentIds": ["1"]}', 400),
    ("POST", "/api/2.0/mlflow/runs/search", '{"experiment_ids": ["0"], "experiment_ids": ["1"]}', 400),
    ("POST", "/api/2.0/mlflow/runs/search", '"{\\"experiment_ids\\": [\\"0\\"]}"', 400),
    ("POST", "/api/2.0/mlflow/runs/search", "{}", 400),
    ("POST", "/api/2.0/mlflow/runs/search", '{"experiment_ids": []}', 400),
    ("GET", "/graphql?query={__typename}", "", 404),
    ("POST", "/v1/traces", "{}", 400),
    ("GET", "/ajax-api/3.0/jobs/1", "", 404),
    ("POST", "/ajax-api/3.0/mlflow/gateway/secrets/create", "{}", 404),
    ("GET", "/healthz", "", 404),
    ("GET", "/static-files-and-more", "", 404),
]


@pytest.mark.parametrize(("method", "target", "body", "status"), _TRAPS)
def test_what_mlflow_would_read_and_the_gateway_refuses(
    running: Running, method: str, target: str, body: str, status: int
) -> None:
    content = (f"Content-Type: application/json\r\nContent-Length: {len(body)}",) if body else ()
    found, answer = raw(running, head(running, f"{method} {target} HTTP/1.1", *content) + body.encode())
    assert found == status, answer
    document = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert document["faults"][0]["mend"]
    record = running.last_record()
    assert (record["decision"], record["principal"], record["method"]) == ("DENY", "ada", method)
    assert target.startswith(str(record["path"]))


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/json; charset=latin-1", "application/x-www-form-urlencoded"]
)
def test_a_body_must_be_declared_as_json(running: Running, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    with running.http("ada") as http:
        response = http.post(_API + "runs/search", content=b'{"experiment_ids": ["0"]}', headers=headers)
    assert (response.status_code, response.json()["faults"][0]["thing"]) == (400, "Content-Type")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "there is neither a bearer token nor a session"),
        ({"authorization": "Basic YWRhOmFkYQ=="}, "the Authorization header carries no bearer token"),
        ({"authorization": "Bearer"}, "the Authorization header carries no bearer token"),
        ({"authorization": "Bearer a.b.c"}, "it is malformed, or its signature is not this platform's"),
        ({"cookie": "cloister_session=guessed"}, "the session has ended"),
        ({"x-forwarded-user": "ada"}, "there is neither a bearer token nor a session"),
        ({"remote-user": "ada"}, "there is neither a bearer token nor a session"),
    ],
)
def test_who_is_not_known_is_not_let_in(running: Running, headers: dict[str, str], reason: str) -> None:
    response = httpx.get(f"{running.url}{_API}experiments/get?experiment_id=0", headers=headers)
    assert (response.status_code, response.json()["faults"][0]["reason"]) == (401, reason)
    assert response.headers["www-authenticate"] == 'Bearer realm="cloister"'
    record = running.last_record()
    assert (record["decision"], record["principal"]) == ("DENY", "-")


def test_two_authorization_headers_are_ambiguous(running: Running) -> None:
    status, _ = raw(running, head(running, "GET /version HTTP/1.1", f"Authorization: Bearer {running.token('rita')}"))
    assert status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "127.0.0.1:1", "127.0.0.1.evil.example"])
def test_a_foreign_host_is_refused(running: Running, host: str) -> None:
    with running.http("ada") as http:
        response = http.get("/version", headers={"host": host})
    assert (response.status_code, response.json()["faults"][0]["thing"]) == (403, "Host header")


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, list[bytes]]]:
    """A server on a Unix socket that keeps what it is sent, in MLflow's place."""
    path = tmp_path / "mirror.sock"
    seen: list[bytes] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=b\r\nserver: x\r\n"
                    b"access-control-allow-origin: *\r\nconnection: close\r\n\r\n{}"
                )

    threading.Thread(target=serve, daemon=True).start()
    yield path, seen
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def ask(services: Services, method: str, path: str, headers: dict[str, str], body: object = None) -> httpx.Response:
    """The answer of a gateway that runs in this process, for tests that need one of their own."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=build_app(services))
        url = f"http://127.0.0.1:{services.config.port}"
        async with httpx.AsyncClient(transport=transport, base_url=url) as http:
            answer = await http.request(method, path, headers=headers, json=body)
        await services.upstream.close()
        return answer

    try:
        return asyncio.run(asked())
    finally:
        services.close()


def test_only_harmless_headers_pass(
    running: Running, mirror: tuple[Path, list[bytes]], configure: Configure, tmp_path: Path
) -> None:
    """Seen from MLflow's side: no identity, no cookie, no workspace, no origin, and one Host."""
    path, seen = mirror
    config = configure(
        tmp_path,
        mlflow_socket=str(path),
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)
    sent = {
        "authorization": f"Bearer {running.token('ada')}",
        "x-mlflow-workspace": "other",
        "x-forwarded-user": "root",
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=10.0.0.1",
        "x-http-method-override": "DELETE",
        "cookie": "session=1",
        "origin": "http://evil.example",
        "accept": "application/json",
        "user-agent": "mlflow-python-client/3.17.2",
    }
    answer = ask(services, "GET", "/version", sent)
    lines = seen[0].decode().split("\r\n")
    assert lines[0] == "GET /version HTTP/1.1"
    assert sorted(line.partition(":")[0].lower() for line in lines[1:] if line) == [
        "accept",
        "accept-encoding",
        "host",
        "user-agent",
    ]
    assert f"host: {UPSTREAM_HOST}" in [line.lower() for line in lines]
    assert not {"set-cookie", "server", "access-control-allow-origin", "connection"} & set(answer.headers)


@pytest.mark.parametrize("path", ["/cloister/v1/users", _API + "runs/search"])
@pytest.mark.parametrize("body", ['{"name": "\\ud800"}', '{"\\uD800": 1}', '{"\\ud800": 1, "\\ud800": 2}'])
def test_half_a_character_is_refused_and_stops_nobody(running: Running, path: str, body: str) -> None:
    with running.http("ada") as http:
        answer = http.post(path, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["faults"][0]["thing"]) == (400, "body")
        assert http.get("/version").status_code == 200


def test_a_gateway_that_cannot_record_says_so(running: Running, configure: Configure, tmp_path: Path) -> None:
    config = configure(
        tmp_path,
        mlflow_socket=str(running.home / "run" / "mlflow.sock"),
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)
    services.guard.audit.close()
    answer = ask(services, "GET", "/cloister/healthz", {})
    assert (answer.status_code, answer.json()) == (503, {"status": "the record of decisions has stopped"})


def test_a_page_runs_nothing_from_outside(running: Running) -> None:
    with running.http("rita") as http:
        page = http.get("/")
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self';" in policy
    assert "http" not in policy
    assert page.headers["x-frame-options"] == "SAMEORIGIN"


def test_an_artifact_runs_nothing_at_all(running: Running, run: dict[str, str]) -> None:
    script = b"<script>fetch('/api/2.0/mlflow/experiments/search')</script>"
    with running.http("ada") as http:
        assert http.put(f"{run['root']}/page.html", content=script).status_code == 200
        by_path = http.get(f"{run['root']}/page.html")
        by_query = http.get("/get-artifact", params={"run_id": run["run"], "path": "page.html"})
    for answer in (by_path, by_query):
        assert answer.content == script
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"] == "attachment; filename=page.html"
        assert answer.headers["cache-control"] == "no-store"


def resident_kib(pid: int, field: str = "VmRSS") -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def test_a_large_artifact_streams_both_ways(running: Running, run: dict[str, str]) -> None:
    """200 MiB up and down, while the gateway's memory stays where it was."""
    pieces = _SIZE // len(_PIECE)
    expected = hashlib.sha256()
    for _ in range(pieces):
        expected.update(_PIECE)
    # The high-water mark starts anew (proc(5), clear_refs): an earlier check of a password took 64 MiB for a moment.
    Path(f"/proc/{running.gateway.pid}/clear_refs").write_text("5")
    before = resident_kib(running.gateway.pid)
    with running.http("ada") as http:
        put = http.put(f"{run['root']}/large.bin", content=(_PIECE for _ in range(pieces)))
        assert put.status_code == 200, put.text
        found = hashlib.sha256()
        with http.stream("GET", f"{run['root']}/large.bin") as answer:
            assert answer.headers["content-length"] == str(_SIZE)
            for piece in answer.iter_raw():
                found.update(piece)
    grown = resident_kib(running.gateway.pid, "VmHWM") - before
    assert found.hexdigest() == expected.hexdigest()
    assert grown < 40 * 1024, f"the gateway grew by {grown} KiB"


def test_a_part_of_a_file_can_be_asked_for(running: Running, run: dict[str, str]) -> None:
    with running.http("ada") as http:
        http.put(f"{run['root']}/letters.txt", content=b"abcdefgh")
        answer = http.get(f"{run['root']}/letters.txt", headers={"range": "bytes=2-4"})
    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, b"cde", "bytes 2-4/8")


def files_below(running: Running) -> set[str]:
    root = running.home / "artifacts"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_caller_who_goes_away_leaves_nothing_half_written(running: Running, run: dict[str, str]) -> None:
    before = files_below(running)
    request = head(running, f"PUT {run['root']}/torn.bin HTTP/1.1", "Content-Length: 1000000")
    host, _, port = running.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request + b"x" * 400_000)
        time.sleep(0.5)
    deadline = time.monotonic() + 20
    while files_below(running) != before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert files_below(running) == before
    with running.http("ada") as http:
        assert http.get(f"{run['root']}/torn.bin").status_code == 404


def test_a_refused_upload_reads_its_refusal(running: Running, run: dict[str, str]) -> None:
    before = files_below(running)
    with running.http("rita") as http:
        answer = http.put(f"{run['root']}/refused.bin", content=b"x" * 4_000_000)
    assert answer.status_code == 403
    assert "mlflow:PutArtifact" in answer.json()["faults"][0]["reason"]
    assert files_below(running) == before


@pytest.mark.parametrize(
    ("who", "first", "last", "stored"),
    [
        ("ada", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK", True),
        ("rita", b"HTTP/1.1 403 Forbidden", b"", False),
    ],
)
def test_a_body_that_is_held_back_is_asked_for_once_it_is_let_in(
    running: Running, run: dict[str, str], who: str, first: bytes, last: bytes, stored: bool
) -> None:
    """Expect: 100-continue. A refused upload is never sent, and its connection ends, so nothing is taken for a body."""
    before = files_below(running)
    line = f"PUT {run['root']}/held-{who}.bin HTTP/1.1"
    host, _, port = running.url.removeprefix("http://").partition(":")
    request = head(running, line, "Content-Length: 4", "Expect: 100-continue", who=who)
    if not stored:
        request = request.replace(b"Connection: close\r\n", b"")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        answer = connection.recv(65536)
        assert answer.startswith(first)
        if stored:
            connection.sendall(b"body")
        rest = b"".join(iter(lambda: connection.recv(65536), b""))
    assert rest.startswith(last)
    assert b"connection: close" in answer + rest
    assert len(files_below(running) - before) == stored


def test_a_json_body_has_a_bound(running: Running, configure: Configure, tmp_path: Path) -> None:
    config = configure(
        tmp_path,
        largest_json_bytes=2048,
        mlflow_socket=str(running.home / "run" / "mlflow.sock"),
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)
    body = {"run_id": "r", "key": "k", "value": "x" * 4096}
    headers = {"authorization": f"Bearer {running.token('ada')}"}
    answer = ask(services, "POST", _API + "runs/set-tag", headers, body)
    assert (answer.status_code, answer.json()["faults"][0]["reason"]) == (
        413,
        "is larger than 2048 bytes, which is what is read for a decision",
    )


@pytest.mark.parametrize(
    "path",
    ["9999/nothing/artifacts/x", "loose.txt", "{experiment}/nothing/artifacts/x", "9999/{run}/artifacts/x"],
)
def test_a_file_that_belongs_to_nobody_is_not_taken(running: Running, run: dict[str, str], path: str) -> None:
    """A path tells whose a file is. One that tells nothing is for a role that covers every artifact, to read."""
    with running.http("rita") as http:
        answer = http.put("/api/2.0/mlflow-artifacts/artifacts/" + path.format(**run), content=b"x")
    assert answer.status_code in (400, 403)


@pytest.fixture(scope="module")
def narrowed(running: Running) -> dict[str, str]:
    """Two experiments and two models, of which nick may see those that are called open."""
    found: dict[str, str] = {}
    with running.http("ada") as http:
        for name in ("open-sea", "closed-shop"):
            experiment = http.post(_API + "experiments/create", json={"name": name}).json()["experiment_id"]
            made = http.post(_API + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
            http.post(_API + "registered-models/create", json={"name": name})
            version = {"name": name, "source": f"runs:/{made}/model", "run_id": made}
            assert http.post(_API + "model-versions/create", json=version).status_code == 200
            found |= {f"{name}-experiment": experiment, f"{name}-run": made}
    return found


def test_lists_show_what_the_caller_may_see(running: Running, narrowed: dict[str, str]) -> None:
    assert narrowed
    with running.http("nick") as http:
        experiments = http.post(_API + "experiments/search", json={"max_results": 1000}).json()["experiments"]
        models = http.get(_API + "registered-models/search").json()["registered_models"]
        versions = http.get(_API + "model-versions/search").json()["model_versions"]
    # Another file of tests may have made an experiment of its own that the role covers.
    assert [row["name"] for row in experiments if row["name"] != "open-elsewhere"] == ["open-sea"]
    assert [row["name"] for row in models] == ["open-sea"]
    assert {row["name"] for row in versions} == {"open-sea"}


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status"),
    [
        ("GET", "experiments/get", None, {"experiment_id": "{open-sea-experiment}"}, 200),
        ("GET", "experiments/get", None, {"experiment_id": "{closed-shop-experiment}"}, 403),
        ("GET", "experiments/get", None, {"experiment_id": "424242"}, 403),
        ("GET", "experiments/get-by-name", None, {"experiment_name": "open-sea"}, 200),
        ("GET", "experiments/get-by-name", None, {"experiment_name": "closed-shop"}, 403),
        ("GET", "runs/get", None, {"run_id": "{open-sea-run}"}, 200),
        ("GET", "runs/get", None, {"run_id": "{closed-shop-run}"}, 403),
        ("GET", "runs/get", None, {"run_id": "nothing"}, 403),
        ("POST", "runs/search", {"experiment_ids": ["{open-sea-experiment}"]}, None, 200),
        ("POST", "runs/search", {"experiment_ids": ["{closed-shop-experiment}"]}, None, 403),
        ("POST", "runs/search", {"experiment_ids": ["{open-sea-experiment}", "{closed-shop-experiment}"]}, None, 200),
        ("POST", "runs/search", {"experiment_ids": ["{closed-shop-experiment}", "424242"]}, None, 403),
        ("GET", "registered-models/get", None, {"name": "open-sea"}, 200),
        ("GET", "registered-models/get", None, {"name": "closed-shop"}, 403),
        ("GET", "artifacts/list", None, {"run_id": "{closed-shop-run}"}, 403),
        ("GET", "metrics/get-history", None, {"run_id": "{closed-shop-run}", "metric_key": "m"}, 403),
    ],
)
def test_single_objects_of_a_narrow_role(
    running: Running,
    narrowed: dict[str, str],
    method: str,
    path: str,
    body: dict[str, list[str]] | None,
    query: dict[str, str] | None,
    status: int,
) -> None:
    json_body = {key: [item.format(**narrowed) for item in value] for key, value in body.items()} if body else None
    params = {key: value.format(**narrowed) for key, value in query.items()} if query else None
    with running.http("nick") as http:
        answer = http.request(method, _API + path, json=json_body, params=params)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ("modelVersions { name }", {"maxResults": 1}),
        ("modelVersions { name }", {"pageToken": "x"}),
        ("modelVersions { name } x: nextPageToken", {}),
    ],
)
def test_a_list_that_cannot_be_narrowed_is_refused(running: Running, fields: str, given: dict[str, object]) -> None:
    with running.http("nick") as http:
        query = f"query Q($data: I!) {{ mlflowSearchModelVersions(input: $data) {{ {fields} }} }}"
        answer = http.post("/graphql", json={"query": query, "variables": {"data": given}})
    assert answer.status_code == 403
    assert answer.json()["faults"][0]["reason"] == "mlflow:SearchModelVersions cannot be narrowed to what nick may see"


def graphql(running: Running, who: str, query: str, variables: dict[str, dict[str, str]]) -> httpx.Response:
    with running.http(who) as http:
        return http.post("/graphql", json={"query": query, "variables": variables})


_GET_RUN = "query GetRun($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { info { runId } } } }"
_SIBLINGS = "query Q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { modelVersions { name } } } }"


def test_graphql_is_decided_by_what_it_asks(running: Running, narrowed: dict[str, str]) -> None:
    opened = {"data": {"runId": narrowed["open-sea-run"]}}
    closed = {"data": {"runId": narrowed["closed-shop-run"]}}
    assert graphql(running, "nick", _GET_RUN, opened).json()["data"]["mlflowGetRun"]["run"]["info"]["runId"]
    assert graphql(running, "rita", _SIBLINGS, closed).json()["data"]["mlflowGetRun"]["run"]["modelVersions"]
    assert graphql(running, "nick", _GET_RUN, closed).status_code == 403
    assert graphql(running, "nick", _SIBLINGS, closed).status_code == 403
    record = running.last_record()
    assert (record["action"], record["principal"], record["decision"]) == ("mlflow:AccessUI", "nick", "DENY")


def test_every_decision_is_on_record_once(running: Running, run: dict[str, str]) -> None:
    newest = running.last_record()["number"]
    with running.http("rita") as http:
        allowed = http.get(_API + "runs/get", params={"run_id": run["run"]})
        denied = http.post(_API + "runs/delete", json={"run_id": run["run"]})
    records = [record for record in running.records() if int(str(record["number"])) > int(str(newest)) + 1]
    shown = [
        {
            key: record[key]
            for key in ("principal", "action", "resource", "method", "path", "decision", "rule", "status")
        }
        for record in records
    ]
    assert shown == [
        {
            "principal": "rita",
            "action": "mlflow:DeleteRun",
            "resource": f"run/proxy/{run['run']}",
            "method": "POST",
            "path": "/api/2.0/mlflow/runs/delete",
            "decision": "DENY",
            "rule": "deny by default",
            "status": None,
        },
        {
            "principal": "rita",
            "action": "mlflow:GetRun",
            "resource": f"run/proxy/{run['run']}",
            "method": "GET",
            "path": "/api/2.0/mlflow/runs/get",
            "decision": "ALLOW",
            "rule": "policy reader, statement ReadMlflow",
            "status": 200,
        },
    ]
    assert [record["request_id"] for record in records] == [
        denied.headers["x-request-id"],
        allowed.headers["x-request-id"],
    ]


def test_mlflow_gone_is_told_as_such(running: Running, configure: Configure, tmp_path: Path) -> None:
    config = configure(
        tmp_path,
        mlflow_socket=str(tmp_path / "nothing.sock"),
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    headers = {"authorization": f"Bearer {running.token('ada')}"}
    answer = ask(open_services(config), "GET", "/version", headers)
    health = ask(open_services(config), "GET", "/cloister/healthz", {})
    assert (answer.status_code, health.status_code) == (502, 502)
    assert answer.json()["faults"][0]["reason"] == "does not answer (UnixClientConnectorError)"


def test_an_issuer_that_is_away_is_told_and_leaves_a_record(
    running: Running, configure: Configure, tmp_path: Path
) -> None:
    issuer = {"name": "corp", "issuer": "http://127.0.0.1:9", "audiences": ["ml"]}
    database = f"sqlite:///{tmp_path}/c.db"
    services = open_services(configure(running.home, issuers=[issuer], database_url=database))
    head, claims = ({"alg": "RS256", "kid": "k"}, {"iss": "http://127.0.0.1:9", "aud": "ml", "sub": "1"})
    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims)]
    answer = ask(services, "GET", "/version", {"authorization": f"Bearer {'.'.join([*parts, 'AAAA'])}"})
    assert answer.status_code == 502
    engine = open_store(database)
    (record,) = search(engine, Search())
    engine.dispose()
    assert (record["decision"], record["rule"], record["principal"]) == ("DENY", "Source", "-")
    assert "127.0.0.1:9" in str(record["reason"])


def test_a_broken_database_lets_nobody_in(running: Running, configure: Configure, tmp_path: Path) -> None:
    database = tmp_path / "cloister.db"
    config = configure(
        tmp_path,
        mlflow_socket=str(running.home / "run" / "mlflow.sock"),
        database_url=f"sqlite:///{database}",
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE gateway_membership"))
        connection.execute(text("ALTER TABLE gateway_user RENAME TO elsewhere"))
    headers = {"authorization": f"Bearer {running.token('ada')}"}
    answer = ask(services, "GET", "/version", headers)
    assert answer.status_code == 502
    assert answer.json()["faults"][0]["thing"] == "the platform's database"
