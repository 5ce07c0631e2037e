"""The program of a parallel step: cuts the input into mini batches and has processes run them, each with a time limit.

A process that takes too long for a mini batch, or dies over it, is replaced, and the mini batch is tried again. What is
done is kept in the step's checkpoint folder: the next attempt goes on from there.
"""

import collections
import hashlib
import itertools
import json
import os
import selectors
import signal
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

from .batches import Batch, Cut, cut
from .finished import Done, Finished
from .process import Process
from .said import say
from .settings import SettingError, Settings, split
from .tables import TableError
from .tally import Tally, Thresholds

_CHECKPOINTS = "CLOISTER_CHECKPOINT_FOLDER"
_APPENDED = "parallel_run_step.txt"
_PROGRESS_SECONDS = 5.0
# Less than what the step itself is granted.
_GRACE_SECONDS = 4.0
_SHUTDOWN_SECONDS = 60.0
_LEVELS = ("DEBUG", "INFO", "WARNING")


class StepError(Exception):
    """The step has failed; the message is the reason."""


def main(text: str) -> int:
    """Run the step of the specification; returns 0 where no more failed than may."""
    spec: dict[str, Any] = json.loads(text)
    try:
        settings, arguments, without = split(spec["arguments"])
        pieces = cut(Path(spec["place"]), spec["input_type"], spec["mini_batch_size"], spec["partition_keys"])
    except (SettingError, TableError) as error:
        say(f"the step cannot be run: {error}")
        return 1
    if without:
        say(f"without effect here: {', '.join(without)}")
    identity = hashlib.sha256(json.dumps([spec, [_identity(batch) for batch in pieces.batches]]).encode()).hexdigest()
    with tempfile.TemporaryDirectory() as temporary:
        finished = Finished(Path(os.environ.get(_CHECKPOINTS) or temporary) / "mini_batches", identity)
        run = ParallelRun({**spec, "arguments": arguments}, settings, pieces, finished, Path(temporary))
        return run.run()


def _identity(batch: Batch) -> "list[Any]":
    """What tells a mini batch from another one, as far as it can be told without reading the data."""
    return [batch.items, list(batch.files), None if batch.keys is None else [str(v) for v in batch.keys.values()]]


