"""The leash of one process: runs it, and makes sure that nothing of it outlives the supervisor.

Run as a script, by path, so that it starts fast and imports nothing of ours:
    python -I -S leash.py SUPERVISOR_PID GRACE_SECONDS PROGRAM [ARGUMENT ...]

- SIGTERM: the program's process group is asked to stop; after the grace everything below is killed.
- SIGTERM a second time: everything below is killed at once.
- The supervisor dies, however: the kernel sends us SIGTERM (PR_SET_PDEATHSIG).
- The program ends: whatever it left behind is killed, even in sessions of its own, because orphans below us become our
  children (PR_SET_CHILD_SUBREAPER). Then we end with the program's own exit code.
- We are killed: the kernel kills the program.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
OUTLIVED = "processes outlived their program and were killed"
_NOT_FOUND = 127
_FOREVER = 3600.0


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _say(text: str) -> None:
    """A line for the program's log."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _start(command: list[str]) -> int:
    """The id of the program, started in a process group of its own."""
    us = os.getpid()
    child = os.fork()
    if child:
        with suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, child)  # by both, so that neither side can be too early
        return child
    try:
        os.setpgid(0, 0)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != us:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores them, and exec would hand that on
        os.execvp(command[0], command)  # noqa: S606 - an argument list, no shell
    except OSError as error:
        _say(f"{command[0]}: {error.strerror}")
    os._exit(_NOT_FOUND)


def _reap(child: int) -> int | None:
    """The program's exit code once it has ended; other remains are cleared on the way."""
    code = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
    return code


def _below() -> list[int]:
    """Every living process below us."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    parents[int(entry.name)] = int(fields[1])
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family - {os.getpid()})


def _kill_below() -> None:
    """Kill until nothing is left: a process may fork while we look."""
    while family := _below():
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap(0)
        time.sleep(0.01)
    _reap(0)


def _watch(child: int, grace_seconds: float) -> int:
    """The program's exit code, once it and all below it have ended."""
    deadline = None
    while True:
        wait = _FOREVER if deadline is None else max(0.0, deadline - time.monotonic())
        received = signal.sigtimedwait(_SIGNALS, wait)
        code = _reap(child)
        if code is not None:
            if left := _below():
                _say(f"{len(left)} {OUTLIVED}")
                _kill_below()
            return code
        if received is not None and received.si_signo == signal.SIGCHLD:
            continue
        if deadline is None and received is not None:
            deadline = time.monotonic() + grace_seconds
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGTERM)
        elif deadline is not None:
            _kill_below()
            return -signal.SIGKILL


def main(arguments: list[str]) -> int:
    """Run the program on its leash; the exit code is the program's, 128 and the number for a signal."""
    supervisor, grace_seconds, command = int(arguments[0]), float(arguments[1]), arguments[2:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:  # it died before the kernel knew that we want to be told
        return 1
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    code = _watch(_start(command), grace_seconds)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
