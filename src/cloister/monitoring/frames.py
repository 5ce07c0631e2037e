"""Frames from files: references (CSV or Parquet), and scored batches as serving collects them.

A line of a batch file: {"time", "mirrored", "inputs": {"columns", "data"}, "outputs": [...]}. Lines that are not whole
(a process died while it wrote) are skipped and counted.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloister.errors import Fault, SourceError
from cloister.monitoring.signals import Rows

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Collected:
    """The scored rows of a window, and how many lines could not be read."""

    rows: Rows
    unreadable_lines: int


def read_reference(path: Path) -> "pd.DataFrame":
    """The frame of a CSV or Parquet file. Raises SourceError where there is none in it."""
    import pandas as pd  # noqa: PLC0415 - a second to import, and few commands need it

    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except Exception as error:  # pandas and its readers raise many kinds for files that they cannot read
        reason = f"cannot be read as {path.suffix[1:] or 'CSV'}: {error}"
        mend = "give a CSV file with a line of column names, or a Parquet file"
        raise SourceError(Fault(f"reference {path.name}", reason, mend)) from error
    if frame.empty:
        raise SourceError(Fault(f"reference {path.name}", "has no rows", "give the training data"))
    return frame


def read_collected(folder: Path, since: datetime, until: datetime) -> Collected:
    """The rows of all batches after `since` and up to `until`, the newest where there are more than MOST_ROWS."""
    import pandas as pd  # noqa: PLC0415 - as above

    columns: dict[str, list[Any]] = {}
    predictions: list[Any] = []
    count = unreadable = 0
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        # Files are named by day (UTC): those of other days are not even opened.
        if not since.date().isoformat() <= path.name[:10] <= until.date().isoformat():
            continue
        for line in reversed(path.read_bytes().split(b"\n")):
            if not line or count >= MOST_ROWS:
                continue
            batch = _batch(line)
            if batch is None:
                unreadable += 1
                continue
            if not since < datetime.fromisoformat(batch["time"]) <= until:
                continue
            inputs = batch["inputs"]
            _add_rows(columns, inputs["columns"], inputs["data"], count)
            count += len(inputs["data"])
            predictions += [_prediction(one) for one in batch["outputs"]]
    frame = pd.DataFrame({name: values + [None] * (count - len(values)) for name, values in columns.items()})
    return Collected(Rows(frame, pd.Series(predictions)), unreadable)


def _batch(line: bytes) -> dict[str, Any] | None:
    try:
        batch = json.loads(line)
        datetime.fromisoformat(batch["time"])
        is_whole = isinstance(batch["inputs"]["columns"], list) and isinstance(batch["outputs"], list)
    except (ValueError, TypeError, KeyError):
        return None
    return batch if is_whole else None


def _add_rows(columns: dict[str, list[Any]], names: list[str], rows: list[list[Any]], before: int) -> None:
    """Add rows under their columns; rows before that had no such column count as null there."""
    for index, name in enumerate(names):
        held = columns.setdefault(name, [])
        held += [None] * (before - len(held))
        held += [row[index] for row in rows]


def _prediction(output: object) -> object:
    """A single output as it is; of several columns the first, which is the prediction in scikit-learn's order."""
    if isinstance(output, dict):
        return next(iter(output.values()), None)
    if isinstance(output, list):
        return output[0] if output else None
    return output
