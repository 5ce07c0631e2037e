"""Errors that mend: each fault names the thing, the reason and the mend, and says who has to act.

The classes follow who must act, and so does the exit code; `cli/main.py` is the only place that turns them into output.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cloister.origin import Origin


def _is_control(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cf", "Cs")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, why, and what to do about it."""

    thing: str
    reason: str
    mend: str
    origin: Origin | None = None

    def __post_init__(self) -> None:
        """What others wrote may stand in each of these, and is read on terminals: nothing in it moves a cursor."""
        for name in ("thing", "reason", "mend"):
            if not (text := getattr(self, name)).isprintable():
                object.__setattr__(self, name, "".join("?" if _is_control(letter) else letter for letter in text))

    def __str__(self) -> str:
        where = ""
        if self.origin is not None:
            where = (
                f" ({self.origin}:{self.origin.column})"
                if self.origin.column and not self.origin.address
                else f" ({self.origin})"
            )
        return f"{self.thing}: {self.reason}{where}\n  mend: {self.mend}"


class CloisterError(Exception):
    """An error that is told to a person. `faults` holds every fault found in the run, not only the first."""

    exit_code: ClassVar[int] = 1

    def __init__(self, faults: Fault | Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SpecError(CloisterError):
    """The author of a document has to act: a spec, a job, a policy, a question."""

    exit_code = 2


class SourceError(CloisterError):
    """A file or a service outside of Cloister has to be mended: missing, unreadable, not running, port taken."""

    exit_code = 2


class RefusedError(CloisterError):
    """The platform said no: the caller has no right to it, or a gate is not met."""

    exit_code = 10


class InternalError(CloisterError):
    """Ours to mend."""

    exit_code = 1
