"""Reads MLTable folders: a list of files, or one table. Our own, because Microsoft's reader is closed.

What is not read here is refused by its name. Source:
https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable (read 2026-11).
"""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .filters import FilterError, mask

if TYPE_CHECKING:
    import pandas as pd

FILE = "MLTable"
PATH_COLUMN = "Path"
_ENCODINGS = {
    "utf8": "utf-8",
    "iso88591": "iso-8859-1",
    "latin1": "latin-1",
    "ascii": "ascii",
    "utf16": "utf-16",
    "utf32": "utf-32",
    "utf8bom": "utf-8-sig",
    "windows1252": "cp1252",
}
_HEADERS = ("all_files_same_headers", "all_files_different_headers", "from_first_file", "no_header")
_DATE_PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_KNOWN = {"paths", "transformations", "type", "$schema", "metadata", "traits"}


class TableError(Exception):
    """A table that cannot be read; the message is the reason."""


@dataclass(frozen=True)
class Table:
    """What a folder comes to: files with what their paths say, or one table and how many bytes it was read from."""

    files: Sequence[Path]
    told_by_path: Sequence[Mapping[str, Any]]
    frame: "pd.DataFrame | None" = None
    bytes_read: int = 0


def read_table(folder: Path) -> Table:
    """The table, or the files where nothing says how to read them. Raises TableError."""
    described = _described(folder)
    files = _files(folder, described.get("paths"))
    steps = [_step(entry) for entry in described.get("transformations") or []]
    told: list[Mapping[str, Any]] = [{} for _ in files]
    if not steps or steps[0][0] not in _READERS:
        for name, argument in steps:
            if name != "extract_columns_from_partition_format":
                raise TableError(f"{name} does not begin a table here; these do: {', '.join(_READERS)}")
            told = [_told_by_path(path.relative_to(folder), argument) for path in files]
        return Table(files, told)
    name, argument = steps[0]
    frame = _READERS[name](folder, files, argument or {})
    for name, argument in steps[1:]:
        if name not in _CHANGES:
            raise TableError(f"the transformation {name} is not read here; those that are: {', '.join(_CHANGES)}")
        frame = _CHANGES[name](frame, argument)
    return Table(files, told, frame.drop(columns=_PLACE, errors="ignore"), sum(path.stat().st_size for path in files))


