"""The launcher: runs one command in a view of the machine that was cut down to what the job may see.

Run by `start` below, with the specification as marshal's bytes on standard input. The command's environment is in there
and never the launcher's own: what an author wrote must not reach a loader that still has the agent's rights.

Three processes: the launcher is what the agent signals, and the command's way out of its network; its child is the init
of a process-id namespace, in a session of its own, and makes the mounts; the init's child becomes the command. The
kernel ties them together (PR_SET_PDEATHSIG, prctl(2)): when the agent dies, by whatever signal, the launcher leaves,
then the init, and with the init every process of the namespace (pid_namespaces(7)), however it was detached. Where
namespaces cannot be had, the launcher adopts what the command leaves behind (PR_SET_CHILD_SUBREAPER) and kills it.

It ends with the command's exit code, 128 + N where signal N ended it, and 120 where the view could not be made. It dies
by a signal only where the launcher or the init was killed, and never because the command was.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import resource
import signal
import socket
import sys
from types import FrameType

from cloister.jobs.running.launcher.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    PR_CAPBSET_DROP,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    call,
    filter_calls,
    join_new_keyring,
)
from cloister.jobs.running.launcher.networks import make_network
from cloister.jobs.running.launcher.processes import descendants
from cloister.jobs.running.launcher.relays import Relay
from cloister.jobs.running.launcher.views import make_view

# Typing loads regular expressions, which takes milliseconds of each start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CANNOT_START = 120
_MOST_WAYS = 64


def _die_with_parent(parent: int, by: int = signal.SIGKILL) -> None:
    call("prctl", PR_SET_PDEATHSIG, by, 0, 0, 0)
    # Nobody sends the signal for a parent that is dead already.
    if os.getppid() != parent:
        os._exit(CANNOT_START)


def main() -> int:
    """Run the command of the specification on standard input; returns its exit code."""
    spec: dict[str, Any] = marshal.load(sys.stdin.buffer)  # noqa: S302 - the agent wrote it
    held = [(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), name) for folder, name in spec["groups"]]
    _die_with_parent(spec["agent_pid"], signal.SIGUSR1)
    # SIGTERM is for the command, which may want to write a checkpoint; we leave when it has left.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if spec["view"] is None:
        return _supervise(spec, held)
    _unshare(new_user=spec["new_user_namespace"])
    parent = os.getpid()
    ours, inner = socket.socketpair()
    # Not before it is known whom to end.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    init = os.fork()
    if init == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
        ours.close()
        os._exit(_guarded(_init, spec, parent, inner))
    inner.close()

    def end() -> None:
        # Not by a look at /proc: that shows the init's namespace by now, where numbers are others.
        with contextlib.suppress(OSError):
            os.kill(init, signal.SIGKILL)
            os.waitpid(init, 0)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(init, number)

    _leave_with_agent(end, held)
    signal.signal(signal.SIGTERM, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    if spec["network"] is not None:
        _serve(spec["network"], ours, init)
    status = os.waitpid(init, 0)[1]
    if os.WIFSIGNALED(status):
        # Nothing inside can signal the init (pid_namespaces(7)): the step was lost, its command did not end. So are we.
        os.kill(os.getpid(), signal.SIGKILL)
    return _code(status)


def _leave_with_agent(end: Callable[[], None], held: list[tuple[int, str]]) -> None:
    """When the agent has died, end what runs, and remove its groups: nobody else is left to do so."""

    def agent_died(_number: int, _frame: FrameType | None) -> None:
        end()
        for folder, name in held:
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=folder)
        os._exit(CANNOT_START)

    signal.signal(signal.SIGUSR1, agent_died)


def _serve(network: list[tuple[str, int, str, int]], ours: socket.socket, init: int) -> None:
    """Be the command's way out, until it has ended."""
    _, descriptors, _, _ = socket.recv_fds(ours, 1, _MOST_WAYS)
    ours.close()
    made = [socket.socket(fileno=number) for number in descriptors]
    if len(made) == len(network):
        Relay([(one, way[2:]) for one, way in zip(made, network, strict=True)]).run(init)


