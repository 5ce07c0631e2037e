"""A real MLflow server on a Unix socket behind a real gateway process; started once for all tests that need it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import requests
import yaml
from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.client.access_key import AccessKey
from cloister.client.signing import sign_request
from cloister.gateway.config import GatewayConfig
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.mlflow.server import UMASK, MlflowServer
from cloister.store import migrate, open_store

GROUPS = {
    "ml-admins": ["ada", "alan"],
    "ml-readers": ["rita"],
    "ml-approvers": ["abe"],
    "ml-members": ["mia", "max"],
    "ml-narrow": ["nick"],
    "ml-team": ["theo"],
    "ml-prompters": ["paula"],
    "ml-none": ["nora"],
    "ml-call-readers": ["carl"],
    "ml-call-approvers": ["cora"],
}
ROLES = {
    "ml-admins": "admin",
    "ml-readers": "reader",
    "ml-members": "member",
    "ml-approvers": "approver",
    "ml-narrow": "narrow",
    "ml-team": "team",
    "ml-prompters": "prompter",
    "ml-call-readers": "call-reader",
    "ml-call-approvers": "call-approver",
}
# What the gateway is called in policies of calls, and the base path of its tracking URI.
API = {"region": "eu-west-1", "account": "111122223333", "api_id": "m1f2l3o4w5", "stage": "prod"}
_READ_CALLS = ["GET/*", "POST/api/2.0/mlflow/runs/search", "POST/api/2.0/mlflow/experiments/search"]
_MODEL_CALLS = ["POST/api/2.0/mlflow/model-versions/*", "POST/api/2.0/mlflow/registered-models/*"]
# A role that sees only what is called "open...".
NARROW = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["mlflow:Get*", "mlflow:List*", "mlflow:Search*"],
            "Resource": [
                "experiment/open*",
                "run/open*",
                "artifact/open*",
                "registered-model/open*",
                "model-version/open*",
            ],
        },
        {"Effect": "Allow", "Action": "mlflow:AccessUI", "Resource": "server"},
        {"Effect": "Deny", "Action": "mlflow:GetModelVersion", "Resource": "model-version/open-mixed/2"},
    ],
}
# A role that may do everything with what is called "ours...", and nothing else.
TEAM = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "mlflow:*",
            "Resource": [
                f"{kind}/ours*"
                for kind in (
                    "experiment",
                    "run",
                    "artifact",
                    "logged-model",
                    "trace",
                    "dataset",
                    "scorer",
                    "label-schema",
                    "review-queue",
                    "issue",
                    "prompt",
                    "registered-model",
                    "model-version",
                )
            ],
        }
    ],
}
_START_SECONDS = 120
_ELSEWHERE = Path(__file__).parents[2] / "docs" / "elsewhere.md"


def of_calls(*calls: str) -> str:
    """A policy that allows calls, as method and path."""
    arns = [f"arn:aws:execute-api:eu-west-1:111122223333:m1f2l3o4w5/prod/{call}" for call in calls]
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arns}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True)
class Running:
    """A gateway with MLflow behind it, and everything that a test needs to look at it from outside and inside."""

    url: str
    home: Path
    passwords: dict[str, str]
    key: OKPKey
    engine: Engine
    mlflow: "subprocess.Popen[bytes]"
    gateway: "subprocess.Popen[bytes]"

    def token(self, who: str | Principal) -> str:
        """A bearer token, issued without the detour over the password."""
        principal = Principal(who, "user") if isinstance(who, str) else who
        return issue(principal, self.key, now=datetime.now(UTC), lifetime_seconds=3600)

    def http(self, who: str | Principal | None = None) -> httpx.Client:
        """A plain HTTP client, with a bearer token for somebody or without."""
        headers = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    @contextmanager
    def key_of(self, owner: str, *groups: str) -> Iterator[tuple[str, str]]:
        """Id and secret of an access key, deleted afterwards; people make their own, so nobody answers for them."""
        with self.http("ada" if owner.startswith("key/") else owner) as http:
            made = http.post("/cloister/v1/keys", json={"owner": owner, "groups": list(groups)}).json()
            try:
                yield made["id"], made["secret"]
            finally:
                http.delete(f"/cloister/v1/keys/{made['id']}")

    def send(
        self,
        key: tuple[str, str],
        method: str,
        path: str,
        body: bytes = b"",
        *,
        sent: bytes | None = None,
        token: str = "",
    ) -> requests.Response:
        """The answer to a request that is signed for `body`, and sent with `sent` in its place."""
        request = requests.Request(method, self.url + path, {"Content-Type": "application/json"}, data=body).prepare()
        sign_request(request, AccessKey(*key, token), "us-east-1")
        if sent is not None:
            request.body = sent
        with requests.Session() as session:
            session.trust_env = False
            return session.send(request, timeout=60)

    def last_record(self) -> dict[str, object]:
        """The newest record of a decision."""
        return self.records(1)[0]

    def records(self, limit: int = 50) -> list[dict[str, object]]:
        """The newest records."""
        with self.http("ada") as http:
            found = http.get("/cloister/v1/audit", params={"limit": limit + 1}).json()["records"]
        # The newest is that of this very request.
        return list(found[1:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        if ready():
            return
        time.sleep(0.2)
    pytest.fail(f"not ready in {_START_SECONDS} s:\n{log.read_text()[-3000:]}")


def answers(address: Path | int, path: str) -> bool:
    """Whether a server on a Unix socket or a local port answers with 200."""
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(10)
        try:
            connection.connect(str(address) if isinstance(address, Path) else ("127.0.0.1", address))
            host = "mlflow" if isinstance(address, Path) else f"127.0.0.1:{address}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def start_mlflow(home: Path, *, new_session: bool = False) -> "subprocess.Popen[bytes]":
    (home / "state").mkdir(exist_ok=True)
    server = MlflowServer(home / "run" / "mlflow.sock", f"sqlite:///{home}/state/mlflow.db", str(home / "artifacts"))
    server.prepare()
    log = home / "mlflow.log"
    command = [sys.executable, "-m", "cloister.platform.mlflow_process"]  # as the platform starts it
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--socket", str(server.socket), "--artifacts", server.artifacts],
            env=server.environment(os.environ),
            stdout=out,
            stderr=subprocess.STDOUT,
            umask=UMASK,
            start_new_session=new_session,
        )
    wait_until(lambda: answers(server.socket, "/health"), process, log)
    return process


def start_gateway(config: GatewayConfig, home: Path, *, new_session: bool = False) -> "subprocess.Popen[bytes]":
    file = home / "gateway.json"
    file.write_text(config.model_dump_json())
    log = home / "gateway.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "cloister.gateway", "--config", str(file)],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=new_session,
        )
    wait_until(lambda: answers(config.port, "/cloister/healthz"), process, log)
    return process


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_config(home: Path, **more: object) -> GatewayConfig:
    narrow = home / "narrow.json"
    narrow.write_text(json.dumps(NARROW))
    (home / "team.json").write_text(json.dumps(TEAM))
    prompter = {"Effect": "Allow", "Action": "mlflow:*", "Resource": "prompt/*"}
    (home / "prompter.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [prompter]}))
    (home / "call-reader.json").write_text(of_calls(*_READ_CALLS))
    (home / "call-approver.json").write_text(of_calls(*_READ_CALLS, *_MODEL_CALLS))
    settings = {
        "port": free_port(),
        "database_url": f"sqlite:///{home}/state/cloister.db",
        "mlflow_socket": str(home / "run" / "mlflow.sock"),
        "signing_key": str(home / "secrets" / "signing.jwk"),
        "artifacts": str(home / "artifacts"),
        "role_of_group": ROLES,
        "policies": {
            "narrow": str(narrow),
            "team": str(home / "team.json"),
            "prompter": str(home / "prompter.json"),
            "call-reader": str(home / "call-reader.json"),
            "call-approver": str(home / "call-approver.json"),
        },
        "names": ["mlflow.example.test"],
        "deciders": ["127.0.0.1/32"],
        "api": API,
    }
    return GatewayConfig.model_validate_json(json.dumps(settings | more))


Configure = Callable[..., GatewayConfig]


@pytest.fixture(scope="session")
def configure() -> Configure:
    """Makes a gateway's configuration for a home; keywords override its settings."""
    return make_config


