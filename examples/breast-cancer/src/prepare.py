"""Split scikit-learn's breast-cancer data into a part to train on and a part to test with."""

import argparse
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--test-share", type=float, default=0.25)
parser.add_argument("--data", type=Path, required=True)
arguments = parser.parse_args()

frame = load_breast_cancer(as_frame=True).frame
train, test = train_test_split(frame, test_size=arguments.test_share, random_state=7, stratify=frame["target"])
arguments.data.mkdir(parents=True, exist_ok=True)
train.to_csv(arguments.data / "train.csv", index=False)
test.to_csv(arguments.data / "test.csv", index=False)
print(f"{len(train)} rows to train on, {len(test)} to test with")
