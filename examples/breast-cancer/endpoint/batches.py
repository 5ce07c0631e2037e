"""Write what the monitor needs: the reference, a batch of patients as in training, and one that is shifted.

usage: python batches.py [FOLDER]     writes reference.csv, unshifted.json and shifted.json
"""

import json
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
folder.mkdir(parents=True, exist_ok=True)

# The same split as in prepare.py, so the batches are patients that training has not seen.
frame = load_breast_cancer(as_frame=True).frame
train, test = train_test_split(frame, test_size=0.25, random_state=7, stratify=frame["target"])
train.to_csv(folder / "reference.csv", index=False)

unshifted = test.drop(columns="target")
shifted = unshifted.copy()
# As if another microscope had been used: every length comes out a third too large.
lengths = [name for name in shifted.columns if name.split()[-1] in ("radius", "perimeter")]
shifted[lengths] *= 4 / 3

for name, batch in (("unshifted", unshifted), ("shifted", shifted)):
    split = json.loads(batch.to_json(orient="split", index=False))
    (folder / f"{name}.json").write_text(json.dumps({"dataframe_split": split}), encoding="utf-8")
print(f"wrote reference.csv ({len(train)} rows), unshifted.json and shifted.json ({len(test)} rows) to {folder}")
