"""The view of the machine that a command gets: what it may not see is covered, what it may is put back.

In a mount namespace of its own, where all that it did not get to write is to read. Order matters: what is put back is
held before anything is covered.
"""

from __future__ import annotations

import errno
import os
import stat

from cloister.jobs.running.launcher.kernel import (
    MS_BIND,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    mount,
)

# Typing loads regular expressions, which takes milliseconds of each start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# statvfs(3) and mount(2) agree on the flags up to here; relatime differs.
_SAME_FLAGS = 0x2 | 0x4 | 0x8 | 0x400 | 0x800
_ST_RELATIME = 0x1000
_O_PATH = 0x200000
# What a mount keeps that becomes one to read.
_FLAGS = {
    b"nosuid": MS_NOSUID,
    b"nodev": MS_NODEV,
    b"noexec": MS_NOEXEC,
    b"nosymfollow": MS_NOSYMFOLLOW,
    b"noatime": MS_NOATIME,
    b"nodiratime": MS_NODIRATIME,
    b"relatime": MS_RELATIME,
}
# Another mount lies over it, nobody may go there, or who serves it is gone.
_OUT_OF_REACH = (
    errno.EINVAL,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EACCES,
    errno.ELOOP,
    errno.ESTALE,
    errno.ENOTCONN,
)
_PLAIN = (stat.S_IFREG, stat.S_IFDIR)
_DEVICE = (stat.S_IFCHR, stat.S_IFDIR)
# What programs expect beside the devices (Linux allocated devices, "Compulsory links", read 2026-11).
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}


def make_view(view: dict[str, Any]) -> None:
    """Cover what the job may not see, and put back what it may."""
    mount("", "/", "", MS_REC | MS_PRIVATE)
    held = [(_open(source, _PLAIN), target, writable) for source, target, writable in view["binds"]]
    devices = [(_open(path, _DEVICE), path) for path in view["devices"]]
    _make_readonly()
    _make_devices(devices)
    covered: list[str] = []
    for path, mode, size in view["covers"]:
        if any(path.startswith(f"{above}/") for above in covered):
            continue
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode},size={size}")
        covered.append(path)
    for descriptor, target, writable in held:
        _make_place(f"/proc/self/fd/{descriptor}", target)
        _put(descriptor, target, MS_NOSUID | (0 if writable else MS_RDONLY))
    _write_texts(view["texts"])
    mount("", "/dev", "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in view["masked"]:
        _mask(path)


def _make_readonly() -> None:
    """Leave nothing of the machine to be written, whoever may: not even what is the agent's own user's."""
    with open("/proc/self/mountinfo", "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
        mounts = [line.split(b" ", 6)[4:6] for line in file]
    for point, options in mounts:
        kept = sum(_FLAGS.get(option, 0) for option in options.split(b","))
        # Blanks and the like are octal digits (proc_pid_mountinfo(5)).
        path = os.fsdecode(point.decode("unicode_escape").encode("latin-1"))
        try:
            mount("", path, "", MS_BIND | MS_REMOUNT | MS_RDONLY | kept)
        except OSError as error:
            if error.errno not in _OUT_OF_REACH:
                raise


def _open(path: str, kinds: tuple[int, ...]) -> int:
    """What is at the path, held. A link on the way is refused: who laid it would choose what we mount."""
    held = os.open("/", _O_PATH)
    for part in path.split("/")[1:]:
        inner = os.open(part, _O_PATH | os.O_NOFOLLOW, dir_fd=held)
        os.close(held)
        held = inner
        if stat.S_IFMT(os.fstat(held).st_mode) not in kinds:
            message = f"{path}: {part} is a link, or no regular file or folder"
            raise OSError(message)
    return held


def _put(descriptor: int, target: str, flags: int) -> None:
    mount(f"/proc/self/fd/{descriptor}", target, "", MS_BIND | MS_REC)
    found = os.statvfs(target).f_flag
    kept = found & _SAME_FLAGS | (MS_RELATIME if found & _ST_RELATIME else 0)
    mount("", target, "", MS_BIND | MS_REMOUNT | flags | kept)
    os.close(descriptor)


def _make_place(source: str, target: str) -> None:
    """Make what the source is mounted on: a folder, or a file."""
    folder = target if os.path.isdir(source) else os.path.dirname(target)  # noqa: PTH112,PTH120 - pathlib costs start-up time
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
    if folder != target and not os.path.exists(target):  # noqa: PTH110 - as above
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))


def _make_devices(devices: list[tuple[int, str]]) -> None:
    """A /dev with nothing but these, and with terminals of its own."""
    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=1m")
    for descriptor, path in devices:
        _make_place(f"/proc/self/fd/{descriptor}", path)
        _put(descriptor, path, MS_NOSUID | MS_NOEXEC)
    for name, target in _LINKS.items():
        os.symlink(target, f"/dev/{name}")  # noqa: PTH211 - as above
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(f"/dev/{name}")  # noqa: PTH102 - as above
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")


def _write_texts(texts: list[tuple[str, str]]) -> None:
    """Put a text in the place of a file that is there."""
    for path, text in texts:
        if not os.path.exists(path):  # noqa: PTH110 - as above
            continue
        draft = "/dev/.text"
        with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
            file.write(text)
        _put(os.open(draft, _O_PATH), os.path.realpath(path), MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
        os.unlink(draft)  # noqa: PTH108 - as above


def _mask(path: str) -> None:
    """Show nothing where there is something: an empty folder, or an empty file."""
    if os.path.isdir(path):  # noqa: PTH112 - as above
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=555,size=4k")
    elif os.path.exists(path):  # noqa: PTH110 - as above
        mount("/dev/null", path, "", MS_BIND)
