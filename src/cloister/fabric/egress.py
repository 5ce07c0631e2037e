"""Ways to the internet that need no appliance."""

from dataclasses import dataclass
from enum import IntEnum

from cloister.fabric.flows import Protocol
from cloister.fabric.sets import AddressSet
from cloister.verdict import Rule

_UNSTATED = AddressSet()
_EVERY_PROTOCOL = frozenset(Protocol)


class EgressRank(IntEnum):
    """Which of several ways to the internet is taken: the smaller."""

    GATEWAY = 0
    OWN = 1
    BALANCER = 2
    DEFAULT = 3


@dataclass(frozen=True, slots=True)
class Egress:
    """A way to the internet that needs no appliance, or why there is none.

    `shows` are the public addresses under which packets leave, empty where they are not known; `carries` the protocols
    that may leave. `doubt` says why it is not known whether the way is open, and `mend` what would open or settle it.
    """

    open: bool
    text: str
    rule: Rule
    rank: EgressRank = EgressRank.DEFAULT
    shows: AddressSet = _UNSTATED
    carries: frozenset[Protocol] = _EVERY_PROTOCOL
    doubt: str = ""
    mend: str = ""
