"""Older clients of MLflow through the gateway: a walk with whatever MLflow an environment holds.

    python tests/gateway/old_clients.py /somewhere/mlflow-1.30/bin/python /somewhere/mlflow-2/bin/python

Starts MLflow and a gateway of its own, lets each interpreter walk (experiment, run, parameters, metrics, files,
registry) as an administrator, and prints one JSON object for each: the version, and which steps it took. Ends with 1
where one of them did not get to the end.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.store import migrate, open_store
from conftest import GROUPS, make_config, start_gateway, start_mlflow, stop  # type: ignore[import-not-found]

_WALK = """
import json, pathlib, tempfile, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow.tracking import MlflowClient

steps = []
found = {"version": mlflow.__version__, "steps": steps}
try:
    name = "walked by " + mlflow.__version__
    client = MlflowClient()
    experiment = client.create_experiment(name); steps.append("experiment")
    assert client.get_experiment_by_name(name).experiment_id == experiment
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        mlflow.log_param("c", 1); mlflow.log_params({"d": 2}); steps.append("parameters")
        mlflow.log_metric("loss", 0.5, step=1); mlflow.log_metrics({"accuracy": 0.9}); steps.append("metrics")
        mlflow.set_tag("colour", "blue"); steps.append("tags")
        file = pathlib.Path(tempfile.mkdtemp(), "weights.bin"); file.write_bytes(b"weights")
        mlflow.log_artifact(str(file), "model"); steps.append("upload")
    identity = run.info.run_id
    assert client.get_run(identity).data.params == {"c": "1", "d": "2"}
    assert [metric.value for metric in client.get_metric_history(identity, "loss")] == [0.5]
    assert [one.info.run_id for one in client.search_runs([experiment], "metrics.accuracy > 0.5")] == [identity]
    steps.append("search")
    assert [item.path for item in client.list_artifacts(identity, "model")] == ["model/weights.bin"]
    folder = tempfile.mkdtemp()
    where = {"run_id": identity, "artifact_path": "model/weights.bin", "dst_path": folder}
    path = mlflow.artifacts.download_artifacts(**where)
    assert pathlib.Path(path).read_bytes() == b"weights"; steps.append("download")
    client.create_registered_model(name)
    version = client.create_model_version(name, "runs:/%s/model" % identity, identity); steps.append("register")
    assert client.get_model_version(name, version.version).run_id == identity
    assert [one.version for one in client.search_model_versions("name='%s'" % name)] == [version.version]
    client.transition_model_version_stage(name, version.version, "Staging"); steps.append("stage")
    assert client.get_latest_versions(name, ["Staging"])[0].version == version.version
    client.set_model_version_tag(name, version.version, "k", "v")
    if hasattr(client, "set_registered_model_alias"):
        client.set_registered_model_alias(name, "newest", version.version)
        assert client.get_model_version_by_alias(name, "newest").version == version.version; steps.append("alias")
    client.delete_registered_model(name); client.delete_run(identity); client.delete_experiment(experiment)
    steps.append("end")
except Exception as error:
    found["failed"] = repr(error)
print(json.dumps(found))
"""


@contextmanager
def running(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a client of a gateway with MLflow behind it."""
    mlflow = start_mlflow(home)
    config = make_config(home)
    engine = open_store(config.database_url)
    migrate(engine, "gateway")
    ensure_users(engine, GROUPS, now=datetime.now(UTC))
    gateway = start_gateway(config, home)
    key = load_or_create_key(config.signing_key)
    try:
        token = issue(Principal("ada", "user"), key, now=datetime.now(UTC), lifetime_seconds=3600)
        kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
        yield {**kept, "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{config.port}", "MLFLOW_TRACKING_TOKEN": token}
    finally:
        stop(gateway)
        stop(mlflow)
        engine.dispose()


def walked(interpreter: str, environment: dict[str, str]) -> dict[str, object]:
    """What the MLflow of an interpreter did."""
    run = subprocess.run(
        [interpreter, "-c", _WALK], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if run.returncode:
        return {"interpreter": interpreter, "steps": [], "failed": run.stderr[-500:]}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def main(interpreters: list[str]) -> int:
    """Walk with each interpreter; 0 where all got to the end."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as environment:
        found = [walked(interpreter, environment) for interpreter in interpreters]
    for one in found:
        sys.stdout.write(json.dumps(one) + "\n")
    return int(any("failed" in one for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
