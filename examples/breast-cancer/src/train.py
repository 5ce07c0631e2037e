"""Train a classifier, and save it as an MLflow model in the skops format, which loads without running code."""

import argparse
from pathlib import Path

import mlflow
import pandas as pd
import skops
from mlflow.models import infer_signature
from mlflow.sklearn import save_model
from sklearn import __version__ as sklearn_version
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--regularization", type=float, default=1.0, help="the strength of the penalty on large weights")
parser.add_argument("--model", type=Path, required=True)
arguments = parser.parse_args()

train = pd.read_csv(arguments.data / "train.csv")
features, target = train.drop(columns="target"), train["target"]
model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / arguments.regularization, max_iter=1000))
model.fit(features, target)

save_model(
    model,
    arguments.model,
    serialization_format="skops",
    signature=infer_signature(features, model.predict(features)),
    # Named here, so that MLflow does not go looking for them.
    pip_requirements=[
        f"mlflow=={mlflow.__version__}",
        f"scikit-learn=={sklearn_version}",
        f"skops=={skops.__version__}",
    ],
)
with mlflow.start_run():
    mlflow.log_param("regularization", arguments.regularization)
    mlflow.log_metric("train_accuracy", model.score(features, target))
print(f"trained on {len(train)} rows")
