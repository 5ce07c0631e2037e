"""A real MLflow server with four model versions, and the router as a real process on them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.gateway.config import GatewaySettings
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import add_user
from cloister.serving.config import RouterConfig
from cloister.serving.service import EndpointService
from cloister.serving.values import Collector, Deployment, Endpoint, ModelReference, State
from cloister.serving.wire import DeploymentStatus
from cloister.store import migrate, open_store

MODEL = "breast-cancer"
# Version 1 and 2 differ in their answers; 3 nobody approved; 4 is a pickle.
_REGISTER = """
import sys, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

mlflow.set_tracking_uri(sys.argv[1])
frame, target = load_breast_cancer(return_X_y=True, as_frame=True)
good = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, target)
always_two = DummyClassifier(strategy="constant", constant=1).fit(frame, target)
for model, form in ((good, "skops"), (always_two, "skops"), (good, "skops"), (good, "pickle")):
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model, name="model", serialization_format=form, registered_model_name=sys.argv[2],
            signature=infer_signature(frame, model.predict(frame)),
            input_example=frame.head(2) if model is good and form == "skops" else None,
            pip_requirements=["scikit-learn"],
        )
client = mlflow.MlflowClient()
for version in ("1", "2", "4"):
    client.transition_model_version_stage(sys.argv[2], version, "Production")
client.set_registered_model_alias(sys.argv[2], "champion", "1")
"""


def free_port() -> int:
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        return int(ours.getsockname()[1])


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def registry_url(mlflow_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with four versions of one model."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    register = [sys.executable, "-c", _REGISTER, mlflow_url, MODEL]
    subprocess.run(register, check=True, capture_output=True, cwd=tmp_path_factory.mktemp("models"), env=clean)
    return mlflow_url


@dataclass
class Platform:
    """A home with a database, a router's configuration, and the router's process while it runs."""

    root: Path
    config: RouterConfig
    engine: Engine
    service: EndpointService
    process: "subprocess.Popen[bytes] | None" = None
    tokens: dict[str, str] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.config.port}"

    def start(self) -> None:
        file = self.root / "router.json"
        file.write_text(self.config.model_dump_json(), encoding="utf-8")
        with (self.root / "router.log").open("ab") as log:
            command = [sys.executable, "-m", "cloister.serving", "--config", str(file)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(lambda: answers(f"{self.url}/health"))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def deploy(self, name: str, version: str, endpoint: str = "churn", **more: object) -> DeploymentStatus:
        """Ask for a deployment, and wait until it is ready or has failed."""
        wanted = Deployment(
            name,
            endpoint,
            ModelReference(MODEL, version=version),
            collector=Collector(inputs=True, outputs=True),
            **more,  # type: ignore[arg-type]  # settings by name
        )
        is_new = name not in {one.spec.name for one in self.service.show(endpoint).deployments}
        (self.service.create_deployment if is_new else self.service.update_deployment)(wanted, "admin")
        wait_for(lambda: self.status(name, endpoint).state not in (State.CREATING, State.UPDATING), 90)
        return self.status(name, endpoint)

    def status(self, name: str, endpoint: str = "churn") -> DeploymentStatus:
        return self.service.show_deployment(endpoint, name)

    def route(self, **shares: dict[str, int]) -> None:
        """Set traffic and mirror, and wait until the router has read it."""
        self.service.set_routing("churn", "admin", **shares)
        time.sleep(self.config.poll_seconds * 3)

    def score(self, body: object, user: str = "admin", **headers: str) -> httpx.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        named = {"content-type": "application/json"}
        if user:
            named["authorization"] = f"Bearer {self.tokens[user]}"
        named |= {name.replace("_", "-"): text for name, text in headers.items()}
        address = f"{self.url}/endpoints/churn/invocations"
        return self.http.post(address, content=content, headers=named)

    def batches(self, name: str) -> list[dict[str, object]]:
        """The lines that were collected of a deployment."""
        folder = self.config.serving / "collected" / "churn" / name
        text = "".join(path.read_text() for path in sorted(folder.glob("*.jsonl")))
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, registry_url: str) -> Iterator[Platform]:
    """A home with the users admin and reader; nothing runs yet."""
    root = tmp_path_factory.mktemp("h")
    url = f"sqlite:///{root / 'cloister.db'}"
    engine = open_store(url)
    for room in ("gateway", "serving", "monitoring"):
        migrate(engine, room)
    key = load_or_create_key(root / "key")
    roles = {"admins": "admin", "readers": "reader"}
    config = RouterConfig(
        database_url=url,
        serving=root / "serving",
        sockets=root / "run",
        logs=root / "logs",
        gateway_url=registry_url,
        signing_key=root / "key",
        port=free_port(),
        gateway=GatewaySettings(role_of_group=roles),
        max_body_bytes=1 << 20,
        poll_seconds=0.1,
    )
    platform = Platform(root, config, engine, EndpointService(engine))
    now = datetime.now(UTC)
    for name, group in (("admin", "admins"), ("reader", "readers")):
        add_user(engine, name, [group], None, now=now)
        person = Principal(name, "user", (group,))
        platform.tokens[name] = issue(person, key, now=datetime.now(UTC), lifetime_seconds=3600)
    platform.service.create(Endpoint("churn"), "admin")
    try:
        yield platform
    finally:
        if platform.process is not None and platform.process.poll() is None:
            platform.stop()
        platform.http.close()
        engine.dispose()
