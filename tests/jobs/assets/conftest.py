"""A database with the tables of jobs, and a server with the routes of assets on it."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from cloister.access.policies import read_policy
from cloister.access.policy_set import compiled
from cloister.access.principals import Principal
from cloister.client.stored import Credentials
from cloister.errors import CloisterError, Fault, RefusedError
from cloister.gateway import faults
from cloister.gateway.guard import See
from cloister.gateway.rights.asking import Asker
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.desk.asset_files import AssetFileControl
from cloister.jobs.desk.assets import AssetControl
from cloister.jobs.desk.datastores import DatastoreControl
from cloister.jobs.desk.lineage import LineageControl
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.uploads import UploadControl
from cloister.sdk.control import ControlClient
from cloister.store import migrate, open_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(made, "jobs")
    yield made
    made.dispose()


@pytest.fixture
def records(engine: sa.Engine) -> AssetRecords:
    return AssetRecords(engine, lambda: 1_760_000_000.0)


_ALL = read_policy(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloister:*", "Resource": "*"}]}', "all"
)


@dataclass
class Rights:
    """Whoever has the token "reader" may read; everybody else may all."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def admit(self, scope: Scope, action: str, resource: str, _see: See) -> Asker:
        name = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        self.asked.append((name, action, resource))
        if name == "reader" and not action.startswith("cloister:Read"):
            raise RefusedError(Fault(resource, f"{name} has no right to {action}", "ask an administrator"))
        return Asker(Principal(name, "user"), compiled((_ALL,)), {})


@dataclass
class Desk:
    """The control API's part on assets, served."""

    url: str
    rights: Rights
    service: JobService

    def client(self, name: str = "ada") -> ControlClient:
        return ControlClient(Credentials(self.url, name))


async def _tell(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CloisterError)
    return faults.answer(error)


@pytest.fixture
def desk(engine: sa.Engine, tmp_path: Path) -> Iterator[Desk]:
    rights = Rights()
    service = JobService(engine, tmp_path / "home" / "jobs", datastore_keys=tmp_path / "keys.txt")
    found = (
        *AssetControl(service, rights).routes(),
        *AssetFileControl(service, rights).routes(),
        *LineageControl(service, rights).routes(),
        *UploadControl(service.library.contents, rights).routes(),
        *DatastoreControl(service.library.datastores.records, rights).routes(),
    )
    routes = [Route("/cloister/v1" + r.path, r.endpoint, methods=sorted(r.methods or ())) for r in found]
    app = Starlette(routes=routes, exception_handlers={CloisterError: _tell})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Desk(f"http://127.0.0.1:{listening.getsockname()[1]}", rights, service)
        server.should_exit = True
        thread.join()
