"""What is set above the resources: policies that are assigned, and the plans of Defender for Cloud."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAssignment:
    """A policy that is assigned at a scope and binds what lies below it; the scope is written as for a role.

    `definition` is the id of a built-in definition, or the name of one of one's own. `parameters` are pairs of a name
    and its values as text. One that is not `enforced` only reports.
    """

    name: str
    definition: str
    scope: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    enforced: bool = True
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DefenderPlan:
    """A plan of Defender for Cloud on the subscription, under the name of what it watches over."""

    name: str
    tier: Literal["Free", "Standard"]
    subplan: str | None = None
    origin: Origin
