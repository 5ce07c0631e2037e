"""The control routes of endpoints on a real service: what they answer, and that each asks for leave first."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from cloister.errors import Fault, RefusedError
from cloister.gateway.faults import UnauthenticatedError
from cloister.serving import wire
from cloister.serving.control import Control
from cloister.serving.process import log_path
from cloister.serving.service import EndpointService
from cloister.serving.values import Deployment, Endpoint, ModelReference, State
from cloister.serving.wire import Proven
from cloister.store import migrate, open_store

BLUE = Deployment("blue", "churn", ModelReference("churn", version="1"))
ENDPOINT: dict[str, Any] = wire.ENDPOINT.dump_python(Endpoint("churn", "who leaves"), mode="json")
DOCUMENT: dict[str, Any] = wire.DEPLOYMENT.dump_python(BLUE, mode="json")


class Doorkeeper:
    """An authorizer that lets ada do everything and nobody else anything, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def recognize(self, request: Request) -> None:
        if not request.headers.get("x-user"):
            raise UnauthenticatedError(Fault("request", "nobody is known to ask", "log in"))

    async def admit(self, request: Request, action: str, resource: str) -> str:
        await self.recognize(request)
        self.asked.append((action, resource))
        if request.headers.get("x-user") != "ada":
            raise RefusedError(Fault(resource, f"{action} is not allowed", "ask ada"))
        return "ada"


class Client:
    """The control routes in this process."""

    def __init__(self, folder: Path) -> None:
        engine = open_store(f"sqlite:///{folder / 'cloister.db'}")
        migrate(engine, "serving")
        self.engine = engine
        self.service = EndpointService(engine)
        self.door = Doorkeeper()
        self.logs = folder / "logs"
        self._app = Starlette(
            routes=Control(self.service, self.door, "http://scoring:1/", self.logs, patience_seconds=0.0).routes()
        )

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        user: str = "ada",
        content: AsyncIterator[bytes] | bytes | None = None,
    ) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://platform") as client:
                return await client.request(method, path, headers={"x-user": user}, json=body, content=content)

        return asyncio.run(asked())


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path)
    yield client
    client.engine.dispose()


def test_an_endpoint_from_its_creation_to_its_end(client: Client) -> None:
    assert client.ask("GET", "/online-endpoints").json() == []
    created = client.ask("POST", "/online-endpoints", ENDPOINT)
    assert (created.status_code, created.json()["endpoint"]) == (201, ENDPOINT)
    assert created.json()["scoring_uri"] == "http://scoring:1/endpoints/churn/invocations"
    deployed = client.ask("POST", "/online-deployments/churn", DOCUMENT)
    assert (deployed.status_code, deployed.json()["state"], deployed.json()["spec"]) == (201, "Creating", DOCUMENT)
    client.service.record("churn", "blue", 1, state=State.SUCCEEDED, proven=Proven(BLUE, "1", 1))
    routed = client.ask("PUT", "/online-endpoints/churn/traffic", {"traffic": {"blue": 100}})
    assert routed.json()["endpoint"]["routing"] == {"traffic": {"blue": 100}, "mirror": {}}
    described = {**routed.json()["endpoint"], "description": "who stays"}
    assert client.ask("PUT", "/online-endpoints/churn", described).json()["endpoint"] == described
    back = client.ask("POST", "/online-endpoints/churn/rollback")
    assert back.json()["endpoint"]["routing"] == {"traffic": {}, "mirror": {}}
    changed = client.ask("PUT", "/online-deployments/churn/blue", {**DOCUMENT, "request_timeout_ms": 9000})
    assert (changed.json()["state"], changed.json()["generation"]) == ("Updating", 2)
    assert client.ask("GET", "/online-deployments/churn").json() == [changed.json()]
    assert client.ask("GET", "/online-deployments/churn/blue").json() == changed.json()
    assert client.ask("DELETE", "/online-deployments/churn/blue").status_code == 204
    assert client.ask("DELETE", "/online-endpoints/churn").status_code == 204
    assert client.ask("GET", "/online-endpoints/churn").status_code == 404


