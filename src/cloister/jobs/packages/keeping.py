"""What the index does beside answering: takes files from its folder, fetches what is allowed, notes what is refused.

Each is done again and again from what is on record, so that a kill at any moment loses nothing.
"""

import hashlib
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from cloister.errors import CloisterError, Fault, SourceError
from cloister.jobs.packages import upstream
from cloister.jobs.packages.allowing import allow_list
from cloister.jobs.packages.catalogue import Catalogue, catalogue
from cloister.jobs.packages.distributions import requirements_of
from cloister.jobs.packages.index import Index
from cloister.jobs.packages.names import read_file_name
from cloister.jobs.packages.requests import Allowed

_LOG: Final = logging.getLogger(__name__)
_EVERY_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 300.0
_REFUSED_SECONDS: Final = 86400.0
_NO_SOURCE: Final = "; a source archive is imported by hand, since pip runs the code of one to look into it"


@dataclass(slots=True)
class Keeping:
    """The work beside answering, in a thread of its own until the process ends."""

    index: Index
    fetches: bool
    _looked_at: int = 0
    _not_before: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="keeping", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.once()
            except Exception:  # noqa: BLE001 - logged with all that is known of it
                # A full disk, a database that restarts, whatever packages hold: the next round tries again.
                _LOG.exception("the shelf could not be looked after")
            time.sleep(_EVERY_SECONDS)

    def once(self) -> None:
        """One round."""
        self.index.note_refused()
        self._take()
        if self.fetches:
            self._fetch()

    def _take(self) -> None:
        files = self.index.shelf.files
        changed = files.stat().st_mtime_ns if files.is_dir() else 0
        if changed != self._looked_at:
            for fault in self.index.shelf.take_in_place():
                _LOG.error("refused, and moved to quarantine: %s", fault)
            self._looked_at = changed

    def _fetch(self) -> None:
        """Fetch a file for each approved entry that has none, and for what ships with Cloister where it was missed."""
        requests = self.index.requests
        now = catalogue(allow_list(requests.allowed()), self.index.shelf.listed())
        missed = _with_needs({one.project for one in requests.refused()}, now)
        wanted = [one for one in now.allowed if one.request or one.entry.project in missed]
        due = [one for one in wanted if not _is_here(now, one) and self._is_due(one)]
        for allowed in self._left_of(due):
            self._fetch_one(allowed)

    def _left_of(self, due: list[Allowed]) -> list[Allowed]:
        """What is to be fetched one by one: pip takes a second to start, so one of each project is fetched together."""
        together = {one.entry.project: one for one in reversed(due)}
        if len(together) < 2:  # noqa: PLR2004 - more than one
            return due
        try:
            with self._draft() as folder:
                for found in upstream.fetch_together([one.entry for one in together.values()], folder):
                    self._take_one(together[read_file_name(found.name).project], found)
        except CloisterError:
            # Of one of them there is no file, and pip brings none then.
            return due
        return [one for one in due if one not in together.values()]

    def _is_due(self, allowed: Allowed) -> bool:
        moment, key = self.index.clock(), str(allowed.entry)
        if moment < self._not_before.get(key, moment):
            return False
        self._not_before[key] = moment + _AGAIN_SECONDS
        return True

    def _fetch_one(self, allowed: Allowed) -> None:
        with self._draft() as folder:
            try:
                found = upstream.fetch(allowed.entry, folder)
            except CloisterError as error:
                self._note(allowed, error)
            else:
                self._take_one(allowed, found)

    def _take_one(self, allowed: Allowed, found: Path) -> None:
        try:
            _check_hash(found, allowed)
            taken = self.index.shelf.take(found, found.name, "upstream")
        except CloisterError as error:
            # What is refused is kept in quarantine, and will be the same again: not so often that it fills the disk.
            self._not_before[str(allowed.entry)] = self.index.clock() + _REFUSED_SECONDS
            self._note(allowed, error)
        else:
            _LOG.info("fetched %s, sha256 %s", taken.filename, taken.sha256)
            self._note(allowed, None)

    def _note(self, allowed: Allowed, error: CloisterError | None) -> None:
        """Why no file of it could be had, if so."""
        if error:
            _LOG.warning("%s", error)
        fault = error.faults[0].reason + (_NO_SOURCE if allowed.with_source else "") if error else ""
        if fault != allowed.fault and allowed.request:
            self.index.requests.note_fault(allowed, fault)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """A folder for files that nobody has looked at yet."""
        quarantine = self.index.shelf.quarantine
        quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=quarantine, prefix=".fetching-") as folder:
            yield Path(folder)


def _with_needs(missed: set[str], now: Catalogue) -> set[str]:
    """What was missed, and what the files of it that are here need by now."""
    names = set(missed)
    left = list(missed)
    while left:
        for file in now.of(left.pop()):
            needs = {canonicalize_name(one.name) for one in requirements_of(file.metadata)} - names
            names |= needs
            left += needs
    return names


def _check_hash(path: Path, allowed: Allowed) -> None:
    """Raise SourceError where what ships with Cloister names other hashes: such a file would take up the name."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if allowed.hashes and sha256 not in allowed.hashes:
        reason = f"came from upstream with the hash {sha256}, which is none of those that ship with Cloister"
        raise SourceError(Fault(path.name, reason, "find out what the upstream index serves under this name"))


def _is_here(now: Catalogue, allowed: Allowed) -> bool:
    files = now.of(allowed.entry.project)
    return any(allowed.entry.covers(file.project, file.version) for file in files)
