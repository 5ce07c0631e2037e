"""A model behind MLflow's scoring contract: bytes of a request in, bytes of an answer out, faults with their mend.

Source: MLflow 3.17, `mlflow.pyfunc.scoring_server`; its own parsing and its schema enforcement do the work.
"""

import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.serving.safety import check_model, check_types

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_EXAMPLE = 'send {"dataframe_split": {"columns": [...], "data": [[...]]}} as application/json'
_ERROR_SHOWN = 500
_REPR = re.compile(r"\w+\((?P<quote>[\"'])(?P<said>.*)(?P=quote)\)")


class UnsupportedMediaError(SpecError):
    """The request's content type is none of the contract's."""

    status = 415


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer: its JSON, and the batch as columns, rows and outputs."""

    body: bytes
    columns: tuple[str, ...]
    rows: list[list[Any]]
    outputs: list[Any]


class Model:
    """A model that was found safe and loaded."""

    def __init__(self, folder: Path, thing: str) -> None:
        check_model(folder, thing)
        check_types(folder, thing)
        import mlflow.pyfunc  # noqa: PLC0415 - after the checks: nothing of the model has been loaded before them

        self._model = mlflow.pyfunc.load_model(str(folder))
        self._schema = self._model.metadata.get_input_schema()
        flavor = self._model.metadata.flavors["python_function"]
        self._predict_plainly = getattr(self._model.get_raw_model(), flavor.get("predict_fn", "predict"))
        self._plain = self._plain_columns()

    def score(self, body: bytes, content_type: str, *, keeps: bool = False) -> Scored:
        """The answer to a request; with `keeps`, the batch as well. Raises SpecError for what the caller can mend."""
        from mlflow.pyfunc.scoring_server import predictions_to_json  # noqa: PLC0415 - seconds to import

        rows, params, is_plain = self._parse(body, content_type)
        if is_plain:
            predictions = self._answered(lambda: self._predict_plainly(rows))
        else:
            self._check_columns(rows)
            predictions = self._answered(lambda: self._model.predict(rows, params=params))
        text = io.StringIO()
        predictions_to_json(predictions, text)
        answer = text.getvalue()
        if not keeps:
            return Scored(answer.encode(), (), [], [])
        columns, cells = _table(rows, self._names())
        outputs = json.loads(answer)["predictions"]
        return Scored(answer.encode(), columns, cells, outputs if isinstance(outputs, list) else [outputs])

    def _plain_columns(self) -> list[str]:
        """The columns of a signature that wants nothing but numbers (double); empty for any other signature."""
        from mlflow.types import DataType  # noqa: PLC0415 - seconds to import

        if self._schema is None or not self._schema.has_input_names():
            return []
        is_plain = all(column.type == DataType.double and column.required for column in self._schema.inputs)
        return list(self._schema.input_names()) if is_plain else []

    def _plain_rows(self, document: dict[str, Any]) -> Any:  # noqa: ANN401 - a frame, or None
        """The frame of a split document in which all is as a plain signature wants it, otherwise None.

        MLflow casts and checks column by column, which for thirty columns takes three times as long as the model does.
        Where every cell is a number and every column there, the frame is what it would come to; an index, which pandas
        writes, means nothing to either.
        """
        import numpy as np  # noqa: PLC0415 - with the worker's other imports
        import pandas as pd  # noqa: PLC0415 - as above

        split = document.get("dataframe_split")
        if not self._plain or not isinstance(split, dict) or document.get("params") is not None:
            return None
        names = split.get("columns")
        if not isinstance(names, list) or sorted(map(str, names)) != sorted(self._plain):
            return None
        try:
            cells = np.array(split.get("data"))
        except ValueError:
            return None
        if cells.dtype.kind not in "if" or cells.ndim != 2 or cells.shape[1] != len(names):  # noqa: PLR2004 - rows, columns
            return None
        return pd.DataFrame(cells.astype(np.float64), columns=names)[self._plain]

    def _parse(self, body: bytes, content_type: str) -> tuple[Any, dict[str, Any] | None, bool]:
        """The rows, the parameters, and whether the rows are plain already."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - seconds to import
        from mlflow.pyfunc.scoring_server import infer_and_parse_data, parse_csv_input  # noqa: PLC0415 - as above

        kind, _, parameters = content_type.partition(";")
        charset = parameters.strip().lower()
        if kind.strip() not in ("application/json", "text/csv") or charset not in ("", "charset=utf-8"):
            reason = f'its content type is "{content_type}"'
            mend = "send application/json or text/csv, in UTF-8"
            raise UnsupportedMediaError(Fault("scoring request", reason, mend))
        try:
            if kind.strip() == "text/csv":
                return parse_csv_input(io.StringIO(body.decode()), schema=self._schema), None, False
            document = _document(body)
            if (plain := self._plain_rows(document)) is not None:
                return plain, None, True
            data = {key: rows for key, rows in document.items() if key in _FORMATS}
            return infer_and_parse_data(data, self._schema), document.get("params"), False
        except (MlflowException, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SpecError(Fault("scoring request", _told(error), self._mend())) from error

    def _check_columns(self, rows: Any) -> None:  # noqa: ANN401 - a frame, an array, or a mapping of arrays
        """Name the missing columns ourselves: MLflow's message repeats the whole schema."""
        if self._schema is None or not self._schema.has_input_names() or not hasattr(rows, "columns"):
            return
        present = [str(column) for column in rows.columns]
        missing = [name for name in self._schema.required_input_names() if name not in present]
        if missing:
            raise SpecError([_fault_of_missing(name, present, self._names()) for name in missing])

    def _answered(self, predict: Callable[[], Any]) -> Any:  # noqa: ANN401 - as the model answers
        try:
            return predict()
        except Exception as error:  # whatever a model raises on rows is about these rows
            raise SpecError(Fault("scoring request", _told(error), self._mend())) from error

    def _names(self) -> list[str]:
        return self._schema.input_names() if self._schema is not None and self._schema.has_input_names() else []

    def _mend(self) -> str:
        if self._schema is None:
            return _EXAMPLE
        kinds = ", ".join(
            f"{column.name} ({getattr(column.type, 'name', column.type)})"
            for column in self._schema.inputs[:4]
            if self._names()
        )
        more = ", ..." if len(self._schema.inputs) > 4 else ""  # noqa: PLR2004 - as many as are shown
        return f"send values that fit the model's signature: {kinds}{more}" if kinds else _EXAMPLE


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise SpecError(Fault("scoring request", f"its body is not JSON: {error}", _EXAMPLE)) from error
    if not isinstance(document, dict):
        raise SpecError(Fault("scoring request", "its body is not a JSON object", _EXAMPLE))
    found = [key for key in document if key in _FORMATS]
    unknown = [key for key in document if key not in (*_FORMATS, "params")]
    if len(found) != 1:
        reason = f"it has {' and '.join(found) if found else 'none'} of {', '.join(_FORMATS)}, and must have one"
        raise SpecError(Fault("scoring request", reason, _EXAMPLE))
    if unknown:
        reason = f"the key {', '.join(unknown)} is unknown"
        raise SpecError(Fault("scoring request", reason, f"remove it; known are {', '.join(_FORMATS)} and params"))
    return document


def _fault_of_missing(name: str, present: Sequence[str], wanted: Sequence[str]) -> Fault:
    near = get_close_matches(name, [column for column in present if column not in wanted], n=1)
    mend = f'rename the column "{near[0]}"' if near else "add the column to each row"
    return Fault(f'column "{name}"', "is missing from the rows", mend)


def _told(error: Exception) -> str:
    """What an error says, without the rows and the schema that MLflow puts before it."""
    text = str(getattr(error, "message", error)) or type(error).__name__
    words = (text.rpartition("Error: ")[2].strip().splitlines() or [type(error).__name__])[0].strip("' ")
    # MLflow shows some errors as Python writes them: ValueError("...").
    written = _REPR.fullmatch(words)
    return (written["said"] if written else words)[:_ERROR_SHOWN]


def _table(rows: Any, names: Sequence[str]) -> tuple[tuple[str, ...], list[list[Any]]]:  # noqa: ANN401 - as in _check_columns
    """The rows as columns and cells; an array's columns are the signature's names, or counted from 0."""
    if hasattr(rows, "columns"):
        document = json.loads(rows.to_json(orient="split"))
        return tuple(str(column) for column in document["columns"]), document["data"]
    if isinstance(rows, dict):
        columns = {str(name): list(column.tolist()) for name, column in rows.items()}
        return tuple(columns), [list(row) for row in zip(*columns.values(), strict=False)]
    cells = rows.reshape(len(rows), -1).tolist() if getattr(rows, "ndim", 0) else [[rows]]
    width = len(cells[0]) if cells else 0
    return tuple(names) if len(names) == width else tuple(map(str, range(width))), cells
