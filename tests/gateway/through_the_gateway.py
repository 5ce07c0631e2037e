"""MLflow's own tests of its REST client, run through the gateway as an administrator: a plugin for their pytest.

They are not part of a release; with a checkout of MLflow's repository at hand, beside the installed MLflow:

    cd CHECKOUT
    PYTHONPATH=CHECKOUT:CLOISTER/tests/gateway pytest -p through_the_gateway tests/tracking/test_rest_tracking.py

Each server that those tests start listens on a socket then, with a gateway of its own in front, and every request that
they send carries a token. Without the plugin the same command says what passes anyway.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
import uvicorn

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.gateway.app import build_app, open_services
from cloister.gateway.config import GatewayConfig
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.mlflow.server import UPSTREAM_HOST

# Read by MLflow's server where it is imported, which is after this.
os.environ["MLFLOW_SERVER_ALLOWED_HOSTS"] = UPSTREAM_HOST
_TOKENS: dict[str, str] = {}
_SECONDS = 24 * 3600


@contextmanager
def serving(app: object, **where: object) -> Iterator[None]:
    """An application in a thread of its own, until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", **where))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@contextmanager
def behind_a_gateway(app: object, port: int) -> Iterator[str]:
    """The address of a gateway before MLflow's application, and a token for it."""
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        config = GatewayConfig(
            port=port,
            database_url=f"sqlite:///{folder}/cloister.db",
            mlflow_socket=Path(folder, "mlflow.sock"),
            signing_key=Path(folder, "signing.jwk"),
            role_of_group={"admins": "admin"},
        )
        services = open_services(config)
        ensure_users(services.engine, {"admins": ["ada"]}, now=datetime.now(UTC))
        key = services.guard.key
        _TOKENS[url] = issue(Principal("ada", "user"), key, now=datetime.now(UTC), lifetime_seconds=_SECONDS)
        with (
            serving(app, uds=str(config.mlflow_socket)),
            serving(build_app(services), host="127.0.0.1", port=port, lifespan="on"),
        ):
            yield url


def _send(send: Any) -> Any:  # noqa: ANN401 - the library's own signature
    def authorized(session: requests.Session, request: requests.PreparedRequest, **given: object) -> requests.Response:
        token = next((token for url, token in _TOKENS.items() if (request.url or "").startswith(url)), None)
        if token is not None:
            request.headers.setdefault("Authorization", f"Bearer {token}")
        answer: requests.Response = send(session, request, **given)
        return answer

    return authorized


@pytest.fixture(autouse=True, scope="session")
def _through_the_gateway() -> Iterator[None]:
    servers = import_module("tests.tracking.integration_test_utils")  # of the checkout

    def enter(server: Any) -> str:  # noqa: ANN401 - a class of the checkout
        server.behind = behind_a_gateway(server.server.config.app, server.port)
        return str(server.behind.__enter__())

    def leave(server: Any, *_: object) -> None:  # noqa: ANN401 - as above
        server.behind.__exit__(None, None, None)

    with (
        patch.object(servers.ServerThread, "__enter__", enter),
        patch.object(servers.ServerThread, "__exit__", leave),
        patch.object(requests.Session, "send", _send(requests.Session.send)),
    ):
        yield
