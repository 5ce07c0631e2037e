"""The launcher: runs one command in a view of the machine that was cut down to what the job may see.

Run as `python -I -S launch.py`, with the specification as JSON on standard input. The command's environment is in there
and never the launcher's own: what an author wrote must not reach a loader that still has the agent's rights. It imports
the standard library alone and nothing of Cloister, because it starts for every step.

Three processes: the launcher stays in the agent's session; its child is the init of a process-id namespace and makes
the mounts; the init's child becomes the command. The kernel ties them together (PR_SET_PDEATHSIG, prctl(2)): when the
agent dies, by whatever signal, the launcher dies, then the init, and with the init every process of the namespace
(pid_namespaces(7)), however it was detached. Where namespaces cannot be had, the launcher adopts what the command
leaves behind (PR_SET_CHILD_SUBREAPER) and kills it.

It ends with the command's exit code, 128 + N where signal N ended it, and 120 where the view could not be made. It dies
by a signal only where the launcher or the init was killed, and never because the command was.
"""

import ctypes
import json
import os
import resource
import signal
import stat
import sys
from types import FrameType
from typing import Any

CANNOT_START = 120

# linux/prctl.h, linux/sched.h, linux/mount.h
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWNS = 0x00020000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_MS_RDONLY = 0x1
_MS_NOSUID = 0x2
_MS_NODEV = 0x4
_MS_NOEXEC = 0x8
_MS_REMOUNT = 0x20
_MS_BIND = 0x1000
_MS_REC = 0x4000
_MS_PRIVATE = 0x40000
_MS_RELATIME = 0x200000
# statvfs(3) and mount(2) agree on the flags up to here; relatime differs.
_SAME_FLAGS = 0x2 | 0x4 | 0x8 | 0x400 | 0x800
_ST_RELATIME = 0x1000
_O_PATH = 0x200000

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def _die_with_parent(parent: int, by: int = signal.SIGKILL) -> None:
    _call("prctl", _PR_SET_PDEATHSIG, by, 0, 0, 0)
    # Nobody sends the signal for a parent that is dead already.
    if os.getppid() != parent:
        os._exit(CANNOT_START)


def main() -> int:
    """Run the command of the specification on standard input; returns its exit code."""
    spec: dict[str, Any] = json.load(sys.stdin)
    isolated = spec["view"] is not None
    _die_with_parent(spec["agent_pid"], signal.SIGKILL if isolated else signal.SIGUSR1)
    # The group's SIGTERM is for the command, which may want to write a checkpoint; we leave when it has left.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not isolated:
        return _supervise(spec)
    _unshare(new_user=spec["new_user_namespace"])
    parent = os.getpid()
    init = os.fork()
    if init == 0:
        os._exit(_guarded(_init, spec, parent))
    status = os.waitpid(init, 0)[1]
    if os.WIFSIGNALED(status):
        # Nothing inside can signal the init (pid_namespaces(7)): the step was lost, its command did not end. So are we.
        os.kill(os.getpid(), signal.SIGKILL)
    return _code(status)


def _guarded(run: Any, *arguments: Any) -> int:  # noqa: ANN401 - a forked child must leave by its exit code, whatever runs
    try:
        return int(run(*arguments))
    except BaseException as error:  # noqa: BLE001 - as above
        sys.stderr.write(f"cloister: the step could not be started: {error}\n")
        sys.stderr.flush()
        return CANNOT_START


def _unshare(*, new_user: bool) -> None:
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWPID | (_CLONE_NEWUSER if new_user else 0))
    if new_user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs start-up time
                file.write(text)


def _init(spec: dict[str, Any], parent: int) -> int:
    # Before the new /proc: the parent is outside of this namespace, where getppid() says 0.
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if not os.path.exists(f"/proc/{parent}"):  # noqa: PTH110 - pathlib costs start-up time
        return CANNOT_START
    _make_view(spec["view"])
    command = os.fork()
    if command == 0:
        os._exit(_guarded(_become, spec, 1))
    # The first process of a namespace reaps all orphans in it.
    while True:
        pid, status = os.wait()
        if pid == command:
            return _code(status)


def _make_view(view: dict[str, Any]) -> None:
    """Cover what the job may not see, and put back what it may."""
    _mount("", "/", "", _MS_REC | _MS_PRIVATE)
    held = [(_open_plain(source), target, writable) for source, target, writable in view["binds"]]
    covered: list[str] = []
    for path, mode, size in view["covers"]:
        if any(path.startswith(f"{above}/") for above in covered):
            continue
        _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode={mode},size={size}")
        covered.append(path)
    for descriptor, target, writable in held:
        _make_place(f"/proc/self/fd/{descriptor}", target)
        _mount(f"/proc/self/fd/{descriptor}", target, "", _MS_BIND | _MS_REC)
        flags = os.statvfs(target).f_flag
        kept = flags & _SAME_FLAGS | (_MS_RELATIME if flags & _ST_RELATIME else 0)
        _mount("", target, "", _MS_BIND | _MS_REMOUNT | _MS_NOSUID | kept | (0 if writable else _MS_RDONLY))
        os.close(descriptor)
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


def _open_plain(path: str) -> int:
    """The file or folder at the path, held. A link on the way is refused: who laid it would choose what we mount."""
    held = os.open("/", _O_PATH)
    for part in path.split("/")[1:]:
        inner = os.open(part, _O_PATH | os.O_NOFOLLOW, dir_fd=held)
        os.close(held)
        held = inner
        if stat.S_IFMT(os.fstat(held).st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            message = f"{path}: {part} is a link, or no regular file or folder"
            raise OSError(message)
    return held


def _make_place(source: str, target: str) -> None:
    """Make what the source is mounted on: a folder, or a file."""
    folder = target if os.path.isdir(source) else os.path.dirname(target)  # noqa: PTH112,PTH120 - pathlib costs start-up time
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
    if folder != target and not os.path.exists(target):  # noqa: PTH110 - as above
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))


def _become(spec: dict[str, Any], parent: int) -> int:
    """Turn into the command; returns only by an exception."""
    if spec["uid"] is not None:
        os.setgroups([])
        os.setresgid(spec["gid"], spec["gid"], spec["gid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
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
    os.execve(spec["command"][0], spec["command"], spec["environment"])  # noqa: S606 - the command brings its shell along


def _supervise(spec: dict[str, Any]) -> int:
    """Run the command without namespaces, and let nothing of it live on."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def agent_died(_number: int, _frame: FrameType | None) -> None:
        _kill_descendants()
        os._exit(CANNOT_START)

    signal.signal(signal.SIGUSR1, agent_died)
    parent = os.getpid()
    command = os.fork()
    if command == 0:
        os._exit(_guarded(_become, spec, parent))
    while True:
        pid, status = os.wait()
        if pid == command:
            _kill_descendants()
            return _code(status)


def _kill_descendants() -> None:
    """Kill every child until there is none; orphans of the killed become our children in turn."""
    while children := _children():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)


def _children() -> list[int]:
    me = os.getpid()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs start-up time
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
                # The name in brackets may hold anything; the parent's id is the second field after it.
                if int(file.read().rpartition(")")[2].split()[1]) == me:
                    found.append(int(name))
        except OSError:
            continue
    return found


def _code(status: int) -> int:
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


if __name__ == "__main__":
    sys.exit(_guarded(main))