def test_the_log_of_a_deployment(client: Client) -> None:
    client.service.create(Endpoint("churn"), "ada")
    client.service.create_deployment(BLUE, "ada")
    assert client.ask("GET", "/online-deployments/churn/blue/logs").text == ""
    client.logs.mkdir()
    log_path(client.logs, "churn", "blue").write_text("one\ntwo\n\nthree\n")
    assert client.ask("GET", "/online-deployments/churn/blue/logs?lines=2").text == "two\nthree\n"
    assert client.ask("GET", "/online-deployments/churn/blue/logs?lines=0").status_code == 400
    assert client.ask("GET", "/online-deployments/churn/..%2f..%2fetc/logs").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("POST", "/online-endpoints", None, 400, "is not the JSON that it should be: Expecting value"),
        ("POST", "/online-endpoints", {"name": 7}, 400, "Input should be a valid string"),
        (
            "POST",
            "/online-endpoints",
            {**ENDPOINT, "name": "1x"},
            400,
            "a name has 3 to 32 letters, digits and hyphens",
        ),
        ("POST", "/online-endpoints", ENDPOINT, 409, "exists already"),
        ("PUT", "/online-endpoints/other", ENDPOINT, 400, "the document names the endpoint"),
        ("PUT", "/online-endpoints/churn/traffic", {"traffic": {"blue": 90}}, 400, "the shares sum to 90"),
        ("PUT", "/online-endpoints/churn/traffic", {"traffic": {"blue": 100}}, 409, 'endpoint "churn" has no such'),
        ("PUT", "/online-endpoints/nope/traffic", {"traffic": {}}, 404, "does not exist"),
        ("POST", "/online-endpoints/churn/rollback", None, 409, "its traffic has no earlier state to go back to"),
        ("POST", "/online-deployments/other", DOCUMENT, 400, "the document names the endpoint"),
        ("PUT", "/online-deployments/churn/green", DOCUMENT, 400, "the document names the deployment"),
        ("DELETE", "/online-deployments/churn/blue", None, 404, 'endpoint "churn" has no such deployment'),
    ],
)
def test_requests_that_are_refused(
    client: Client, method: str, path: str, body: object, status: int, reason: str
) -> None:
    client.service.create(Endpoint("churn"), "ada")
    answer = client.ask(method, path, body)
    assert (answer.status_code, answer.json()["faults"][0]["reason"][: len(reason)]) == (status, reason)
    assert answer.json()["faults"][0]["mend"]


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("GET", "/online-endpoints", None, "cloister:ReadEndpoint"),
        ("POST", "/online-endpoints", ENDPOINT, "cloister:ManageEndpoint"),
        ("GET", "/online-endpoints/churn", None, "cloister:ReadEndpoint"),
        ("PUT", "/online-endpoints/churn", ENDPOINT, "cloister:ManageEndpoint"),
        ("DELETE", "/online-endpoints/churn", None, "cloister:ManageEndpoint"),
        ("PUT", "/online-endpoints/churn/traffic", {}, "cloister:ManageEndpoint"),
        ("POST", "/online-endpoints/churn/rollback", None, "cloister:ManageEndpoint"),
        ("GET", "/online-deployments/churn", None, "cloister:ReadEndpoint"),
        ("POST", "/online-deployments/churn", DOCUMENT, "cloister:ManageEndpoint"),
        ("GET", "/online-deployments/churn/blue", None, "cloister:ReadEndpoint"),
        ("PUT", "/online-deployments/churn/blue", DOCUMENT, "cloister:ManageEndpoint"),
        ("DELETE", "/online-deployments/churn/blue", None, "cloister:ManageEndpoint"),
        ("GET", "/online-deployments/churn/blue/logs", None, "cloister:ReadEndpoint"),
    ],
)
def test_every_route_asks_for_leave_and_does_nothing_without(
    client: Client, method: str, path: str, body: object, action: str
) -> None:
    client.service.create(Endpoint("churn"), "ada")
    client.service.create_deployment(BLUE, "ada")
    before = client.service.list()
    refused = client.ask(method, path, body, user="eve")
    assert (refused.status_code, refused.json()["faults"][0]["mend"]) == (403, "ask ada")
    everything = method == "GET" and path == "/online-endpoints"
    assert client.door.asked == [(action, "online-endpoint/*" if everything else "online-endpoint/churn")]
    assert client.service.list() == before


BODIES = [
    ("POST", "/online-endpoints"),
    ("PUT", "/online-endpoints/churn"),
    ("PUT", "/online-endpoints/churn/traffic"),
    ("POST", "/online-deployments/churn"),
    ("PUT", "/online-deployments/churn/blue"),
]


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize(("user", "status", "pieces"), [("", 401, 0), ("ada", 413, 9)])
def test_no_body_is_read_for_nobody_and_none_beyond_8_mib(
    client: Client, method: str, path: str, user: str, status: int, pieces: int
) -> None:
    client.service.create(Endpoint("churn"), "ada")
    read: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for number in range(64):
            read.append(number)
            yield b" " * (1 << 20)

    answer = client.ask(method, path, user=user, content=endless())
    assert (answer.status_code, len(read)) == (status, pieces)


def test_a_body_that_reads_in_two_ways_is_refused(client: Client) -> None:
    client.service.create(Endpoint("churn"), "ada")
    twice = b'{"traffic": {}, "traffic": {"blue": 100}}'
    answer = client.ask("PUT", "/online-endpoints/churn/traffic", content=twice)
    reason = 'is not the JSON that it should be: the key "traffic" stands twice'
    assert (answer.status_code, answer.json()["faults"][0]["reason"]) == (400, reason)
