"""Which mini batches are done, kept for the next attempt: a line each, and the rows that each returned."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """A mini batch that is done: how many items it had and returned, and how long the file of its rows is."""

    index: int
    items: int
    returned: int
    rows_bytes: int


class Finished:
    """The record in a folder. It counts only for the same work: `identity` says what that is."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.rows = folder / "rows"
        self.rows.mkdir(parents=True, exist_ok=True)
        self._record = folder / "finished.jsonl"
        self.done: dict[int, Done] = {}
        lines = self._lines()
        if lines[:1] == [{"identity": identity}]:
            for line in lines[1:]:
                done = Done(**line)
                # The machine may have died before the rows were on its disk.
                if self.file(done.index).exists() and self.file(done.index).stat().st_size == done.rows_bytes:
                    self.done[done.index] = done
        draft = self._record.with_suffix(".new")
        kept = [{"identity": identity}, *(asdict(done) for done in self.done.values())]
        draft.write_text("".join(f"{json.dumps(line)}\n" for line in kept), encoding="utf-8")
        draft.replace(self._record)

    def file(self, index: int) -> Path:
        """Where the rows of a mini batch are."""
        return self.rows / f"{index:08}.txt"

    def add(self, done: Done) -> None:
        """Write down that a mini batch is done; its rows are there already."""
        self.done[done.index] = done
        with self._record.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(done))}\n")

    def append_rows(self, target: Path, indices: Sequence[int]) -> None:
        """Write the rows of all that are done into one file, in the order of the mini batches."""
        with target.open("wb") as out:
            for index in indices:
                if index in self.done:
                    out.write(self.file(index).read_bytes())

    def _lines(self) -> "list[dict[str, Any]]":
        lines: list[dict[str, Any]] = []
        # The last line may be half written.
        with contextlib.suppress(FileNotFoundError, ValueError):
            lines.extend(json.loads(line) for line in self._record.read_text(encoding="utf-8").splitlines())
        return lines
