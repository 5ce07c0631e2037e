"""How the platform in a home stands at this moment: every process is asked, none is taken at its record's word."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cloister.platform.home import Home
from cloister.platform.probe import answers
from cloister.platform.proc import descendants
from cloister.platform.records import Record, read_records, running_platform

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ProcessStanding:
    """One process: whether it runs, whether it answers, and the memory of it and all below it."""

    name: str
    pid: int
    since: str
    runs: bool
    answers: bool
    megabytes: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The platform of a home."""

    home: str
    runs: bool
    pid: int = 0
    since: str = ""
    address: str = ""
    file: str = ""
    processes: tuple[ProcessStanding, ...] = ()


def standing_of(home: Home) -> Standing:
    """How it stands; a home that is not there has nothing running."""
    platform = running_platform(home)
    if platform is None:
        return Standing(str(home.root), runs=False)
    records = {record.name: record for record in read_records(home)}
    processes = tuple(_process(name, records.get(name)) for name in platform.processes)
    return Standing(
        str(home.root),
        runs=True,
        pid=platform.identity.pid,
        since=platform.since,
        address=platform.address,
        file=platform.file,
        processes=processes,
    )


def megabytes(pid: int) -> float:
    """The memory of a process and all below it: pages that they share are counted once (proportional set size)."""
    kilobytes = 0
    for one in (pid, *descendants(pid)):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes * 1024 / 1_000_000


def _process(name: str, record: Record | None) -> ProcessStanding:
    if record is None or not record.identity.is_alive():
        return ProcessStanding(name, 0, "", runs=False, answers=False, megabytes=0.0)
    pid = record.identity.pid
    well = record.readiness is None or answers(record.readiness, _TIMEOUT_SECONDS)
    return ProcessStanding(name, pid, record.since, runs=True, answers=well, megabytes=round(megabytes(pid), 1))
