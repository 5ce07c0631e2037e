"""What the owner of an environment says must or must not be possible."""

from dataclasses import dataclass
from enum import StrEnum

from cloister.origin import Origin


class Side(StrEnum):
    """Closure: must not be possible. Flow: must be possible, or people cannot work."""

    CLOSURE = "closure"
    FLOW = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One question in the words of `cloister ask`, and the answer that its owner wants.

    `loop` is one of the three loops of model development (inner, middle, outer), or empty.
    """

    name: str
    side: Side
    question: str
    why: str
    loop: str = ""
    mend: str = ""
    origin: Origin
