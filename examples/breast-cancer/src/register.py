"""Register the model as a new version, if its accuracy is high enough; otherwise fail, and with it the pipeline."""

import argparse
import json
import sys
from pathlib import Path

import mlflow
from mlflow import MlflowClient

parser = argparse.ArgumentParser()
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--metrics", type=Path, required=True)
parser.add_argument("--min-accuracy", type=float, required=True)
parser.add_argument("--model-name", required=True)
arguments = parser.parse_args()

metrics = json.loads(arguments.metrics.read_text(encoding="utf-8"))
with mlflow.start_run() as run:
    mlflow.log_metrics(metrics)
    mlflow.log_param("min_accuracy", arguments.min_accuracy)
    if metrics["accuracy"] < arguments.min_accuracy:
        sys.exit(f"not registered: accuracy {metrics['accuracy']:.3f} is below {arguments.min_accuracy}")

    client = MlflowClient()
    # Where the model comes from: the run that it was registered in leads to the job, the step and the code.
    lineage = {
        key: value for key, value in client.get_run(run.info.run_id).data.tags.items() if key.startswith("cloister.")
    }
    mlflow.log_artifacts(str(arguments.model), "model")
    if not client.search_registered_models(f"name = '{arguments.model_name}'"):
        client.create_registered_model(arguments.model_name)
    version = client.create_model_version(
        arguments.model_name,
        source=f"{run.info.artifact_uri}/model",
        run_id=run.info.run_id,
        tags={**lineage, "accuracy": f"{metrics['accuracy']:.4f}"},
    )
print(f"registered {version.name} version {version.version}")
