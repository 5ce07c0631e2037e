"""A model behind MLflow's scoring contract: bytes of a request in, bytes of an answer out, faults with their mend.

Source: MLflow 3.17, `mlflow.pyfunc.scoring_server`; its own parsing and its schema enforcement do the work.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.serving.safety import check_model, check_types

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_EXAMPLE = 'send {"dataframe_split": {"columns": [...], "data": [[...]]}} as application/json'
_ERROR_SHOWN = 500


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

    def score(self, body: bytes, content_type: str, *, keeps: bool = False) -> Scored:
        """The answer to a request; with `keeps`, the batch as well. Raises SpecError for what the caller can mend."""
        from mlflow.pyfunc.scoring_server import predictions_to_json  # noqa: PLC0415 - seconds to import

        rows, params = self._parse(body, content_type)
        self._check_columns(rows)
        predictions = self._predict(rows, params)
        text = io.StringIO()
        predictions_to_json(predictions, text)
        answer = text.getvalue()
        if not keeps:
            return Scored(answer.encode(), (), [], [])
        columns, cells = _table(rows, self._names())
        outputs = json.loads(answer)["predictions"]
        return Scored(answer.encode(), columns, cells, outputs if isinstance(outputs, list) else [outputs])

    def _parse(self, body: bytes, content_type: str) -> tuple[Any, dict[str, Any] | None]:
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
                return parse_csv_input(io.StringIO(body.decode()), schema=self._schema), None
            document = _document(body)
            data = {key: rows for key, rows in document.items() if key in _FORMATS}
            return infer_and_parse_data(data, self._schema), document.get("params")
        except (MlflowException, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SpecError(Fault("scoring request", _told(error), _EXAMPLE)) from error

    def _check_columns(self, rows: Any) -> None:  # noqa: ANN401 - a frame, an array, or a mapping of arrays
        """Name the missing columns ourselves: MLflow's message repeats the whole schema."""
        if self._schema is None or not self._schema.has_input_names() or not hasattr(rows, "columns"):
            return
        present = [str(column) for column in rows.columns]
        missing = [name for name in self._schema.required_input_names() if name not in present]
        if missing:
            raise SpecError([_fault_of_missing(name, present, self._names()) for name in missing])

    def _predict(self, rows: Any, params: dict[str, Any] | None) -> Any:  # noqa: ANN401 - as the model answers
        try:
            return self._model.predict(rows, params=params)
        except Exception as error:  # whatever a model raises on rows is about these rows
            raise SpecError(Fault("scoring request", _told(error), self._mend())) from error

    def _names(self) -> list[str]:
        return self._schema.input_names() if self._schema is not None and self._schema.has_input_names() else []

    def _mend(self) -> str:
        if self._schema is None:
            return _EXAMPLE
        kinds = ", ".join(f"{column.name} ({column.type})" for column in self._schema.inputs[:4] if self._names())
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
    words = text.rpartition("Error: ")[2].strip().splitlines() or [type(error).__name__]
    return words[0].strip("' ")[:_ERROR_SHOWN]


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
