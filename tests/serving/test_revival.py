"""What a deployment that ran before must still have when its worker is to start again."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from cloister.serving.config import RouterConfig
from cloister.serving.fleet import Keeper
from cloister.serving.registry import Registry
from cloister.serving.safety import MANIFEST
from cloister.serving.service import EndpointService
from cloister.serving.values import Deployment, Endpoint, ModelReference, State
from cloister.serving.wire import DeploymentStatus, Health, Proven
from cloister.store import migrate, open_store

BLUE = Deployment("blue", "churn", ModelReference("churn", alias="champion"))
APPROVED = {"name": "churn", "version": "3", "current_stage": "Production", "creation_timestamp": 1000}
WORKER_ENDED = "its worker ended with code 2"


@dataclass
class Ran:
    """A deployment that once ran on version 3, whose files are still here."""

    service: EndpointService
    config: RouterConfig
    files: Path

    @property
    def status(self) -> DeploymentStatus:
        return self.service.show_deployment("churn", "blue")

    def revived(self, answer: httpx.Response) -> Health:
        """Its health once it was tried to start it again with this answer of the registry."""

        def said(request: httpx.Request) -> httpx.Response:
            # By its number, wherever the alias points by now.
            assert dict(request.url.params) == {"name": "churn", "version": "3"}
            return answer

        registry = Registry("http://registry", lambda: "t", httpx.MockTransport(said))
        keeper = Keeper(self.status, self.service, registry, self.config, {})

        async def tried() -> None:
            keeping = asyncio.create_task(keeper.run())
            while not self.status.health.last_error:  # noqa: ASYNC110 - what tells it is the database
                await asyncio.sleep(0.02)
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping

        asyncio.run(asyncio.wait_for(tried(), 30))
        return self.status.health


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Ran]:
    engine = open_store(f"sqlite:///{tmp_path / 'cloister.db'}")
    migrate(engine, "serving")
    service = EndpointService(engine)
    service.create(Endpoint("churn"), "ada")
    service.create_deployment(BLUE, "ada")
    service.record("churn", "blue", 1, state=State.SUCCEEDED, proven=Proven(BLUE, "3", 1))
    files = tmp_path / "models" / "churn" / "3-1000"
    files.mkdir(parents=True)
    (files / "MLmodel").write_bytes(b"{}")
    (files / MANIFEST).write_text(json.dumps({"MLmodel": sha256(b"{}").hexdigest()}))
    config = RouterConfig(
        database_url="sqlite://",
        serving=tmp_path,
        sockets=tmp_path,
        logs=tmp_path / "logs",
        gateway_url="http://registry",
        signing_key=tmp_path / "key",
    )
    yield Ran(service, config, files)
    engine.dispose()


@pytest.mark.parametrize(
    ("status", "described", "reason"),
    [
        (200, APPROVED | {"current_stage": "Archived"}, "it is not approved: its stage is Archived"),
        (200, APPROVED | {"current_stage": "None", "aliases": ["staging"]}, "it is not approved: its stage is None"),
        (404, {}, "the model registry answers 404"),
    ],
)
def test_no_worker_starts_on_a_version_that_lost_its_approval(
    ran: Ran, status: int, described: Mapping[str, object], reason: str
) -> None:
    assert reason in ran.revived(httpx.Response(status, json={"model_version": described})).last_error
    assert not ran.config.logs.exists()


def test_no_worker_starts_on_files_that_were_changed(ran: Ran) -> None:
    (ran.files / "MLmodel").write_bytes(b"{} ")
    told = ran.revived(httpx.Response(200, json={"model_version": APPROVED})).last_error
    assert "its files were changed after they were fetched: MLmodel" in told
    assert not ran.config.logs.exists()


def test_a_worker_starts_on_the_files_of_an_approved_version(ran: Ran) -> None:
    # It starts, and finds by itself that these files are no model.
    assert WORKER_ENDED in ran.revived(httpx.Response(200, json={"model_version": APPROVED})).last_error
