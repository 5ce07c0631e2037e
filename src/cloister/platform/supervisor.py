"""Keeps the processes of a plan running: starts them in order, starts them again, stops them in reverse order.

What may happen to a process is decided by `lifecycle.py`; this file finds out what did happen, and acts. One thread
does all of it, because the kernel ties a child's fate to the thread that made it (PR_SET_PDEATHSIG in prctl(2)).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from cloister.errors import Fault, InternalError
from cloister.platform import leash
from cloister.platform.home import Home
from cloister.platform.lifecycle import OVER, RUNNING, Event, Life, State
from cloister.platform.logs import open_log, rotate, tail
from cloister.platform.probe import answers
from cloister.platform.proc import Identity, end
from cloister.platform.process import Process, Readiness, check_order
from cloister.platform.records import record_now, remove_record, write_record

_STEP_SECONDS = 0.05
_PROBE_EVERY_SECONDS = 0.15
_ROTATE_EVERY_SECONDS = 10.0
# What the leash needs beyond the grace of its program, to kill what is left and to end.
_LEASH_SECONDS = 5.0

Watcher = Callable[[Process, Life], None]


class _Supervised:
    """One process with what stands behind it in the operating system."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.life = Life()
        self.child: subprocess.Popen[bytes] | None = None
        self.identity: Identity | None = None
        self.probe: Future[bool] | None = None
        self.probed_at = 0.0
        self.log_start = 0


