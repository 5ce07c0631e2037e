"""MLflow's own client with `MLFLOW_TRACKING_AUTH=cloister`, in a process of its own, against a real gateway."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from cloister.client.access_key import AccessKey, find_access_key
from cloister.client.signing import sign_request
from cloister.errors import SpecError

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

ROOT = Path(__file__).parents[2]
# What a data scientist does in a day, printed as one document.
SCRIPT = """
import json, os, sys
import mlflow
client = mlflow.MlflowClient()
experiment = client.create_experiment(sys.argv[1])
run = client.create_run(experiment).info.run_id
client.log_param(run, "a", "b")
with open("file.bin", "wb") as file:
    file.write(os.urandom(3_000_000))
try:
    client.log_artifact(run, "file.bin", "dir with space")
    files = [item.path for item in client.list_artifacts(run, "dir with space")]
    got = client.download_artifacts(run, "dir with space/file.bin", ".")
    with open(got, "rb") as down, open("file.bin", "rb") as up:
        told = {"files": files, "same": down.read() == up.read()}
    if sys.argv[2] == "with a model":
        from sklearn.linear_model import LogisticRegression
        mlflow.set_experiment(experiment_id=experiment)
        with mlflow.start_run():
            model = mlflow.sklearn.log_model(LogisticRegression().fit([[0], [1]], [0, 1]), name="model")
        told["loaded"] = mlflow.sklearn.load_model(model.model_uri).predict([[1]]).tolist()
    print(json.dumps(told))
except Exception as error:
    print(json.dumps({"failed": str(error)[:300]}))
"""


def entry_points(folder: Path) -> None:
    """The package's entry points, as an installer writes them."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    info = folder / "cloister_under_test-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cloister-under-test\nVersion: 0\n")
    lines = [
        f"[{group}]\n" + "\n".join(f"{name} = {at}" for name, at in points.items()) for group, points in told.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def a_day(running: Running, folder: Path, name: str, what: str = "", **environment: str) -> dict[str, object]:
    entry_points(folder)
    paths = os.pathsep.join((str(folder), str(ROOT / "src")))
    around = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    own = {
        "HOME": str(folder),
        "PYTHONPATH": paths,
        "MLFLOW_TRACKING_URI": running.url,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, what],
        cwd=folder,
        env=around | own | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


FILES = {"files": ["dir with space/file.bin"], "same": True}


@pytest.mark.platform
def test_files_and_models_go_up_signed(running: Running, tmp_path: Path) -> None:
    with running.key_of("mia") as (key_id, secret):
        keys = {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}
        told = a_day(running, tmp_path, "plugin", "with a model", MLFLOW_TRACKING_AUTH="cloister", **keys)
        assert told == FILES | {"loaded": [1]}
        records = running.records(20)
        assert {record["principal"] for record in records} >= {"mia"}


@pytest.mark.platform
def test_what_the_stock_signer_cannot_send(running: Running, tmp_path: Path) -> None:
    """The reason for the plugin; once this fails MLflow's own client can do without it."""
    pytest.importorskip(
        "requests_auth_aws_sigv4", reason="not run: AWS's clients are not installed (dependency group aws)"
    )
    with running.key_of("mia") as (key_id, secret):
        keys = {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1"}
        told = a_day(running, tmp_path, "stock", MLFLOW_TRACKING_AWS_SIGV4="true", **keys)
        assert "'_io.BufferedReader' object has no attribute 'encode'" in str(told["failed"])


@pytest.mark.platform
def test_a_role_is_assumed_once_and_its_credentials_are_kept(running: Running, tmp_path: Path) -> None:
    arn = "arn:aws:iam::000000000000:"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"{arn}user/rita"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    with running.http("ada") as http, running.key_of("rita") as (key_id, secret):
        put = http.put("/cloister/v1/roles/plugin", json={"groups": ["ml-members"], "trust": document})
        assert put.status_code == 200
        keys = {"CLOISTER_ACCESS_KEY_ID": key_id, "CLOISTER_SECRET_ACCESS_KEY": secret}
        role = {"CLOISTER_ROLE_ARN": f"{arn}role/plugin", "MLFLOW_TRACKING_AUTH": "cloister"}
        assert a_day(running, tmp_path, "role", **keys, **role) == FILES
        assumed = [one for one in running.records(100) if one["action"] == "sts:AssumeRole"]
        assert [(one["principal"], one["resource"]) for one in assumed[:1]] == [("rita", "role/plugin")]
        assert len([one for one in assumed if one["resource"] == "role/plugin"]) == 1
        http.delete("/cloister/v1/roles/plugin")


@pytest.mark.platform
def test_without_a_key_the_token_goes_to_its_own_address_alone(running: Running, tmp_path: Path) -> None:
    own = {"MLFLOW_TRACKING_AUTH": "cloister", "CLOISTER_TOKEN": running.token("mia")}
    assert a_day(running, tmp_path, "token", CLOISTER_URL=running.url, **own) == FILES


def test_keys_of_aws_itself_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
        "[ours]\naws_access_key_id = CLAKABCDEFGHIJKLMNOP\naws_secret_access_key = y\n"
    )
    shared = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    of_aws = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}
    ours = {"CLOISTER_ACCESS_KEY_ID": "CLAKAAAAAAAAAAAAAAAA", "CLOISTER_SECRET_ACCESS_KEY": "z"}
    assert find_access_key(shared | of_aws) is None
    assert find_access_key(shared | {"AWS_PROFILE": "ours"}) == AccessKey("CLAKABCDEFGHIJKLMNOP", "y")
    assert find_access_key(shared | of_aws | ours) == AccessKey("CLAKAAAAAAAAAAAAAAAA", "z")
    assert find_access_key({"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}) is None


def test_a_file_is_signed_from_where_it_stands_and_stands_there_again() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    request = requests.Request("PUT", "http://127.0.0.1:5000/a", data=file).prepare()
    sign_request(request, AccessKey("CLAKABCDEFGHIJKLMNOP", "y"), "us-east-1")
    whole = requests.Request("PUT", "http://127.0.0.1:5000/a", data=b"456789").prepare()
    sign_request(whole, AccessKey("CLAKABCDEFGHIJKLMNOP", "y"), "us-east-1")
    assert file.tell() == 4
    assert request.headers["x-amz-content-sha256"] == whole.headers["x-amz-content-sha256"]
    once = requests.Request("PUT", "http://127.0.0.1:5000/a", data=iter([b"a"])).prepare()
    with pytest.raises(SpecError, match="cannot be read twice"):
        sign_request(once, AccessKey("CLAKABCDEFGHIJKLMNOP", "y"), "us-east-1")
