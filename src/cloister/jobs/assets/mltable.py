"""What an MLTable file says of where its data lies.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable (read 2026-11).
"""

from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from typing import Any, Final

import yaml

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.addresses import is_inside, read_place

FILE: Final = "MLTable"
_SORTS: Final = ("file", "folder", "pattern")
_LONGEST: Final = 1024 * 1024


def referenced(text: str, beside: Collection[str]) -> tuple[str, ...]:
    """The addresses that it names outside of its folder, in their order. `beside` are the paths of the files in it.

    Raises SpecError with every fault: no paths, a path that leads out, a file that is not there.
    """
    faults, found = [], []
    for sort, value in _paths(text):
        if "://" in value or value.startswith("azureml:"):
            found.append(str(read_place(value)))
            continue
        path = value.removeprefix("./").rstrip("/")
        if not is_inside(path):
            mend = "keep its data in its folder, or name an address"
            faults.append(Fault(f"{FILE}: {sort}", f'"{value}" leads out of its folder', mend))
        elif not _is_there(sort, path, beside):
            faults.append(Fault(f"{FILE}: {sort}", f'there is no "{value}" in its folder', "correct the path"))
    if faults:
        raise SpecError(faults)
    return tuple(dict.fromkeys(found))


def _paths(text: str) -> Iterator[tuple[str, str]]:
    try:
        document: Any = yaml.safe_load(text) if len(text) <= _LONGEST else None
    except yaml.YAMLError as error:
        raise SpecError(Fault(FILE, f"is no YAML: {error}", "correct it")) from error
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, list) or not paths:
        raise SpecError(Fault(FILE, "has no list of paths", "write paths: [{file: ./data.csv}]"))
    for one in paths:
        sorts = [sort for sort in _SORTS if isinstance(one, dict) and isinstance(one.get(sort), str)]
        if len(sorts) != 1:
            raise SpecError(Fault(f"{FILE}: paths", f"{one!r:.80} is no path", f"write one of {', '.join(_SORTS)}"))
        yield sorts[0], one[sorts[0]]


def _is_there(sort: str, path: str, beside: Collection[str]) -> bool:
    match sort:
        case "file":
            return path in beside
        case "folder":
            return path in ("", ".") or any(name.startswith(f"{path}/") for name in beside)
        case _:
            return any(fnmatch(name, path) for name in beside)
