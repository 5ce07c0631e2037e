"""The calls of the kernel that Python has no name for, with the numbers of linux/*.h."""

import ctypes
import os
import struct

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_NOSYMFOLLOW = 0x100
MS_NOATIME = 0x400
MS_NODIRATIME = 0x800
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_RELATIME = 0x200000

# The number of keyctl in asm/unistd.h.
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219}

_SECCOMP_MODE_FILTER = 2
_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """A function of the C library that says 0 where it did what it should; raises OSError where it did not."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """The system call of that name."""
    call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), options.encode())


def filter_calls(program: bytes) -> None:
    """Put ourselves, and all that we start, under a program that judges each call of the kernel; see `call_filter`."""
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HP", len(program) // 8, ctypes.addressof(held))
    call("prctl", PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described, 0, 0)


def join_new_keyring() -> None:
    """Leave the session keyring of whoever started us for an empty one (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING).

    Where the kernel has no keyrings, or lets nobody join, there is none to be read either.
    """
    number = _KEYCTL.get(os.uname().machine)
    if number is not None:
        _libc.syscall(ctypes.c_long(number), ctypes.c_long(1), None, None, None, None)
