"""Which processes a platform consists of: argument lists, environments, readiness, and each one's configuration.

Pure: nothing is written or started here. The order is the one in which they start; they stop the other way round.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import make_url

from cloister.gateway.config import GatewayConfig, GatewaySettings
from cloister.gateway.mlflow.server import UMASK, UPSTREAM_HOST, MlflowServer
from cloister.inventory.azure import Inventory
from cloister.jobs.config import AgentConfig
from cloister.jobs.packages.config import IndexConfig
from cloister.jobs.settings import JobsSettings
from cloister.platform.config import FrontConfig
from cloister.platform.environment import child_environment
from cloister.platform.home import Home
from cloister.platform.ports import LOOPBACK
from cloister.platform.process import Process, Readiness
from cloister.serving.config import RouterConfig

MLFLOW_SCHEMA = "mlflow"
_MLFLOW_HEALTH = "/health"
_GATEWAY_HEALTH = "/cloister/healthz"
_PACKAGES_HEALTH = "/health"
_SERVING_HEALTH = "/health"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a platform listens, which database it uses, and what the site decides about gateway and jobs."""

    port: int
    serving_port: int
    database_url: str
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    jobs: JobsSettings = field(default_factory=JobsSettings)
    packages_port: int = 5002

    @property
    def is_on_sqlite(self) -> bool:
        """Whether everything is kept in files of the home."""
        return make_url(self.database_url).get_backend_name() == "sqlite"

    def mlflow_database_url(self, home: Home) -> str:
        """MLflow's database: a file of its own, or a schema of its own. Its tables have names that ours have too."""
        if self.is_on_sqlite:
            return home.mlflow_database_url
        url = make_url(self.database_url).update_query_dict({"options": f"-csearch_path={MLFLOW_SCHEMA}"})
        return url.render_as_string(hide_password=False)

    @property
    def url(self) -> str:
        """Where the gateway listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def serving_url(self) -> str:
        """Where endpoints are scored."""
        return f"http://{LOOPBACK}:{self.serving_port}"

    @property
    def packages_url(self) -> str:
        """Where allowed packages are served."""
        return f"http://{LOOPBACK}:{self.packages_port}/simple/"


@dataclass(frozen=True, slots=True)
class Plan:
    """The processes in the order in which they start, and the configurations to write before, by process."""

    processes: tuple[Process, ...]
    configurations: tuple[tuple[str, str], ...]
    mlflow: MlflowServer


def plan(home: Home, settings: Settings, inventory: Inventory, ours: Mapping[str, str]) -> Plan:
    """The platform of an environment in a home; `ours` is the environment that `cloister up` itself has."""
    environment = child_environment(ours)
    mlflow = MlflowServer(home.mlflow_socket, settings.mlflow_database_url(home), str(home.artifacts))
    # Groups of cloister.yaml are the platform's own; those of issuers carry the issuer's name in front.
    role_of_group = settings.gateway.role_of_group | {group.name: group.role for group in inventory.groups}
    gateway = settings.gateway.model_copy(update={"role_of_group": role_of_group})
    front = _front(home, settings, gateway)
    agent = _agent(home, settings, gateway)
    serving = _serving(home, settings, gateway)
    processes = (
        Process(
            "mlflow",
            _mlflow(home),
            mlflow.environment(environment),
            umask=UMASK,
            readiness=Readiness(_MLFLOW_HEALTH, socket=home.mlflow_socket, host=UPSTREAM_HOST),
        ),
        Process(
            "gateway",
            _module("cloister.platform.front", home, "gateway"),
            environment,
            readiness=Readiness(_GATEWAY_HEALTH, port=settings.port),
        ),
        Process(
            "packages",
            _module("cloister.jobs.packages", home, "packages"),
            environment,
            readiness=Readiness(_PACKAGES_HEALTH, port=settings.packages_port),
        ),
        Process(
            "agent",
            _module("cloister.jobs", home, "agent"),
            environment,
            # Jobs that a stop cut off go on at once, and must find MLflow and their packages then.
            needs=("gateway", "packages"),
            # Steps run as user ids of their own, which must be able to read the code that the agent unpacks for them;
            # others are kept out by the jobs' folder itself.
            umask=0o022,
            readiness=Readiness(file=agent.ready_file),
        ),
        Process(
            "serving",
            _module("cloister.serving", home, "serving"),
            environment,
            readiness=Readiness(_SERVING_HEALTH, port=settings.serving_port),
            stop_within_seconds=20.0,
        ),
    )
    documents = (("gateway", front), ("packages", _packages(home, settings)), ("agent", agent), ("serving", serving))
    return Plan(processes, tuple((name, config.model_dump_json(indent=2)) for name, config in documents), mlflow)


def _mlflow(home: Home) -> tuple[str, ...]:
    """MLflow's application in one process; its settings are the ones that `MlflowServer` describes."""
    where = ("--socket", str(home.mlflow_socket), "--artifacts", str(home.artifacts))
    return (sys.executable, "-m", "cloister.platform.mlflow_process", *where)


def _module(module: str, home: Home, name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, "--config", str(home.config(name)))


def _front(home: Home, settings: Settings, decided: GatewaySettings) -> FrontConfig:
    gateway = GatewayConfig(
        **dict(decided),
        host=LOOPBACK,
        port=settings.port,
        database_url=settings.database_url,
        mlflow_socket=home.mlflow_socket,
        signing_key=home.signing_key,
        artifacts=str(home.artifacts),
    )
    return FrontConfig(
        gateway=gateway,
        jobs_folder=home.jobs,
        jobs=settings.jobs,
        packages_folder=home.packages,
        datastore_keys=home.datastore_keys,
        serving_folder=home.serving,
        serving_url=settings.serving_url,
        logs=home.logs,
    )


def _packages(home: Home, settings: Settings) -> IndexConfig:
    return IndexConfig(
        database_url=settings.database_url,
        folder=home.packages,
        host=LOOPBACK,
        port=settings.packages_port,
        upstream=settings.jobs.packages.upstream,
    )


def _agent(home: Home, settings: Settings, decided: GatewaySettings) -> AgentConfig:
    return AgentConfig(
        home=home.root,
        jobs_folder=home.jobs,
        database_url=settings.database_url,
        engine_database_url=home.engine_database_url if settings.is_on_sqlite else settings.database_url,
        gateway_url=settings.url,
        signing_key=home.signing_key,
        datastore_keys=home.datastore_keys,
        ready_file=home.run / "agent.ready",
        packages_url=settings.packages_url,
        environments_folder=home.environments,
        reachable=(settings.packages_url,),
        gateway=decided,
        site=settings.jobs,
        hidden_folders=() if home.sockets == home.run else (home.sockets,),
    )


def _serving(home: Home, settings: Settings, decided: GatewaySettings) -> RouterConfig:
    return RouterConfig(
        database_url=settings.database_url,
        serving=home.serving,
        sockets=home.sockets,
        logs=home.logs,
        gateway_url=settings.url,
        signing_key=home.signing_key,
        host=LOOPBACK,
        port=settings.serving_port,
        gateway=decided,
    )
