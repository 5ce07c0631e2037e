"""Measure the model on the rows that training has not seen."""

import argparse
import json
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.sklearn import load_model
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--metrics", type=Path, required=True)
arguments = parser.parse_args()

test = pd.read_csv(arguments.data / "test.csv")
features, target = test.drop(columns="target"), test["target"]
model = load_model(str(arguments.model))
predicted = model.predict(features)

metrics = {
    "accuracy": accuracy_score(target, predicted),
    # A missed malignant tumour (class 0) is the mistake that counts.
    "malignant_recall": recall_score(target, predicted, pos_label=0),
    "auc": roc_auc_score(target, model.predict_proba(features)[:, 1]),
}
with mlflow.start_run():
    mlflow.log_metrics(metrics)
arguments.metrics.write_text(json.dumps(metrics), encoding="utf-8")
print(json.dumps(metrics, indent=2))