def _guarded(run: Any, *arguments: Any) -> int:  # noqa: ANN401 - a forked child must leave by its exit code, whatever runs
    try:
        return int(run(*arguments))
    except BaseException as error:  # noqa: BLE001 - as above
        sys.stderr.write(f"cloister: the step could not be started: {error}\n")
        sys.stderr.flush()
        return CANNOT_START


def _unshare(*, new_user: bool) -> None:
    uid, gid = os.getuid(), os.getgid()
    call("unshare", CLONE_NEWIPC | CLONE_NEWPID | (CLONE_NEWUSER if new_user else 0))
    if new_user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs start-up time
                file.write(text)


def _init(spec: dict[str, Any], parent: int, inner: socket.socket) -> int:
    # No signal to its own group, such as SIGSTOP, may reach the launcher, which may be of the same user (kill(2)).
    os.setsid()
    # Before the new /proc: the parent is outside of this namespace, where getppid() says 0.
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if not os.path.exists(f"/proc/{parent}"):  # noqa: PTH110 - pathlib costs start-up time
        return CANNOT_START
    if spec["network"] is not None:
        made = make_network([way[:2] for way in spec["network"]])
        socket.send_fds(inner, [b"."], [one.fileno() for one in made])
        for one in made:
            one.close()
    inner.close()
    doors = _doors(spec)
    # Not the launcher's: it removes the groups, which lie where nothing may be written in here.
    call("unshare", CLONE_NEWNS)
    make_view(spec["view"])
    command = os.fork()
    if command == 0:
        os._exit(_guarded(_become, spec, doors, 1))
    for door in doors:
        os.close(door)
    # The first process of a namespace reaps all orphans in it.
    while True:
        pid, status = os.wait()
        if pid == command:
            return _code(status)


def _doors(spec: dict[str, Any]) -> list[int]:
    """The files by which the command joins its control groups, open before they are out of sight."""
    return [os.open(f"{folder}/{name}/cgroup.procs", os.O_WRONLY) for folder, name in spec["groups"]]


def _become(spec: dict[str, Any], doors: list[int], parent: int) -> int:
    """Turn into the command; returns only by an exception."""
    for door in doors:
        os.write(door, b"0")
    _drop_capabilities()
    if spec["uid"] is not None:
        os.setgroups([])
        os.setresgid(spec["gid"], spec["gid"], spec["gid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    join_new_keyring()
    # After the change of user, which clears it.
    _die_with_parent(parent)
    for name, wanted in spec["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGUSR1, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    os.chdir(spec["cwd"])
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    if spec["call_filter"]:
        filter_calls(spec["call_filter"])
    os.execve(spec["command"][0], spec["command"], spec["environment"])  # noqa: S606 - the command brings its shell along


def _drop_capabilities() -> None:
    """No capability may be had by starting a program that carries some."""
    number = 0
    with contextlib.suppress(OSError):
        # To the last that the kernel knows; who has none to drop cannot gain any either.
        while True:
            call("prctl", PR_CAPBSET_DROP, number, 0, 0, 0)
            number += 1


def _supervise(spec: dict[str, Any], held: list[tuple[int, str]]) -> int:
    """Run the command without namespaces, and let nothing of it live on."""
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _leave_with_agent(_kill_descendants, held)
    parent = os.getpid()
    doors = _doors(spec)
    command = os.fork()
    if command == 0:
        os._exit(_guarded(_become, spec, doors, parent))
    while True:
        pid, status = os.wait()
        if pid == command:
            _kill_descendants()
            return _code(status)


def _kill_descendants() -> None:
    """Kill all that was started, until there is none. Stopped first, so that none of them starts another meanwhile."""
    while True:
        stopped: set[int] = set()
        while fresh := descendants(os.getpid()) - stopped:
            _signal(fresh, signal.SIGSTOP)
            stopped |= fresh
        _signal(stopped, signal.SIGKILL)
        try:
            # Orphans of the killed become our children, and are reaped here as well.
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _signal(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _code(status: int) -> int:
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def start() -> None:
    """Run and leave with the exit code."""
    sys.exit(_guarded(main))
