"""The whole allow-list: what ships with Cloister, and what was approved here."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from cloister.jobs.packages.locks import Pin, read_lock
from cloister.jobs.packages.names import Entry
from cloister.jobs.packages.requests import Allowed


def allow_list(approved: Iterable[Allowed]) -> tuple[Allowed, ...]:
    """The entries that ship with Cloister, which name files by their hashes, and the approved ones."""
    return (*_shipped(), *approved)


@cache
def curated_lock(name: str) -> str:
    """The lock of a curated environment, as it ships. Raises FileNotFoundError where there is none."""
    return files("cloister.jobs.environments").joinpath("curated_locks", f"{name}.txt").read_text(encoding="utf-8")


@cache
def _shipped() -> tuple[Allowed, ...]:
    folder = files("cloister.jobs.environments").joinpath("curated_locks")
    locks = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)
    return entries_of(file.read_text(encoding="utf-8") for file in locks)


def entries_of(locks: Iterable[str]) -> tuple[Allowed, ...]:
    """What locks allow: each package in each version, from files with one of the hashes that any of them names."""
    hashes: dict[Pin, set[str]] = {}
    for lock in locks:
        for pin in read_lock(lock):
            hashes.setdefault(Pin(pin.project, pin.version), set()).update(pin.hashes)
    return tuple(
        Allowed(Entry(pin.project, f"=={pin.version}"), hashes=frozenset(hashes[pin]))
        for pin in sorted(hashes, key=lambda one: (one.project, one.version))
    )
