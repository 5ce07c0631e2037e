"""The processes that a process has started, and those that they have, as the kernel's table tells."""

from __future__ import annotations

import contextlib
import os


def descendants(pid: int) -> set[int]:
    """All that live below it. Who detached itself is there as well, where an init or a subreaper took it over."""
    parents = _parents()
    found, above = set[int](), {pid}
    while above := {below for below, parent in parents.items() if parent in above}:
        found |= above
    return found


def children(pid: int) -> set[int]:
    """Those that it started itself."""
    return {below for below, parent in _parents().items() if parent == pid}


def _parents() -> dict[int, int]:
    """The parent of each process that lives."""
    parents = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs start-up time
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
            # The name in brackets may hold anything; the state and the parent's id come after it.
            state, parent = file.read().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(name)] = int(parent)
    return parents
