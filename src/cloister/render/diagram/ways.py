"""The judged ways that a map shows, as whoever judged them hands them over."""

from dataclasses import dataclass
from enum import StrEnum


class WayKind(StrEnum):
    """How a way stands; in order, the worst first."""

    OPEN_WRONG = "open-wrong"
    CLOSED_WRONG = "closed-wrong"
    UNKNOWN = "unknown"
    OPEN_RIGHT = "open-right"
    CLOSED_RIGHT = "closed-right"

    @property
    def is_open(self) -> bool:
        """Whether what leaves arrives, as far as is known."""
        return self in (WayKind.OPEN_WRONG, WayKind.OPEN_RIGHT)


@dataclass(frozen=True, slots=True)
class Way:
    """One question with its answer: from which place to which target, as they are named there.

    `answered_by` is the service at whose door the way ends, where the target is a host name of it; may be empty.
    """

    place: str
    target: str
    kind: WayKind
    answered_by: str = ""

    @property
    def question(self) -> str:
        """The question as it is asked."""
        return f"{self.place} -> {self.target}"