class ParallelRun:
    """All mini batches of one step, on their way through the processes."""

    def __init__(
        self, spec: "dict[str, Any]", settings: Settings, pieces: Cut, finished: Finished, temporary: Path
    ) -> None:
        self._spec = spec
        self._settings = settings
        self._pieces = pieces
        self._finished = finished
        self._temporary = temporary
        items = settings.error_threshold if settings.error_threshold >= 0 else spec["error_threshold"]
        self._most = Thresholds(items, spec["mini_batch_error_threshold"], settings.allowed_failed_percent)
        self._tally = Tally(len(pieces.batches), sum(b.items for b in pieces.batches), before=len(finished.done))
        for done in finished.done.values():
            self._tally = self._tally.with_done(done)
        self._waiting = collections.deque(b for b in pieces.batches if b.index not in finished.done)
        self._tries: collections.Counter[int] = collections.Counter()
        self._processes: set[Process] = set()
        self._numbers = itertools.count()
        self._bad_starts = 0
        self._selector = selectors.DefaultSelector()
        self._began = self._told_at = self._progress_at = time.monotonic()

    def run(self) -> int:
        """Run everything that is not done; returns the exit code."""
        signal.signal(signal.SIGTERM, self._end_early)
        kind = "files" if self._pieces.frame is None else "rows"
        count = self._spec["processes"]
        self._note("INFO", f"{self._tally.items} {kind} in {self._tally.batches} mini batches, {count} at a time")
        if self._tally.before:
            self._note("INFO", f"{self._tally.before} mini batches are done by an earlier attempt")
        failed = self._failure()
        # First their last words, then ours.
        for process in self._processes:
            process.close()
        self._selector.close()
        if failed:
            say(f"the step has failed: {failed}")
        say(f"{self._tally}; {time.monotonic() - self._began:.1f} s")
        return 1 if failed else 0

    def _failure(self) -> str:
        """Why the step has failed once everything has run; empty where it has not."""
        try:
            self._run_batches()
            self._shut_down()
            self._append_rows()
        except StepError as error:
            return str(error)
        return ""

    def _note(self, level: str, told: str) -> None:
        if _LEVELS.index(level) >= _LEVELS.index(self._spec["logging_level"]):
            say(told)

    def _end_early(self, _number: int, _frame: "FrameType | None") -> None:
        """Leave as the step is told to, with all processes; what is done is on record."""
        for process in self._processes:
            process.signal(signal.SIGTERM)
        give_up = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < give_up and any(process.is_alive() for process in self._processes):
            time.sleep(0.02)
        for process in self._processes:
            process.signal(signal.SIGKILL)
        os._exit(128 + signal.SIGTERM)

    def _run_batches(self) -> None:
        self._check()
        while self._open:
            while len(self._processes) < min(self._spec["processes"], self._open):
                self._start_process()
            for key, _ in self._selector.select(self._patience()):
                self._hear(key.data)
            for process in tuple(self._processes):
                if reason := process.overdue:
                    self._lose(process, reason)
            self._report()

    @property
    def _open(self) -> int:
        """How many mini batches are neither done nor failed."""
        return len(self._waiting) + sum(process.batch is not None for process in self._processes)

    def _patience(self) -> float:
        """How long nothing need be looked at."""
        first = min([self._told_at + _PROGRESS_SECONDS, *(process.deadline for process in self._processes)])
        return max(0.0, first - time.monotonic())

    def _start_process(self) -> None:
        told = {name: self._spec[name] for name in ("entry_script", "arguments", "input", "logging_level")}
        process = Process(next(self._numbers), told)
        limit = self._settings.first_task_creation_timeout
        process.allow(limit, f"it took longer than {limit} s to get through init() (--first_task_creation_timeout)")
        self._processes.add(process)
        self._selector.register(process.answers, selectors.EVENT_READ, process)

    def _hear(self, process: Process) -> None:
        heard = process.heard()
        if heard is None:
            self._lose(process, "")
            return
        for answer in heard:
            if answer["told"] == "init":
                if "error" in answer:
                    raise StepError(f"init() failed: {answer['error']}")
                process.is_ready = True
            elif answer["told"] == "loaded":
                limit = self._spec["timeout"]
                process.allow(limit, f"it took longer than its timeout of {limit} s")
            elif answer["told"] == "done" and process.batch is not None:
                batch, process.batch = process.batch, None
                self._end_batch(batch, answer)
        if process.is_ready and process.batch is None and self._waiting:
            self._give(process, self._waiting.popleft())

    def _give(self, process: Process, batch: Batch) -> None:
        told: dict[str, Any] = {"index": batch.index, "keys": batch.keys}
        told["rows"] = str(self._finished.file(batch.index))
        if self._pieces.frame is None:
            told["files"] = list(batch.files)
        else:
            told["table"] = str(self._table(batch))
            self._pieces.frame.iloc[batch.rows].reset_index(drop=True).to_pickle(told["table"])
        self._note("DEBUG", f"mini batch {batch.index}: {batch.items} items to process {process.number}")
        limit = self._settings.task_overhead_timeout
        process.allow(limit, f"it took longer than {limit} s to load (--task_overhead_timeout)")
        process.give(batch, told)

    def _table(self, batch: Batch) -> Path:
        return self._temporary / f"{batch.index}.pickle"

    def _lose(self, process: Process, reason: str) -> None:
        """Do without a process that is dead or overdue; another one takes its place where there is work."""
        self._selector.unregister(process.answers)
        self._processes.discard(process)
        how = process.close()
        reason = reason or f"its process {how}"
        if process.batch is not None:
            self._end_batch(process.batch, {"error": reason})
        elif not process.is_ready:
            self._bad_starts += 1
            if self._bad_starts > self._spec["max_retries"]:
                raise StepError(f"{self._bad_starts} processes did not get through init(), the last because {reason}")

    def _end_batch(self, batch: Batch, answer: "dict[str, Any]") -> None:
        """Write down what became of a mini batch, or let it wait for another try."""
        self._table(batch).unlink(missing_ok=True)
        self._progress_at = time.monotonic()
        if "error" not in answer:
            done = Done(batch.index, batch.items, answer["returned"], answer["rows_bytes"])
            self._finished.add(done)
            self._tally = self._tally.with_done(done)
            self._note("DEBUG", f"mini batch {batch.index}: {answer['returned']} rows for {batch.items} items")
        else:
            self._tries[batch.index] += 1
            if self._tries[batch.index] <= self._spec["max_retries"]:
                self._note("WARNING", f"mini batch {batch.index} is tried again: {answer['error']}")
                # At once: where everything fails, that is known after a few and not after all.
                self._waiting.appendleft(batch)
                return
            tries = self._tries[batch.index]
            self._note("WARNING", f"mini batch {batch.index} has failed, tries: {tries}: {answer['error']}")
            self._tally = self._tally.with_failed(batch)
        self._check()

    def _check(self) -> None:
        """Give up as soon as more has failed than may."""
        if reason := self._tally.too_many(self._most):
            raise StepError(reason)

    def _report(self) -> None:
        """Say from time to time how far it is, and give up where it does not go on."""
        now = time.monotonic()
        limit = self._settings.progress_update_timeout
        if limit and now - self._progress_at > limit:
            raise StepError(f"no mini batch ended for {limit} s (--progress_update_timeout)")
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self._note("INFO", str(self._tally))

    def _shut_down(self) -> None:
        """Let each process run the script's shutdown(), and leave."""
        for process in self._processes:
            process.finish()
        give_up = time.monotonic() + _SHUTDOWN_SECONDS
        for process in self._processes:
            if process.ended(give_up - time.monotonic()) != 0:
                self._note("WARNING", f"shutdown() failed in process {process.number}")

    def _append_rows(self) -> None:
        if self._spec["append_to"]:
            place = Path(self._spec["append_to"])
            target = place / _APPENDED if place.is_dir() else place
            self._finished.append_rows(target, [batch.index for batch in self._pieces.batches])