Starter = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def starters() -> Callable[[Path, GatewayConfig], dict[str, Starter]]:
    """Makes what starts an MLflow and a gateway, each in a session of its own, to be killed with all its children."""
    return lambda home, config: {
        "mlflow": lambda: start_mlflow(home, new_session=True),
        "gateway": lambda: start_gateway(config, home, new_session=True),
    }


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    mlflow = start_mlflow(home)
    config = make_config(home)
    engine = open_store(config.database_url)
    migrate(engine, "gateway")
    passwords = ensure_users(engine, GROUPS, now=datetime.now(UTC))
    gateway = start_gateway(config, home)
    key = load_or_create_key(config.signing_key)
    try:
        yield Running(f"http://127.0.0.1:{config.port}", home, passwords, key, engine, mlflow, gateway)
    finally:
        stop(gateway)
        stop(mlflow)
        engine.dispose()


def published(language: str) -> str:
    """The configuration that the documentation shows."""
    return _ELSEWHERE.read_text().split(f"```{language}\n")[1].split("```")[0]


def in_place(text: str, running: Running) -> str:
    """The published configuration with the addresses of this test."""
    return text.replace("127.0.0.1:5000", running.url.removeprefix("http://")).replace(
        "/srv/cloister/run/mlflow.sock", f"{running.home}/run/mlflow.sock"
    )


