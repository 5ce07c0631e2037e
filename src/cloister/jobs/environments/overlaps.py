"""Files that several packages of an environment have under one path, each another one: which is there is chance."""

import csv
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MOST_TOLD: Final = 3


def overlaps(folder: Path) -> str:
    """What there is to say about such files in the environment of that folder; empty where there are none."""
    owners: dict[str, dict[str, str]] = {}
    for record in sorted(folder.glob("lib/python*/site-packages/*.dist-info/RECORD")):
        for path, sha256 in _files(record):
            owners.setdefault(path, {})[record.parent.name.partition("-")[0]] = sha256
    found = [(path, held) for path, held in owners.items() if len(set(held.values())) > 1]
    told = [f"{path} is in {' and '.join(held)}" for path, held in found[:_MOST_TOLD]]
    if not told:
        return ""
    more = f" and {len(found) - len(told)} more" if len(found) > len(told) else ""
    return f"packages overwrite one another, and which is there is chance: {', '.join(told)}{more}"


def _files(record: Path) -> Iterator[tuple[str, str]]:
    """The paths that an installed package's RECORD names, each with its hash."""
    with record.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            if len(row) > 1 and row[1] and row[0].isprintable():
                yield posixpath.normpath(row[0]), row[1]
