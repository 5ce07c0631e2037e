"""Cuts the input of a parallel step into mini batches. The same input is always cut the same way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tables import Table, TableError, read_table

if TYPE_CHECKING:
    import pandas as pd

_SIZE = re.compile(r"(\d+)\s*(?:([kmg])?b)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_TABLE_BYTES = 1024**2


@dataclass(frozen=True)
class Batch:
    """One mini batch: its files, or which rows of the table; and the partition's keys where it is one."""

    index: int
    items: int
    files: Sequence[str] = ()
    rows: Any = None
    keys: "Mapping[str, Any] | None" = None


@dataclass(frozen=True)
class Cut:
    """The mini batches of an input, and the table that they are rows of."""

    batches: Sequence[Batch]
    frame: "pd.DataFrame | None" = None


def cut(place: Path, kind: str, size: str, keys: Sequence[str]) -> Cut:
    """The mini batches of the input. Raises TableError where it cannot be read or cut."""
    if kind == "mltable":
        table = read_table(place)
    elif place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file())
        table = Table(files, [{} for _ in files])
    else:
        table = Table([place], [{}])
    if table.frame is None:
        return Cut(_of_files(table, size, keys))
    return Cut(_by_keys(table.frame, keys) if keys else _by_bytes(table.frame, size, table.bytes_read), table.frame)


def _of_files(table: Table, size: str, keys: Sequence[str]) -> list[Batch]:
    """So many files each, or those whose paths say the same."""
    if keys:
        groups: dict[tuple[Any, ...], list[str]] = {}
        for path, told in zip(table.files, table.told_by_path, strict=True):
            if missing := [key for key in keys if key not in told]:
                raise TableError(f"no path tells {', '.join(missing)}: add extract_columns_from_partition_format")
            groups.setdefault(tuple(told[key] for key in keys), []).append(str(path))
        return [
            Batch(n, len(files), files=files, keys=dict(zip(keys, values, strict=True)))
            for n, (values, files) in enumerate(groups.items())
        ]
    number, unit = _size(size or "1")
    if unit:
        raise TableError(f'mini_batch_size is "{size}", but the input is a list of files: give how many of them')
    files = [str(path) for path in table.files]
    pieces = [files[at : at + number] for at in range(0, len(files), number)]
    return [Batch(n, len(piece), files=piece) for n, piece in enumerate(pieces)]


def _by_bytes(frame: "pd.DataFrame", size: str, bytes_read: int) -> list[Batch]:
    """As many rows each as take about so many bytes in the files."""
    number, unit = _size(size) if size else (_TABLE_BYTES, "")
    wanted = number * _UNITS[unit] if size else number
    rows = max(1, len(frame) * wanted // max(1, bytes_read))
    starts = range(0, len(frame), rows)
    return [
        Batch(n, min(rows, len(frame) - at), rows=slice(at, min(at + rows, len(frame)))) for n, at in enumerate(starts)
    ]


def _by_keys(frame: "pd.DataFrame", keys: Sequence[str]) -> list[Batch]:
    """The rows that have the same values in the key columns, in the order of these."""
    if missing := [key for key in keys if key not in frame.columns]:
        raise TableError(f"partition_keys: the table has no column {', '.join(missing)}")
    groups = frame.groupby(list(keys), sort=True, dropna=False).indices
    return [Batch(n, len(rows), rows=rows, keys=_keys(keys, values)) for n, (values, rows) in enumerate(groups.items())]


def _keys(names: Sequence[str], values: Any) -> dict[str, Any]:
    """The partition's keys as plain values of Python."""
    plain = values if isinstance(values, tuple) else (values,)
    return {name: v.item() if hasattr(v, "item") else v for name, v in zip(names, plain, strict=True)}


def _size(text: str) -> tuple[int, str]:
    """The number and its unit: `10` is 10 and nothing, `100kb` is 100 and k."""
    found = _SIZE.fullmatch(text.strip())
    if not found or not int(found.group(1)):
        raise TableError(f'mini_batch_size is "{text}": write a count of files, or a size such as 100kb')
    unit = (found.group(2) or "").lower()
    return int(found.group(1)), unit