@pytest.fixture(scope="session")
def nginx(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx configured as the documentation says."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("not run: nginx is not installed")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; location = /ready {{ return 200; }}\n"
        f"{in_place(published('nginx'), running)}\n}} }}\n"
    )
    log = folder / "out.log"
    with log.open("wb") as out:
        process = subprocess.Popen([program, "-c", f"{folder}/nginx.conf", "-p", str(folder)], stdout=out, stderr=out)
    wait_until(lambda: answers(port, "/ready"), process, log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.fixture(scope="session")
def envoy(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Envoy configured as the documentation says."""
    program = shutil.which("envoy")
    if program is None:
        pytest.skip("not run: envoy is not installed")
    folder, port, admin = tmp_path_factory.mktemp("envoy"), free_port(), free_port()
    (folder / "envoy.yaml").write_text(_envoy(port, admin, running))
    log = folder / "envoy.log"
    with log.open("wb") as out:
        options = ["-c", f"{folder}/envoy.yaml", "--concurrency", "1", "--disable-hot-restart"]
        process = subprocess.Popen([program, *options], stdout=out, stderr=out)
    wait_until(lambda: answers(admin, "/ready"), process, log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def _envoy(port: int, admin: int, running: Running) -> str:
    """A listener with the published filter, before MLflow's socket."""
    filters = yaml.safe_load(in_place(published("yaml"), running))
    router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
    manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    route = {
        "match": {"prefix": "/"},
        "route": {"cluster": "mlflow", "host_rewrite_literal": "mlflow.cloister.internal"},
    }
    connections = {
        "@type": manager,
        "stat_prefix": "in",
        "use_remote_address": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [*filters, {"name": "envoy.filters.http.router", "typed_config": {"@type": router}}],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": connections}]}
    host, _, gateway = running.url.removeprefix("http://").partition(":")
    return json.dumps(
        {
            "admin": {"address": _address("127.0.0.1", admin)},
            "static_resources": {
                "listeners": [{"name": "in", "address": _address("127.0.0.1", port), "filter_chains": [chain]}],
                "clusters": [
                    _cluster("cloister", _address(host, int(gateway))),
                    _cluster("mlflow", {"pipe": {"path": f"{running.home}/run/mlflow.sock"}}),
                ],
            },
        }
    )


def _address(host: str, port: int) -> dict[str, object]:
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(name: str, address: object) -> dict[str, object]:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address}}]}
    return {"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": [endpoint]}}
