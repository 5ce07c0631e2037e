"""A step's command as a process: started in its view, its output cleaned of secrets, ended with all that it started."""

import asyncio
import contextlib
import marshal
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cloister
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.groups import Group, Groups
from cloister.jobs.running.isolation import View
from cloister.jobs.running.launcher.launch import CANNOT_START
from cloister.jobs.running.limits import UNBOUNDED, StepLimits
from cloister.jobs.running.ways_out import WayOut, resolved

# Azure ML runs commands in bash; where there is none, in what POSIX promises.
_SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
# The launcher has the agent's rights until it gives them up. The dynamic loader and Python read variables long before
# that, so not one of them is the author's.
_LAUNCHER_ENVIRONMENT = {"LANG": "C.UTF-8"}
# Imported and not run as a file, so that it is compiled once. Behind the standard library: it lies among packages.
_LAUNCH = "import sys; sys.path.append(sys.argv[1]); from cloister.jobs.running.launcher.launch import start; start()"
_SOURCES = str(Path(cloister.__file__).parents[1])
_CHUNK = 65_536
_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: a command line, where, with which variables, as whom (None: as ourselves), and in which view.

    `limits` are for each process, by their names in setrlimit(2); `together` those for all, held where there are
    control groups. `ways` lead out of a network of its own; None: its network is ours.
    """

    line: str
    cwd: Path
    environment: Mapping[str, str]
    uid: int | None = None
    view: View | None = None
    new_user_namespace: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    ways: tuple[WayOut, ...] | None = None
    call_filter: bytes = b""
    groups: Groups | None = None
    together: StepLimits = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: by itself with a code, or because its time was up; `lost` where what held it was killed.

    `breach` is the limit that it ran into, where that may be why.
    """

    code: int
    timed_out: bool = False
    lost: bool = False
    breach: str = ""

    @property
    def reason(self) -> str:
        """Why it is not a success, in words; empty where it is one."""
        if self.timed_out:
            return "it took longer than its timeout"
        if self.breach and self.code:
            return self.breach
        if self.lost:
            return "the process that held it was killed"
        return _said(self.code)


def _said(code: int) -> str:
    """What an exit code says, in words."""
    if code == 0:
        return ""
    if code == CANNOT_START:
        return "it could not be started; its log says why"
    if code > 128:  # noqa: PLR2004 - a shell's way to tell of a signal
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(code - 128).name}"
    return f"it exited with code {code}"


class Running:
    """A command that was started. It must be waited for."""

    def __init__(self, process: asyncio.subprocess.Process, group: Group | None = None) -> None:
        self._process = process
        self._group = group
        self._breach = ""
        self.pid = process.pid
        self._watch_launcher()

    async def ended(self, log: "Log", timeout_seconds: float) -> Ended:
        """How it ended. Its group is ended when the time is up, and when the waiting is cancelled."""
        stdout = self._process.stdout
        if stdout is None:
            message = "the command has no pipe"
            raise AssertionError(message)
        pump = asyncio.create_task(_pump(stdout, log))
        try:
            code = await asyncio.wait_for(self._process.wait(), timeout_seconds)
            breach = self._breach or (self._group.breach if self._group else "")
            if code >= 0 or self._breach:
                return Ended(code if code >= 0 else 128 - code, breach=breach)
            return Ended(128 - code, lost=True)
        except TimeoutError:
            await self._end()
            return Ended(128 + signal.SIGKILL, timed_out=True)
        except asyncio.CancelledError:
            await self._end()
            raise
        finally:
            # Whatever the command started may hold the pipe open; it is being killed by now.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pump, 2)
            log.flush()
            if self._group:
                await asyncio.shield(asyncio.to_thread(self._group.end))

    def end_for(self, breach: str) -> None:
        """End it at once, because it ran into a limit that nothing but we hold."""
        self._breach = breach
        _signal_group(self.pid, signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        _signal_group(self.pid, number)

    def _watch_launcher(self) -> None:
        """End the group where its launcher is gone: what it left would hold the pipe, and be waited for."""
        loop, held = asyncio.get_running_loop(), os.pidfd_open(self.pid)

        def gone() -> None:
            loop.remove_reader(held)
            os.close(held)
            _signal_group(self.pid, signal.SIGKILL)

        loop.add_reader(held, gone)

    async def _end(self) -> None:
        """Ask the whole group to leave, then make it."""
        _signal_group(self.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE_SECONDS)
        except TimeoutError:
            pass
        finally:
            _signal_group(self.pid, signal.SIGKILL)
            await self._process.wait()


async def start(command: Command) -> Running:
    """Start the command through the launcher, in a process group of its own."""
    group = command.groups.make(command.together) if command.groups else None
    try:
        return await _launch(command, group)
    except BaseException:
        if group:
            group.end()
        raise


async def _launch(command: Command, group: Group | None) -> Running:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        "-c",
        _LAUNCH,
        _SOURCES,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=_LAUNCHER_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    spec = {
        "agent_pid": os.getpid(),
        "command": [_SHELL, "-c", command.line],
        "cwd": str(command.cwd),
        "environment": dict(command.environment),
        "uid": command.uid,
        "gid": command.uid,
        "view": asdict(command.view) if command.view else None,
        "new_user_namespace": command.new_user_namespace,
        "limits": dict(command.limits),
        "call_filter": command.call_filter,
        "groups": group.places if group else (),
        "network": None if command.ways is None else await asyncio.to_thread(_addresses, command.ways),
    }
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(marshal.dumps(spec))
            await process.stdin.drain()
        process.stdin.close()
    return Running(process, group)


def _addresses(ways: Sequence[WayOut]) -> list[tuple[str, int, str, int]]:
    """Where to listen inside, and where to connect to outside. Raises OSError where a host has no address."""
    return [(way.inside, way.port, resolved(way.host, way.port), way.port) for way in ways]


def kill_left_over(pid: int, started: str) -> None:
    """Kill the group of a launcher that an earlier agent started, if that very process still lives."""
    if pid > 0 and start_of(pid) == started:
        _signal_group(pid, signal.SIGKILL)


def start_of(pid: int) -> str:
    """What tells a process from a later one with the same id: the machine's boot and the start time in ticks."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return f"{boot}/{text.rpartition(')')[2].split()[19]}"


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


async def _pump(stream: asyncio.StreamReader, log: "Log") -> None:
    while piece := await stream.read(_CHUNK):
        log.write(piece)
