"""An answer that can be questioned: ALLOW, DENY or UNKNOWN, with the steps that led to it.

The values stand below all rooms, because reach (the way) and access (the right) answer in the same form and `ask`
joins their traces. A verdict without a trace cannot be built.
"""

from dataclasses import dataclass
from enum import StrEnum

from cloister.origin import Origin


class Answer(StrEnum):
    """The three answers; UNKNOWN is never a quiet pass."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    UNKNOWN = "UNKNOWN"


class Layer(StrEnum):
    """Which part of the way a step is about, in the order in which a packet and its sender meet them.

    A need says what the steps after it are for, where one question takes several ways.
    """

    NEED = "need"
    NAME = "name"
    ROUTE = "route"
    FILTER = "filter"
    FIREWALL = "firewall"
    ENDPOINT = "endpoint"
    RETURN = "return"
    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"


class Outcome(StrEnum):
    """What a step did to the flow; a note explains and decides nothing."""

    PASS = "pass"  # noqa: S105 - the outcome of a step, not a password
    REFUSE = "refuse"
    UNKNOWN = "unknown"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that made a step so: its name, where the author wrote it, or the published source of a built-in one."""

    name: str
    origin: Origin | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One decision on the way: at which hop, what was decided, and by which rule."""

    layer: Layer
    at: str
    outcome: Outcome
    text: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, the steps, and in one sentence why.

    `mend` is the smallest change that would turn the answer round, or empty where there is nothing to mend. `how` says
    which of several ways the answer is about, where it is not the plain one.
    """

    answer: Answer
    reason: str
    trace: tuple[Step, ...]
    mend: str = ""
    how: str = ""

    def __post_init__(self) -> None:
        if not self.trace:
            message = "a verdict needs a trace"
            raise ValueError(message)

    @property
    def first_refusal(self) -> Step | None:
        """The first step that refused or could not tell, if any."""
        return next((step for step in self.trace if step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)), None)
