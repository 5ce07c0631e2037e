"""A lock: every package at one version, with the hashes of the files that it may come from, in pip's form. Pure."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from packaging.utils import canonicalize_name

_PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock."""

    project: str
    version: str
    hashes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.project}=={self.version}"


def read_lock(text: str) -> tuple[Pin, ...]:
    """The packages of a lock, in its order."""
    joined = text.replace("\\\n", " ")
    lines = ((line, _PINNED.match(line.strip())) for line in joined.splitlines())
    return tuple(Pin(canonicalize_name(m[1]), m[2], tuple(_HASH.findall(line))) for line, m in lines if m)


def lock_sha256(text: str) -> str:
    """The hash of a lock, whatever is told in its comments."""
    lines = (line.rstrip() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return hashlib.sha256("\n".join(line for line in lines if line).encode()).hexdigest()
