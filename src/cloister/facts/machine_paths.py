"""Paths of a Linux machine that a confined command gets, and those that show it nothing."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cloister.facts.tables import read_table

PathKind = Literal["device", "accelerator", "masked", "network"]


@dataclass(frozen=True, slots=True)
class MachinePath:
    """A path, or a pattern of them: a `device` every command gets, an `accelerator` those get whose user may open it.

    What is `masked` tells of the machine and not of the command; `network` does where the command's network is its own.
    """

    kind: PathKind
    path: str
    source: str
    read: str


@cache
def machine_paths(kind: PathKind) -> tuple[str, ...]:
    """The paths of one kind."""
    return tuple(row.path for row in read_table("machine_paths", MachinePath) if row.kind == kind)
