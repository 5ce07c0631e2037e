"""Every route of the installed MLflow is served or refused on purpose; a newer MLflow fails here first."""

import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest

from cloister.gateway.mlflow.routes import find, refusals, routes, why_refused

# Read in a process of its own: importing MLflow's server takes seconds and starts things.
_READ_ROUTES = """
import configparser, json, os, pathlib, shutil, sys, tempfile, types, unittest.mock, warnings
warnings.simplefilter("ignore")
from mlflow.server import app as flask_app
from mlflow.server.fastapi_app import app as fastapi_app
import mlflow

def walk(listed, prefix=""):
    for route in listed:
        if hasattr(route, "original_router"):
            yield from walk(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            yield from ((method, prefix + route.path) for method in route.methods)

found = {(method, rule.rule) for rule in flask_app.url_map.iter_rules() for method in rule.methods}
found |= set(walk(fastapi_app.router.routes))

# MLflow's own users and roles: their routes alone, so what guards their forms need not be installed.
folder = tempfile.mkdtemp()
settings = {
    "default_permission": "READ", "database_uri": f"sqlite:///{folder}/users.db", "admin_username": "admin",
    "admin_password": "of a server that never runs",
    "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
}
parser = configparser.ConfigParser()
parser["mlflow"] = settings
with pathlib.Path(folder, "auth.ini").open("w") as file:
    parser.write(file)
os.environ.update({"MLFLOW_AUTH_CONFIG_PATH": f"{folder}/auth.ini", "MLFLOW_FLASK_SERVER_SECRET_KEY": "k" * 32})
forms = types.ModuleType("flask_wtf.csrf")
forms.CSRFProtect = unittest.mock.MagicMock()
sys.modules.update({"flask_wtf": types.ModuleType("flask_wtf"), "flask_wtf.csrf": forms})
from mlflow.server import auth

auth.create_app(flask_app)
found |= {(method, rule.rule) for rule in flask_app.url_map.iter_rules() for method in rule.methods}
shutil.rmtree(folder)
print(json.dumps({"version": mlflow.__version__, "routes": sorted(found)}))
"""


@cache
def installed() -> tuple[str, frozenset[tuple[str, str]]]:
    run = subprocess.run(
        [sys.executable, "-c", _READ_ROUTES], capture_output=True, text=True, check=True, env=os.environ
    )
    document = json.loads(run.stdout.splitlines()[-1])
    found = {(method, _plain(path)) for method, path in document["routes"] if method not in ("HEAD", "OPTIONS")}
    return document["version"], frozenset(found)


def _plain(path: str) -> str:
    """The path with its parameters in one form: `{}` for a segment, `{*}` for the rest."""
    path = re.sub(r"<path:[^>]+>|\{[^}]+:path\}", "{*}", path)
    return re.sub(r"<[^>]+>|\{[a-z_]+\}", "{}", path)


def _served() -> frozenset[tuple[str, str]]:
    return frozenset((route.method, _plain(route.path)) for route in routes())


def test_the_table_was_read_off_the_installed_release() -> None:
    version, found = installed()
    assert version == "3.17.2"
    assert len(found) > 500
    assert ("GET", "/signup") in found


def test_no_route_of_mlflow_is_unclassified() -> None:
    _, found = installed()
    unknown = sorted(
        (method, path)
        for method, path in found - _served()
        if not any(refusal.covers(method, path.replace("{}", "x").replace("{*}", "x/y")) for refusal in refusals())
    )
    assert unknown == []


def test_every_served_route_is_there() -> None:
    _, found = installed()
    assert sorted(_served() - found) == []


def test_every_refused_family_is_there() -> None:
    """A row that refuses nothing is out of date."""
    _, found = installed()
    idle = [
        refusal.path
        for refusal in refusals()
        if not any(refusal.covers(method, path.replace("{}", "x").replace("{*}", "x/y")) for method, path in found)
    ]
    assert idle == []


def test_every_served_route_names_action_resource_and_source() -> None:
    assert [route.path for route in routes() if not re.fullmatch(r"mlflow:[A-Z][A-Za-z]+", route.action)] == []
    assert [route.path for route in routes() if not route.resources or not route.source] == []
    # A GET that changes something would escape the check on requests from other sites.
    assert [route.path for route in routes() if route.method == "GET" and not route.reads_only] == []


def test_the_registry_is_served_where_clients_of_mlflow_1_look_for_it() -> None:
    match = find("POST", "/api/2.0/preview/mlflow/registered-models/create")
    assert match is not None
    assert match.route.path == "/api/2.0/mlflow/registered-models/create"
    assert find("POST", "/ajax-api/2.0/preview/mlflow/registered-models/create") is None


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "/api/2.0/mlflow-artifacts/mpu/create/1/r/artifacts/x", "addresses of the store"),
        ("GET", "/ajax-api/3.0/jobs/1", "jobs run in Cloister"),
        ("POST", "/api/2.0/mlflow/webhooks", "an address of the caller's choice"),
        ("GET", "/graphql", "ambiguous"),
        ("GET", "/nothing", "no such route is known here"),
    ],
)
def test_why_a_route_is_refused(method: str, path: str, reason: str) -> None:
    assert find(method, path) is None
    assert reason in why_refused(method, path)
