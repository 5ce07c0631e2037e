"""The logs of steps, read piece by piece as they grow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.status import FINISHED_STEPS, StepStatus
from cloister.jobs.running.folders import JobFolders

_PIECE: Final = 256 * 1024
_AT_ONCE: Final = 4 * _PIECE


@dataclass(frozen=True, slots=True)
class LogPiece:
    """A piece of a step's log, where the next one begins, and whether there will be more."""

    text: str
    next_offset: int
    complete: bool


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """Up to where whoever follows a job has seen the log of each step, in bytes."""

    offsets: dict[str, Annotated[int, Field(ge=0, lt=10**15)]]


@dataclass(frozen=True, slots=True)
class Printed:
    """What the steps of a job have printed since it was last asked, by step; `more` of it can be had at once."""

    pieces: Mapping[str, LogPiece]
    more: bool


def piece(log: Path, offset: int, *, ended: bool) -> LogPiece:
    """A piece of a log, from an offset in bytes. `ended`: the step had, before this is asked."""
    try:
        with log.open("rb") as file:
            file.seek(max(offset, 0))
            data = file.read(_PIECE)
    except FileNotFoundError:
        return LogPiece("", 0, complete=ended)
    # A character that is cut in two waits for the next piece.
    whole = len(data) if ended and len(data) < _PIECE else _whole_characters(data)
    text = data[:whole].decode("utf-8", errors="replace")
    return LogPiece(text, max(offset, 0) + whole, complete=ended and len(data) < _PIECE)


def printed(folders: JobFolders, record: JobRecord, offsets: Mapping[str, int]) -> Printed:
    """What each step that has begun has printed from its offset on; of very much, the first steps' part."""
    found: dict[str, LogPiece] = {}
    left, more = _AT_ONCE, False
    for step in record.steps:
        if step.status is StepStatus.NOT_STARTED:
            continue
        if left <= 0:
            return Printed(found, more=True)
        offset = offsets.get(step.name, 0)
        one = piece(folders.step(record.name, step.name).log, offset, ended=step.status in FINISHED_STEPS)
        found[step.name] = one
        taken = one.next_offset - offset
        left -= taken
        more = more or taken > _PIECE // 2
    return Printed(found, more)


def _whole_characters(data: bytes) -> int:
    """The length without the beginning of a character at the end (at most three bytes, RFC 3629)."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:  # noqa: PLR2004 - a first byte of several
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004 - RFC 3629, section 3
            return len(data) - back if needed > back else len(data)
        if byte < 0x80:  # noqa: PLR2004 - a character by itself
            break
    return len(data)
