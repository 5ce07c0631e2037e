"""One model in this process: what the worker answers, and that the quick way answers as MLflow's own does."""

import json
import warnings
from typing import Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from cloister.errors import SpecError
from cloister.serving.scoring import Model

COLUMNS = ["age", "dose"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model") / "m"
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(80, 2)), columns=COLUMNS)
    classifier = LogisticRegression().fit(frame, (frame["age"] + 2 * frame["dose"] > 0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's advice on the signature of integers
        mlflow.sklearn.save_model(
            classifier,
            folder,
            serialization_format="skops",
            signature=infer_signature(frame, classifier.predict(frame)),
            pip_requirements=["scikit-learn"],
        )
        return Model(folder, "the model")


def split(columns: list[str], cells: list[list[Any]]) -> bytes:
    return json.dumps({"dataframe_split": {"columns": columns, "data": cells}}).encode()


@pytest.mark.parametrize(
    ("body", "is_quick"),
    [
        (split(COLUMNS, [[1.5, 2.0], [-1.0, -3]]), True),
        (split(COLUMNS, [[1, 2], [-1, -3]]), True),
        (split(["dose", "age"], [[2.0, 1.5], [-3, -1.0]]), True),
        (split(COLUMNS, [[1.5, True], [-1.0, -3]]), True),
        (split([*COLUMNS, "note"], [[1.5, 2.0, "x"], [-1.0, -3, "y"]]), False),
        (b'{"dataframe_split": {"columns": ["age", "dose"], "index": [7, 8], "data": [[1.5, 2.0], [-1, -3]]}}', True),
        (b'{"dataframe_records": [{"age": 1.5, "dose": 2}, {"dose": -3, "age": -1}]}', False),
    ],
)
def test_the_quick_way_answers_as_mlflow_does(
    model: Model, monkeypatch: pytest.MonkeyPatch, body: bytes, is_quick: bool
) -> None:
    assert (model._plain_rows(json.loads(body)) is not None) == is_quick
    answered = model.score(body, "application/json", keeps=True)
    assert json.loads(answered.body) == {"predictions": [1, 0]}
    monkeypatch.setattr(model, "_plain", [])  # switches the quick way off
    slowly = model.score(body, "application/json", keeps=True)
    assert answered.body == slowly.body
    named = [dict(zip(one.columns, row, strict=True)) for one in (answered, slowly) for row in one.rows]
    assert [row["age"] for row in named] == [1.5, -1.0] * 2 or [row["age"] for row in named] == [1, -1] * 2


@pytest.mark.parametrize(
    "body",
    [
        split(COLUMNS, [[1.5, None]]),
        split(COLUMNS, [[1.5, "2.0x"]]),
        split(COLUMNS, [[1.5]]),
        split(COLUMNS, [[1.5, 2.0], [1.5]]),
        split(["age", "age"], [[1.5, 2.0]]),
        split(["age"], [[1.5]]),
        b'{"dataframe_split": {"columns": ["age", "dose"]}}',
        b'{"dataframe_split": 7}',
        b'{"dataframe_records": 7}',
        b'{"instances": [["a", "b"]]}',
    ],
)
def test_rows_that_do_not_fit_are_the_callers_to_mend(model: Model, body: bytes) -> None:
    with pytest.raises(SpecError) as caught:
        model.score(body, "application/json")
    assert all(one.reason and one.mend for one in caught.value.faults)


def test_arrays_are_kept_under_the_names_of_the_signature(model: Model) -> None:
    kept = model.score(b'{"inputs": {"age": [1.5], "dose": [2.0]}}', "application/json", keeps=True)
    assert (kept.columns, kept.rows, kept.outputs) == (("age", "dose"), [[1.5, 2.0]], [1])
