"""Control groups: what bounds all processes of a step together, whatever they start, and ends them together.

https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v2.html and .../cgroup-v1/ (read 2026-11). With version 2 a
folder holds all controllers, and hands them on to folders below it only where it holds no process itself: so a step's
group lies beside the agent's, or below the root, wherever this user may make one. With version 1 each controller has a
tree of its own. Which of this a machine allows is found out by trying.
"""

import contextlib
import itertools
import os
import signal
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cloister.jobs.running.limits import StepLimits, amount

_CONTROLLERS = ("memory", "pids", "cpu")
_PERIOD = 100_000
_PATIENCE_SECONDS = 5.0
_NUMBERS = itertools.count()
_LARGE = StepLimits(processors=1, memory_bytes=2**30, processes=1000)


@dataclass(frozen=True, slots=True)
class Group:
    """The group of one step: a folder for each controller, or one for all."""

    version: int
    folders: Mapping[str, Path]
    limits: StepLimits

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Its folders, each as the one above and the name: a process joins by writing 0 to `cgroup.procs` there."""
        return tuple((str(folder.parent), folder.name) for folder in dict.fromkeys(self.folders.values()))

    @property
    def breach(self) -> str:
        """Which limit the step ran into; empty where none did."""
        if self.limits.memory_bytes and self._count("memory", "memory.events", "memory.oom_control", "oom_kill"):
            return f"it needed more memory than its {amount(self.limits.memory_bytes)}"
        if self.limits.processes and self._count("pids", "pids.events", "pids.events", "max"):
            return f"it wanted more than {self.limits.processes} processes and threads at a time"
        return ""

    def _count(self, controller: str, in_2: str, in_1: str, key: str) -> int:
        folder = self.folders.get(controller)
        if folder is None:
            return 0
        with contextlib.suppress(OSError):
            for line in (folder / (in_2 if self.version == 2 else in_1)).read_text().splitlines():  # noqa: PLR2004 - as the kernel counts them
                name, _, number = line.partition(" ")
                if name == key:
                    return int(number)
        return 0

    def end(self) -> None:
        """Kill whatever is left in it, and remove it."""
        for folder in dict.fromkeys(self.folders.values()):
            _end(folder)


@dataclass(frozen=True, slots=True)
class Groups:
    """Where groups of steps are made, for each controller, and how the names of this agent's begin."""

    version: int
    folders: Mapping[str, Path]
    prefix: str

    def __str__(self) -> str:
        return f"its {', '.join(_TOLD[c] for c in _CONTROLLERS if c in self.folders)} are bounded as a whole"

    def make(self, limits: StepLimits) -> Group:
        """A group with these limits. Raises OSError."""
        name = f"{self.prefix}{next(_NUMBERS)}"
        group = Group(self.version, {c: folder / name for c, folder in self.folders.items()}, limits)
        for folder in dict.fromkeys(group.folders.values()):
            folder.mkdir()
        for controller, folder in group.folders.items():
            for file, text in _settings(self.version, controller, limits):
                with contextlib.ExitStack() as stack:
                    if "sw" in file:
                        # A kernel may be built, or started, without accounts of swap.
                        stack.enter_context(contextlib.suppress(OSError))
                    (folder / file).write_text(text)
        return group

    def end_left_over(self) -> None:
        """End the groups of an earlier agent of this name and home."""
        for parent in dict.fromkeys(self.folders.values()):
            for folder in parent.glob(f"{self.prefix}*"):
                _end(folder)


_TOLD = {"memory": "memory", "pids": "processes", "cpu": "processors"}


def find_groups(agent: str, home: Path) -> Groups | str:
    """Where this agent, of a name that is its alone in this home, may make groups of steps, or why nowhere.

    What an earlier one of its name left is ended.
    """
    try:
        mounts, own = Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text()
    except OSError as error:
        return f"control groups cannot be read: {error.strerror}"
    told = "no control group may be made here"
    for version, parents in candidates(mounts, own):
        try:
            return _tried(Groups(version, parents, f"cloister-{zlib.crc32(f'{home}/{agent}'.encode()):08x}-"))
        except OSError as error:
            told = f"{error.filename}: {error.strerror}"
    return told


def candidates(mounts: str, own: str) -> Iterator[tuple[int, dict[str, Path]]]:
    """The folders in which a group may be made, by controller, the likeliest first. Pure.

    `mounts` is /proc/self/mountinfo, `own` is /proc/self/cgroup, both as proc(5) says.
    """
    memberships = [line.split(":", 2) for line in own.splitlines()]
    paths = {name: path for _, names, path in memberships for name in names.split(",")}
    found: dict[str, tuple[Path, Path]] = {}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split(None, 2)
        names = {"cgroup2": [""], "cgroup": options.split(",")}.get(kind, [])
        for name in set(names) & paths.keys():
            found.setdefault(name, (Path(point), Path(point, os.path.relpath(paths[name], root))))
    if "" in found:
        top, mine = found[""]
        for folder in dict.fromkeys((mine.parent if mine != top else mine, top)):
            yield 2, dict.fromkeys(_CONTROLLERS, folder)
    in_1 = {controller: found[controller][1] for controller in _CONTROLLERS if controller in found}
    if in_1:
        yield 1, in_1


def _tried(groups: Groups) -> Groups:
    """The same, tried with one. Raises OSError."""
    for controller, parent in groups.folders.items():
        if groups.version == 2:  # noqa: PLR2004 - as the kernel counts them
            (parent / "cgroup.subtree_control").write_text(f"+{controller}")
    groups.end_left_over()
    groups.make(_LARGE).end()
    return groups


def _settings(version: int, controller: str, limits: StepLimits) -> Iterator[tuple[str, str]]:
    """What is written into which file, in this order."""
    match version, controller:
        case 2, "memory" if limits.memory_bytes:
            yield "memory.max", str(limits.memory_bytes)
            yield "memory.swap.max", "0"
            # One worker less would leave the others waiting for it.
            yield "memory.oom.group", "1"
        case 1, "memory" if limits.memory_bytes:
            yield "memory.limit_in_bytes", str(limits.memory_bytes)
            yield "memory.memsw.limit_in_bytes", str(limits.memory_bytes)
        case _, "pids" if limits.processes:
            yield "pids.max", str(limits.processes)
        case 2, "cpu" if limits.processors:
            yield "cpu.max", f"{limits.processors * _PERIOD} {_PERIOD}"
        case 1, "cpu" if limits.processors:
            yield "cpu.cfs_period_us", str(_PERIOD)
            yield "cpu.cfs_quota_us", str(limits.processors * _PERIOD)


def _end(folder: Path) -> None:
    """Kill what is in the group until it is empty, and remove it. What does not die is left to the next agent."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    with contextlib.suppress(FileNotFoundError):
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError):
                folder.rmdir()
                return
            _kill(folder)
            time.sleep(0.005)


def _kill(folder: Path) -> None:
    at_once = folder / "cgroup.kill"
    if at_once.exists():
        at_once.write_text("1")
        return
    for pid in map(int, (folder / "cgroup.procs").read_text().split()):
        # 0 stands for one that this process cannot see, and would be this process's own group.
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
