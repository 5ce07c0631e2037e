"""The files of a job that may be fetched: outputs of its steps, what they left to be kept, and their logs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloister.errors import Fault
from cloister.jobs.errors import MissingError, TooLargeError
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.running.folders import JobFolders

_MOST = 20_000


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file: its path below the job, `STEP/outputs/NAME/...` for example, and its size."""

    path: str
    bytes: int


def listed(folders: JobFolders, record: JobRecord) -> tuple[JobFile, ...]:
    """Every file, by path. Raises TooLargeError on more than can be listed."""
    found: list[JobFile] = []
    root = folders.root / record.name
    for path in _all(folders, record):
        found.append(JobFile(path.relative_to(root).as_posix(), path.lstat().st_size))
        if len(found) > _MOST:
            reason = f"has more than {_MOST} files"
            raise TooLargeError(Fault(f'job "{record.name}"', reason, "fetch one output at a time"))
    return tuple(sorted(found, key=lambda file: file.path))


def found(folders: JobFolders, record: JobRecord, path: str) -> Path:
    """Where one of the listed files lies. Raises MissingError on every other path."""
    root = folders.root / record.name
    wanted = root / path
    roots = [root / place for step in record.steps for place in _places(folders, record.name, step.name)]
    is_plain = ".." not in Path(path).parts and wanted.is_file() and wanted.resolve() == root.resolve() / path
    if not is_plain or not any(wanted == one or one in wanted.parents for one in roots):
        fault = Fault(f'file "{path}"', f'is none of job "{record.name}"', "see: cloister job download --list")
        raise MissingError(fault)
    return wanted


def _all(folders: JobFolders, record: JobRecord) -> Iterator[Path]:
    for step in record.steps:
        for place in _places(folders, record.name, step.name):
            if place.is_file():
                yield place
            for above, _, names in os.walk(place):
                yield from (Path(above, name) for name in names if not Path(above, name).is_symlink())


def _places(folders: JobFolders, job: str, step: str) -> tuple[Path, ...]:
    folder = folders.step(job, step)
    return folder.outputs, folder.artifacts, folder.log