def _described(folder: Path) -> dict[str, Any]:
    try:
        import yaml

        described = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
    except ImportError as error:
        raise TableError("to read it, PyYAML must be in the step's environment") from error
    except FileNotFoundError as error:
        raise TableError(f"{folder} holds no file {FILE}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TableError(f"{folder / FILE} is no YAML: {error}") from error
    if not isinstance(described, dict):
        raise TableError(f"{folder / FILE} holds no keys")
    if unknown := sorted(str(key) for key in described if key not in _KNOWN):
        raise TableError(f"{folder / FILE}: {', '.join(unknown)} is no key of a table")
    return described


def _files(folder: Path, paths: Any) -> list[Path]:
    """The files that the paths name, in their order, each folder's by name."""
    if not isinstance(paths, list) or not paths:
        raise TableError(f"{folder / FILE} names no paths")
    files: list[Path] = []
    for entry in paths:
        if not isinstance(entry, dict) or len(entry) != 1:
            raise TableError(f"paths: {entry} is none of file, folder and pattern")
        ((kind, wanted),) = entry.items()
        if "://" in str(wanted):
            raise TableError(f"paths: {wanted} lies elsewhere; make it an input of the step, or put it into the folder")
        if kind == "pattern":
            found = [path for path in folder.glob(str(wanted).removeprefix("./")) if path.is_file()]
        elif kind in ("file", "folder"):
            place = folder / str(wanted)
            # A file may be a folder, and the other way round.
            found = [p for p in place.rglob("*") if p.is_file()] if place.is_dir() else [place]
        else:
            raise TableError(f"paths: {kind} is none of file, folder and pattern")
        if missing := [path for path in found if not path.is_file()]:
            raise TableError(f"paths: {missing[0].relative_to(folder)} does not exist")
        files += sorted(path for path in found if path != folder / FILE)
    return files


def _step(entry: Any) -> tuple[str, Any]:
    if isinstance(entry, str):
        return entry, None
    if not isinstance(entry, dict) or len(entry) != 1:
        raise TableError(f"transformations: {entry} is not one transformation")
    ((name, argument),) = entry.items()
    return str(name), argument


# A column that says where a row came from, until all transformations are done.
_PLACE = "\0place"


def _told(name: str, argument: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a reader, with what is left out at its default."""
    if not isinstance(argument, dict):
        raise TableError(f"{name} takes keys, not {argument!r}")
    if unknown := sorted(str(key) for key in argument if key not in known):
        raise TableError(f"{name}: {', '.join(unknown)} is not read here")
    return {**known, **argument}


def _placed(frame: "pd.DataFrame", folder: Path, path: Path, *, shown: bool) -> "pd.DataFrame":
    place = path.relative_to(folder).as_posix()
    frame = frame.copy()
    if shown:
        frame.insert(0, PATH_COLUMN, place)
    frame[_PLACE] = place
    return frame


def _joined(frames: "list[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _encoding(name: str, wanted: Any) -> str:
    if wanted not in _ENCODINGS:
        raise TableError(f"{name}: the encoding {wanted} is none of {', '.join(_ENCODINGS)}")
    return _ENCODINGS[wanted]


def _read_delimited(folder: Path, files: Sequence[Path], argument: Any) -> "pd.DataFrame":
    import pandas as pd

    told = _told(
        "read_delimited",
        argument,
        {
            "delimiter": ",",
            "encoding": "utf8",
            "header": "all_files_same_headers",
            "infer_column_types": True,
            "empty_as_string": False,
            "include_path_column": False,
            # A line break in quotes never ends a row here.
            "support_multi_line": False,
        },
    )
    if told["header"] not in _HEADERS:
        raise TableError(f"read_delimited: the header {told['header']} is none of {', '.join(_HEADERS)}")
    frames: list[pd.DataFrame] = []
    for path in files:
        headed = told["header"] in _HEADERS[:2] or (told["header"] == "from_first_file" and not frames)
        frame = pd.read_csv(
            path,
            sep=told["delimiter"],
            encoding=_encoding("read_delimited", told["encoding"]),
            header=0 if headed else None,
            dtype=None if told["infer_column_types"] else str,
            # What stands there is text unless it is empty; pandas would take "NA" and "null" away as well.
            keep_default_na=False,
            na_values=[""],
        )
        if told["header"] == "no_header":
            frame.columns = pd.Index([f"Column{n + 1}" for n in range(frame.shape[1])])
        elif not headed:
            frame.columns = frames[0].columns.drop([PATH_COLUMN, _PLACE], errors="ignore")
        if told["empty_as_string"]:
            texts = frame.select_dtypes(exclude=["number", "bool"]).columns
            frame[texts] = frame[texts].fillna("")
        frames.append(_placed(frame, folder, path, shown=told["include_path_column"]))
    return _joined(frames)


def _read_parquet(folder: Path, files: Sequence[Path], argument: Any) -> "pd.DataFrame":
    import pandas as pd

    shown = _told("read_parquet", argument, {"include_path_column": False})["include_path_column"]
    return _joined([_placed(pd.read_parquet(path), folder, path, shown=shown) for path in files])


def _read_json_lines(folder: Path, files: Sequence[Path], argument: Any) -> "pd.DataFrame":
    import pandas as pd

    known = {"include_path_column": False, "invalid_lines": "error", "encoding": "utf8"}
    told = _told("read_json_lines", argument, known)
    frames = []
    for path in files:
        rows = []
        text = path.read_text(encoding=_encoding("read_json_lines", told["encoding"]))
        for number, line in enumerate(text.splitlines(), 1):
            try:
                if line.strip():
                    rows.append(json.loads(line))
            except ValueError as error:
                if told["invalid_lines"] != "drop":
                    raise TableError(f"{path.relative_to(folder)}, line {number}: {error}") from error
        frames.append(_placed(pd.DataFrame(rows), folder, path, shown=told["include_path_column"]))
    return _joined(frames)


_READERS: dict[str, Callable[[Path, Sequence[Path], Any], "pd.DataFrame"]] = {
    "read_delimited": _read_delimited,
    "read_parquet": _read_parquet,
    "read_json_lines": _read_json_lines,
}


def _columns(wanted: Any) -> list[str]:
    return [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)]


def _checked(frame: "pd.DataFrame", wanted: Any) -> list[str]:
    """The columns, all of which the table has."""
    names = _columns(wanted)
    if missing := [name for name in names if name not in frame.columns]:
        there = ", ".join(str(name) for name in frame.columns if name != _PLACE)
        raise TableError(f"the table has no column {', '.join(missing)}; it has {there}")
    return names


def _keep_columns(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    return frame[[*_checked(frame, argument), _PLACE]]


def _drop_columns(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    return frame.drop(columns=_checked(frame, argument))


def _count(name: str, argument: Any) -> int:
    if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
        raise TableError(f"{name} takes a count of rows, not {argument!r}")
    return argument


def _take(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    return frame.iloc[: _count("take", argument)]


def _skip(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    return frame.iloc[_count("skip", argument) :]


def _take_random_sample(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    told = _told("take_random_sample", argument, {"probability": 1.0, "seed": 0})
    # The same rows in each attempt, also where no seed is given.
    chance = random.Random(told["seed"])  # noqa: S311 - a sample, not a secret
    return frame[[chance.random() < told["probability"] for _ in range(len(frame))]]


def _filter(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    try:
        return frame[mask(frame, str(argument))]
    except FilterError as error:
        raise TableError(f"filter: {error}") from error


def _convert_column_types(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    import pandas as pd

    frame = frame.copy()
    for entry in argument if isinstance(argument, list) else [argument]:
        told = _told("convert_column_types", entry, {"columns": [], "column_type": None})
        kind, options = _step(told["column_type"])
        for name in _checked(frame, told["columns"]):
            if kind == "datetime":
                formats = (options or {}).get("formats") or [None]
                frame[name] = _first_that_fits(frame[name], formats)
            elif kind == "boolean":
                frame[name] = _booleans(frame[name], options or {})
            elif kind in ("int", "float"):
                numbers = pd.to_numeric(frame[name])
                frame[name] = numbers.astype("Int64") if kind == "int" else numbers.astype("float64")
            elif kind == "string":
                frame[name] = frame[name].astype("string")
            else:
                raise TableError(f"convert_column_types: {kind} is none of int, float, string, boolean and datetime")
    return frame


def _first_that_fits(column: "pd.Series[Any]", formats: Sequence["str | None"]) -> "pd.Series[Any]":
    import pandas as pd

    for number, form in enumerate(formats, 1):
        try:
            return pd.to_datetime(column, format=form)
        except ValueError as error:
            if number == len(formats):
                raise TableError(f"convert_column_types: {error}") from error
    return column


def _booleans(column: "pd.Series[Any]", options: Mapping[str, Any]) -> "pd.Series[Any]":
    told = _told("boolean", options, {"true_values": ["true"], "false_values": ["false"], "mismatch_as": "error"})
    meant = {str(value).lower(): True for value in told["true_values"]}
    meant |= {str(value).lower(): False for value in told["false_values"]}
    found = column.astype(str).str.lower().map(meant)
    if told["mismatch_as"] == "error" and found.isna().any():
        raise TableError(f"convert_column_types: {column[found.isna()].iloc[0]!r} is neither true nor false")
    fallback = {"true": True, "false": False}.get(str(told["mismatch_as"]).lower())
    return found if fallback is None else found.fillna(fallback)


def _extract_columns(frame: "pd.DataFrame", argument: Any) -> "pd.DataFrame":
    frame = frame.copy()
    places = {place: _told_by_path(Path(place), argument) for place in frame[_PLACE].unique()}
    for name in {name: None for told in places.values() for name in told}:
        frame[name] = [places[place][name] for place in frame[_PLACE]]
    return frame


def _told_by_path(path: Path, argument: Any) -> dict[str, Any]:
    """What a partition format such as `{store}/{day:yyyy/MM/dd}/data.csv` finds in a path."""
    form = argument.get("partition_format") if isinstance(argument, dict) else argument
    dates: dict[str, str] = {}
    pattern = ""
    for part in re.split(r"(\{[^}]*\})", str(form).lstrip("./")):
        if not part.startswith("{"):
            pattern += re.escape(part)
            continue
        name, _, date = part[1:-1].partition(":")
        if date:
            for word, directive in _DATE_PARTS.items():
                date = date.replace(word, directive)
            dates[name] = date
        pattern += f"(?P<{name}>[^/]+{'(?:/[^/]+)' * date.count('/') if date else ''})"
    try:
        found = re.search(f"(?:^|/){pattern}$", path.as_posix())
    except re.error as error:
        raise TableError(f"the partition format {form} cannot be used: {error}") from error
    if not found:
        raise TableError(f"{path} does not fit the partition format {form}")
    told: dict[str, Any] = found.groupdict()
    for name, directive in dates.items():
        told[name] = datetime.strptime(told[name], directive)  # noqa: DTZ007 - a path tells no zone
    return told


_CHANGES: dict[str, Callable[["pd.DataFrame", Any], "pd.DataFrame"]] = {
    "take": _take,
    "skip": _skip,
    "take_random_sample": _take_random_sample,
    "keep_columns": _keep_columns,
    "drop_columns": _drop_columns,
    "convert_column_types": _convert_column_types,
    "filter": _filter,
    "extract_columns_from_partition_format": _extract_columns,
}
