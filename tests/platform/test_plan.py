import json
import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloister.gateway.config import GatewayConfig
from cloister.inventory.azure import Cloud, Group, Inventory
from cloister.jobs.config import AgentConfig
from cloister.jobs.packages.config import IndexConfig
from cloister.origin import Origin
from cloister.platform.config import FrontConfig
from cloister.platform.home import Home
from cloister.platform.plan import Settings, plan
from cloister.platform.process import check_order
from cloister.serving.config import RouterConfig

HERE = Origin("cloister.yaml", 1)
GROUPS = (Group(name="admins", role="admin", members=("ada",), origin=HERE),)
INVENTORY = Inventory(name="e", cloud=Cloud.PUBLIC, region="r", groups=GROUPS, origin=HERE)
HOME = Home(Path("/h"), Path("/h/run"))
SHELL = {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "geheim", "MLFLOW_TRACKING_TOKEN": "geheim"}
SQLITE = Settings(5000, 5001, HOME.database_url)
POSTGRES = Settings(6000, 6001, "postgresql+psycopg://u:geheim@db/cloister")


def test_the_processes_and_what_each_needs_and_answers() -> None:
    processes = plan(HOME, SQLITE, INVENTORY, SHELL).processes
    check_order(processes)
    assert [(p.name, p.argv[:3], str(p.readiness)) for p in processes] == [
        ("mlflow", (sys.executable, "-m", "cloister.platform.mlflow_process"), "/h/run/mlflow.sock /health"),
        ("gateway", (sys.executable, "-m", "cloister.platform.front"), "http://127.0.0.1:5000/cloister/healthz"),
        ("packages", (sys.executable, "-m", "cloister.jobs.packages"), "http://127.0.0.1:5002/health"),
        ("agent", (sys.executable, "-m", "cloister.jobs"), "/h/run/agent.ready"),
        ("serving", (sys.executable, "-m", "cloister.serving"), "http://127.0.0.1:5001/health"),
    ]


@pytest.mark.parametrize("settings", [SQLITE, POSTGRES])
def test_each_configuration_is_one_that_its_room_accepts(settings: Settings) -> None:
    documents = dict(plan(HOME, settings, INVENTORY, SHELL).configurations)
    front = FrontConfig.model_validate_json(documents["gateway"])
    agent = AgentConfig.model_validate_json(documents["agent"])
    serving = RouterConfig.model_validate_json(documents["serving"])
    assert isinstance(front.gateway, GatewayConfig)
    assert front.gateway.role_of_group == serving.gateway.role_of_group == {"admins": "admin"}
    assert {front.gateway.database_url, agent.database_url, serving.database_url} == {settings.database_url}
    assert {front.gateway.signing_key, agent.signing_key, serving.signing_key} == {HOME.signing_key}
    assert agent.gateway_url == serving.gateway_url == settings.url
    assert (front.gateway.port, serving.port) == (settings.port, settings.serving_port)
    assert {IPv4Address(front.gateway.host), IPv4Address(serving.host)} == {IPv4Address("127.0.0.1")}
    index = IndexConfig.model_validate_json(documents["packages"])
    assert (agent.packages_url, index.folder, front.packages_folder) == (
        f"http://{index.host}:{index.port}/simple/",
        HOME.packages,
        HOME.packages,
    )
    assert agent.packages_url in agent.reachable
    in_one_file = agent.engine_database_url == agent.database_url
    assert in_one_file == (settings is POSTGRES), "the engine has a file of its own on SQLite only"


def test_no_secret_of_the_shell_or_the_database_is_in_argv_or_environment() -> None:
    for process in plan(HOME, POSTGRES, INVENTORY, SHELL).processes:
        # MLflow knows no other way for its database's URL than the environment; others cannot read that.
        passed = {name: value for name, value in process.environment.items() if name != "MLFLOW_BACKEND_STORE_URI"}
        assert "geheim" not in json.dumps([*process.argv, *passed.items()])
        assert process.environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (SQLITE, "sqlite:////h/state/mlflow.db"),
        (POSTGRES, "postgresql+psycopg://u:geheim@db/cloister?options=-csearch_path%3Dmlflow"),
    ],
)
def test_mlflow_keeps_its_tables_apart_from_ours(settings: Settings, url: str) -> None:
    assert plan(HOME, settings, INVENTORY, SHELL).mlflow.backend_url == url