class Supervisor:
    """The processes of one plan in one home. `watcher` hears of every move, in the supervisor's thread."""

    def __init__(self, home: Home, processes: tuple[Process, ...], watcher: Watcher | None = None) -> None:
        check_order(processes)
        self._home = home
        self._all = {process.name: _Supervised(process) for process in processes}
        self._watcher = watcher
        self._probes = ThreadPoolExecutor(max_workers=max(1, len(processes)), thread_name_prefix="readiness")
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._force = threading.Event()
        self._fault: Fault | None = None
        self._rotated_at = 0.0
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wait_ready(self) -> None:
        """Return once every process has answered; raise the first failure, with the tail of the log."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready() or self._fault is not None or not self._thread.is_alive())
        self.check()

    def wait_failed(self) -> None:
        """Wait for as long as the platform runs; raise what made it end by itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._fault is not None or not self._thread.is_alive())
        self.check()

    def check(self) -> None:
        """Raise where a process was given up."""
        if self._fault is not None:
            raise InternalError(self._fault)

    def stop(self) -> None:
        """Stop all processes in reverse order; returns when none is left."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._probes.shutdown()

    def force(self) -> None:
        """Make a stop that is under way a hard one."""
        self._force.set()
        self._stop.set()

    def lives(self) -> dict[str, Life]:
        """How each process is at this moment."""
        with self._changed:
            return {name: one.life for name, one in self._all.items()}

    def _is_ready(self) -> bool:
        return all(one.life.state is State.READY for one in self._all.values())

    def _run(self) -> None:
        try:
            while not all(one.life.state in OVER and one.child is None for one in self._all.values()):
                try:
                    self._step(time.monotonic())
                except OSError as error:  # a full disk, too many processes: stop what runs, in order
                    self._fault = self._fault or _fault_of_machine(self._home, error)
                time.sleep(_STEP_SECONDS)
        finally:
            with self._changed:
                self._changed.notify_all()

    def _step(self, now: float) -> None:
        """One look at every process; when stopping, from the last to the first."""
        stopping = self._stop.is_set() or self._fault is not None
        for one in list(self._all.values()):
            self._notice_end(one, now)
            if not stopping:
                self._carry_on(one, now)
        if stopping:
            self._stop_next(now)
        if now - self._rotated_at > _ROTATE_EVERY_SECONDS:
            self._rotated_at = now
            for one in self._all.values():
                rotate(self._home.log(one.process.name))

    def _notice_end(self, one: _Supervised, now: float) -> None:
        if one.child is None or (code := one.child.poll()) is None:
            return
        one.child = None
        if one.identity is not None:
            end(one.identity, grace_seconds=0)  # normally nobody: the leash saw to it, unless it was killed itself
        remove_record(self._home, one.process.name)
        if one.life.state in RUNNING:
            self._move(one, Event.ENDED, now)
            if one.life.state is State.PAUSED and one.process.restart.pause_after(one.life.ends, now) is None:
                self._give_up(one, Event.EXHAUSTED, now, f"ended {len(one.life.ends)} times, last with code {code}")

    def _carry_on(self, one: _Supervised, now: float) -> None:
        match one.life.state:
            case State.WAITING:
                if all(self._all[name].life.state is State.READY for name in one.process.needs):
                    self._spawn(one, now)
            case State.PAUSED:
                pause = one.process.restart.pause_after(one.life.ends, now)
                if pause is not None and one.life.seconds_in_state(now) >= pause:
                    self._spawn(one, now)
            case State.STARTING:
                self._look_for_answer(one, now)
            case _:
                pass

    def _look_for_answer(self, one: _Supervised, now: float) -> None:
        readiness = one.process.readiness
        if readiness is None or (one.probe is not None and one.probe.done() and one.probe.result()):
            one.probe = None
            self._move(one, Event.ANSWERED, now)
        elif one.life.seconds_in_state(now) > one.process.ready_within_seconds:
            seconds = one.process.ready_within_seconds
            self._give_up(one, Event.OVERDUE, now, f"did not answer {readiness} within {seconds:g} s")
        elif (one.probe is None or one.probe.done()) and now - one.probed_at > _PROBE_EVERY_SECONDS:
            one.probed_at = now
            one.probe = self._probes.submit(_answers, readiness)

    def _give_up(self, one: _Supervised, event: Event, now: float, reason: str) -> None:
        log = self._home.log(one.process.name)
        last = tail(log, since_byte=one.log_start)
        told = f"; its log ends:\n{_indented(last)}" if last else "; it wrote nothing to its log"
        if one.child is not None:
            _signal(one.child)
        self._fault = self._fault or Fault(one.process.name, reason + told, f"read {log}, mend the cause, start again")
        self._move(one, event, now)

    def _stop_next(self, now: float) -> None:
        """Ask the last process that still runs to stop; when forced, all of them, hard."""
        for one in reversed(self._all.values()):
            if one.life.state not in OVER and one.life.state is not State.STOPPING:
                if one.child is not None:
                    _signal(one.child)
                self._move(one, Event.STOP, now)
            if one.child is not None:
                late = now - one.life.since > one.process.stop_within_seconds + _LEASH_SECONDS
                if self._force.is_set() or late:
                    _signal(one.child)
                if not self._force.is_set():
                    return

    def _spawn(self, one: _Supervised, now: float) -> None:
        process = one.process
        log = self._home.log(process.name)
        rotate(log)
        one.log_start = log.stat().st_size if log.exists() else 0
        one.probe = None
        if process.readiness and process.readiness.file:
            process.readiness.file.unlink(missing_ok=True)
        with open_log(log) as output:
            one.child = subprocess.Popen(
                _leashed(process),
                cwd=process.folder or self._home.root,
                env=dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=process.umask,
                # A session of its own: Ctrl-C at the terminal reaches us alone, and we stop the rest in order.
                start_new_session=True,
            )
        record = record_now(process.name, one.child.pid, process.readiness)
        one.identity = record.identity
        with suppress(OSError):  # a full disk must not leave the process without its supervisor
            write_record(self._home, record)
        self._move(one, Event.SPAWNED, now)

    def _move(self, one: _Supervised, event: Event, now: float) -> None:
        with self._changed:
            one.life = one.life.after(event, now)
        if self._watcher is not None:
            self._watcher(one.process, one.life)
        with self._changed:  # after the watcher: whoever waits goes on only when it has been told
            self._changed.notify_all()


def _leashed(process: Process) -> list[str]:
    """The command line that runs a process on its leash; isolated and without site packages, so that it starts fast."""
    script = str(Path(leash.__file__))
    return [sys.executable, "-I", "-S", script, str(os.getpid()), str(process.stop_within_seconds), *process.argv]


def _answers(readiness: Readiness) -> bool:
    return answers(readiness)


def _signal(child: subprocess.Popen[bytes]) -> None:
    """Ask the leash to stop its program; asked again, it kills."""
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)


def _fault_of_machine(home: Home, error: OSError) -> Fault:
    mend = f"make room or raise the limit, then start again (home: {home.root})"
    return Fault("the platform's processes", f"cannot be kept running: {error}", mend)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
