"""What policies answer where not all of a request is known: who can do something, if nobody has asked for it yet.

A key whose value is not given may have any value, or none; what hangs on it is UNKNOWN, with the keys that decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cloister.access.conditions import Context
from cloister.access.policies import Effect, Policy, Statement
from cloister.verdict import Answer

_Speaks = Literal["yes", "perhaps", "no"]
BY_DEFAULT: Final = "deny by default"


@dataclass(frozen=True, slots=True)
class Supposed:
    """The answer, the policy and the statement that make it so, and the keys on which an UNKNOWN hangs."""

    answer: Answer
    policy: str = ""
    statement: str = ""
    hangs_on: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """What decided, in words."""
        return f"policy {self.policy}, statement {self.statement}" if self.policy else BY_DEFAULT


def suppose(policies: Iterable[Policy], action: str, resource: str, known: Context) -> Supposed:
    """The answer about an action on a resource with what is known of the request."""
    found: dict[tuple[Effect, _Speaks], list[tuple[Policy, Statement]]] = {}
    for policy in policies:
        for statement in policy.statements:
            speaks = _speaks(statement, action, resource, known)
            found.setdefault((statement.effect, speaks), []).append((policy, statement))
    if denying := found.get((Effect.DENY, "yes")):
        return _because(Answer.DENY, denying[0])
    allowing, perhaps = found.get((Effect.ALLOW, "yes")), found.get((Effect.ALLOW, "perhaps"))
    doubted = found.get((Effect.DENY, "perhaps"), [])
    if not allowing and not perhaps:
        return Supposed(Answer.DENY)
    if allowing and not doubted:
        return _because(Answer.ALLOW, allowing[0])
    open_ones = [*doubted, *(perhaps or () if not allowing else ())]
    keys = sorted({key for _, statement in open_ones for key in statement.keys if key not in known})
    policy, statement = open_ones[0]
    return Supposed(Answer.UNKNOWN, policy.name, statement.name, tuple(keys))


def _because(answer: Answer, found: tuple[Policy, Statement]) -> Supposed:
    return Supposed(answer, found[0].name, found[1].name)


def _speaks(statement: Statement, action: str, resource: str, known: Context) -> _Speaks:
    if not statement.actions.matches(action):
        return "no"
    missing = {key for key in statement.keys if key not in known}
    if not statement.resources.matches(resource, known) and not statement.resources.keys & missing:
        return "no"
    if any(not condition.keys & missing and not condition.holds(known) for condition in statement.conditions):
        return "no"
    return "perhaps" if missing else "yes"
