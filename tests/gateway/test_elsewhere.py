"""nginx and Envoy before MLflow decide as the gateway does, and pass on what it allows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from cloister.errors import SpecError
from cloister.gateway.app import build_app, open_services
from cloister.gateway.elsewhere.original import of_envoy, of_nginx

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import Configure, Running

_API = "/api/2.0/mlflow/"
_HOST = "mlflow.example.test"


@dataclass(frozen=True)
class Objects:
    """One experiment that everybody who reads may see, one that the narrow role may not."""

    shown: str
    hidden: str


@pytest.fixture(scope="module")
def objects(running: Running) -> Objects:
    with running.http("ada") as http:
        made = [
            str(http.post(_API + "experiments/create", json={"name": name}).json()["experiment_id"])
            for name in ("open-elsewhere", "closed-elsewhere")
        ]
    return Objects(*made)


@pytest.fixture
def through_nginx(nginx: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=nginx, headers={"host": _HOST}, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture
def through_envoy(envoy: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=envoy, headers={"host": _HOST}, timeout=60, trust_env=False) as http:
        yield http


# Who, experiment, status; a GET whose object stands in the query.
_READS = [
    ("ada", "shown", 200),
    ("rita", "hidden", 200),
    ("nick", "shown", 200),
    ("nick", "hidden", 403),
    ("nora", "shown", 403),
    ("carl", "hidden", 200),  # by a policy of calls
    (None, "shown", 401),
]


@pytest.mark.platform
@pytest.mark.parametrize(("who", "which", "status"), _READS)
def test_nginx_lets_through_what_the_gateway_allows(
    running: Running, through_nginx: httpx.Client, objects: Objects, who: str | None, which: str, status: int
) -> None:
    query = {"experiment_id": getattr(objects, which)}
    answer = through_nginx.get(_API + "experiments/get", params=query, headers=_token(running, who))
    assert answer.status_code == status
    assert ("experiment_id" in answer.text) == (status == 200)
    record = running.last_record()
    assert (record["path"], record["source"]) == (_API + "experiments/get", "127.0.0.1")
    assert record["decision"] == ("ALLOW" if status == 200 else "DENY")


@pytest.mark.platform
@pytest.mark.parametrize(("who", "which", "status"), _READS)
def test_envoy_lets_through_what_the_gateway_allows(
    running: Running, through_envoy: httpx.Client, objects: Objects, who: str | None, which: str, status: int
) -> None:
    query = {"experiment_id": getattr(objects, which)}
    answer = through_envoy.get(_API + "experiments/get", params=query, headers=_token(running, who))
    assert answer.status_code == status
    assert ("experiment_id" in answer.text) == (status == 200)


@pytest.mark.platform
@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("rita", "runs/search", {"experiment_ids": ["HIDDEN"]}, 200),
        ("nick", "runs/search", {"experiment_ids": ["SHOWN"]}, 200),
        ("nick", "runs/search", {"experiment_ids": ["HIDDEN"]}, 403),
        ("ada", "experiments/set-experiment-tag", {"experiment_id": "HIDDEN", "key": "a", "value": "b"}, 200),
        ("rita", "experiments/set-experiment-tag", {"experiment_id": "HIDDEN", "key": "a", "value": "b"}, 403),
        # What the gateway has to record out of MLflow's answer goes through the gateway.
        ("ada", "runs/create", {"experiment_id": "SHOWN"}, 403),
    ],
)
def test_envoy_shows_the_body_and_it_is_judged(
    running: Running,
    through_envoy: httpx.Client,
    objects: Objects,
    who: str,
    path: str,
    body: dict[str, object],
    status: int,
) -> None:
    text = str(body).replace("'", '"').replace("SHOWN", objects.shown).replace("HIDDEN", objects.hidden)
    headers = {**_token(running, who), "content-type": "application/json"}
    assert through_envoy.post(_API + path, content=text, headers=headers).status_code == status


@pytest.mark.platform
def test_what_is_no_read_goes_through_nginx_to_the_gateway(
    running: Running, through_nginx: httpx.Client, objects: Objects
) -> None:
    made = through_nginx.post(
        _API + "runs/create", json={"experiment_id": objects.shown}, headers=_token(running, "ada")
    )
    assert made.status_code == 200
    assert made.headers["x-request-id"]


@pytest.mark.platform
def test_a_read_with_a_body_that_mlflow_would_read_is_refused(
    running: Running, through_nginx: httpx.Client, through_envoy: httpx.Client, objects: Objects
) -> None:
    body = f'{{"experiment_id": "{objects.hidden}"}}'
    for http in (through_nginx, through_envoy):
        headers = {**_token(running, "nick"), "content-type": "application/json"}
        answer = http.request("GET", _API + "experiments/get", content=body, headers=headers)
        assert answer.status_code in (400, 403)
        assert "experiment_id" not in answer.text or "does not belong" in answer.text


@pytest.mark.platform
def test_a_caller_cannot_speak_for_the_proxy(running: Running, through_nginx: httpx.Client, objects: Objects) -> None:
    told = {
        **_token(running, "nick"),
        "x-original-uri": _API + f"experiments/get?experiment_id={objects.shown}",
        "x-original-method": "GET",
        "x-original-body": "|",
        "x-real-ip": "10.9.9.9",
    }
    answer = through_nginx.get(_API + "experiments/get", params={"experiment_id": objects.hidden}, headers=told)
    assert answer.status_code == 403
    assert running.last_record()["source"] == "127.0.0.1"


def _token(running: Running, who: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {running.token(who)}"} if who else {}


def _asking(*headers: tuple[str, str], path: str = "/cloister/v1/decision") -> dict[str, object]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"a=1",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("10.0.0.1", 1),
    }


_METHOD, _URI = ("x-original-method", "POST"), ("x-original-uri", "/api/x%2f?q=%20")


def test_what_nginx_tells_becomes_the_request_that_it_holds() -> None:
    told = (("x-original-body", "12|"), ("x-real-ip", "10.9.9.9"), ("cookie", "a=b"), ("x-forwarded-for", "1"))
    original = of_nginx(_asking(_METHOD, _URI, *told))
    found = {key: original.scope[key] for key in ("method", "raw_path", "query_string", "headers", "client")}
    assert found == {
        "method": "POST",
        "raw_path": b"/api/x%2f",
        "query_string": b"q=%20",
        "headers": [(b"cookie", b"a=b")],
        "client": ("10.9.9.9", 0),
    }
    assert (original.shown, original.declared) == (False, True)


@pytest.mark.parametrize(
    ("body", "declared"), [("|", False), ("0|", False), ("5|", True), ("|chunked", True), ("0|chunked", True)]
)
def test_a_body_that_nginx_does_not_show_is_known_to_be_there(body: str, declared: bool) -> None:
    assert of_nginx(_asking(_METHOD, _URI, ("x-original-body", body))).declared is declared


@pytest.mark.parametrize(
    ("headers", "thing"),
    [
        ((_URI, ("x-original-body", "|")), "header x-original-method"),
        ((_METHOD, ("x-original-body", "|")), "header x-original-uri"),
        ((_METHOD, _URI), "header x-original-body"),
        ((_METHOD, _URI, ("x-original-body", "")), "header x-original-body"),
        ((_METHOD, _METHOD, _URI, ("x-original-body", "|")), "header x-original-method"),
    ],
)
def test_what_nginx_leaves_out_is_told_with_the_line_to_write(headers: tuple[tuple[str, str], ...], thing: str) -> None:
    with pytest.raises(SpecError) as caught:
        of_nginx(_asking(*headers))
    assert caught.value.faults[0].thing == thing
    assert "proxy" in caught.value.faults[0].mend


def test_envoy_shows_the_whole_body_or_none() -> None:
    path = "/cloister/v1/authz/api/2.0/mlflow/runs/search"
    shown = of_envoy(_asking(("x-cloister-body", "shown"), ("content-length", "7"), path=path))
    assert (shown.scope["raw_path"], shown.scope["query_string"]) == (b"/api/2.0/mlflow/runs/search", b"a=1")
    assert (shown.scope["headers"], shown.shown, shown.declared) == ([(b"content-length", b"7")], True, False)
    hidden = of_envoy(_asking(("content-length", "0"), path=path))
    assert (hidden.scope["headers"], hidden.shown, hidden.declared) == ([], False, True)
    with pytest.raises(SpecError, match="only a part of it is shown"):
        of_envoy(_asking(("x-cloister-body", "shown"), ("x-envoy-auth-partial-body", "true"), path=path))


@pytest.mark.platform
def test_a_refusal_by_way_of_a_proxy_names_nothing_hidden(running: Running) -> None:
    with running.http("ada") as http:
        made = http.post("/api/2.0/mlflow/experiments/create", json={"name": "hidden from proxies"}).json()
        body = {"experiment_id": made["experiment_id"]}
        run = http.post("/api/2.0/mlflow/runs/create", json=body).json()["run"]["info"]["run_id"]
    with running.http("nick") as http:
        asked = f"/cloister/v1/authz/api/2.0/mlflow/runs/get?run_id={run}"
        answer = http.get(asked, headers={"x-cloister-body": "shown"})
    assert answer.status_code == 403
    assert "hidden from proxies" not in answer.text


@pytest.mark.platform
def test_who_is_no_proxy_gets_no_decision(running: Running, tmp_path: Path, configure: Configure) -> None:
    """With no deciders at all, the default, nobody may ask, not even from this machine."""
    services = open_services(configure(running.home, deciders=[], port=1, database_url=f"sqlite:///{tmp_path}/c.db"))
    try:
        app = build_app(services)
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 5))
        headers = {"host": _HOST, "authorization": f"Bearer {running.token('ada')}", "x-original-method": "GET"}

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
                return await http.get("/cloister/v1/decision")

        answer = asyncio.run(ask())
    finally:
        services.close()
    assert answer.status_code == 403
    assert answer.json()["faults"][0]["reason"] == "127.0.0.1 is no proxy that may ask"
