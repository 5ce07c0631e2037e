"""The decision: whether a principal may do one operation at one scope, and which assignment makes it so.

A deny assignment wins. Else one role that allows the operation, at the scope or above it, is enough. An assignment that
would allow it but counts only under a condition, once activated, or by a role that nobody described is UNKNOWN. What
is assigned below the scope is a right to a part of it only, and UNKNOWN too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cloister.access.azure.assignments import DenyAssignment, RoleAssignment
from cloister.access.azure.built_in import built_in_roles, smallest_role
from cloister.access.azure.definitions import (
    Allows,
    Operation,
    RoleDefinition,
    Silent,
    TakesAway,
    needs_wide_reading,
)
from cloister.access.azure.scopes import Scope
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_CLOSE = 0.8
_MANY = 4
"""A reason lists this many roles or places at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, where. `holders` is the principal, then every group that holds it."""

    holders: tuple[str, ...]
    operation: Operation
    scope: Scope

    @property
    def principal(self) -> str:
        """Whoever asks."""
        return self.holders[0]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An assignment that may give the right, and why it is not certain."""

    assignment: RoleAssignment
    reason: str
    mend: str


def decide(asked: Asked, assignments: Iterable[RoleAssignment], denials: Iterable[DenyAssignment] = ()) -> Verdict:
    """ALLOW, DENY or UNKNOWN, with the assignment that decides."""
    for denial in denials:
        pattern = denial.denies(asked.holders, asked.operation, asked.scope)
        if pattern is not None:
            return _denied(asked, denial, pattern)
    own = [assignment for assignment in assignments if assignment.principal in asked.holders]
    doubts: list[_Doubt] = []
    for assignment in own:
        found = _judge(asked, assignment)
        if isinstance(found, Allows):
            return _allowed(asked, assignment, found)
        if isinstance(found, _Doubt):
            doubts.append(found)
    return _undecided(asked, doubts[0]) if doubts else _refused(asked, own)


def _judge(asked: Asked, assignment: RoleAssignment) -> Allows | _Doubt | None:
    """What one assignment of the principal comes to: the right, perhaps the right, or nothing."""
    above = assignment.scope.holds(asked.scope)
    if not above and not asked.scope.holds(assignment.scope):
        return None
    role = assignment.role
    if isinstance(role, str):
        return _Doubt(assignment, f'what the role "{role}" allows is not known here', _known_instead(role))
    says = role.says(asked.operation)
    if not isinstance(says, Allows) or not role.may_be_assigned_at(assignment.scope):
        return None
    if not above:
        reason = f"the role counts at {assignment.scope} only, which is a part of {asked.scope}"
        return _Doubt(assignment, reason, f"ask about {assignment.scope}")
    return _reservation(assignment) or says


def _known_instead(role: str) -> str:
    near = get_close_matches(role, built_in_roles(), n=1, cutoff=_CLOSE)
    return f'describe "{role}" under role_definitions' + (f', or write "{near[0]}"' if near else "")


def _reservation(assignment: RoleAssignment) -> _Doubt | None:
    """What an assignment says itself that may keep it from counting."""
    if assignment.condition:
        return _Doubt(assignment, f"it counts only where its condition holds: {assignment.condition}", "")
    if assignment.eligible:
        return _Doubt(assignment, "the principal is eligible for it, and has it only once it is activated", "")
    return None


def _allowed(asked: Asked, assignment: RoleAssignment, by: Allows) -> Verdict:
    text = f"{_holder(asked, assignment)} has {_role_at(assignment)}; its {by.pattern} allows {asked.operation}"
    if by.pattern.lower() == asked.operation.name.lower():
        text = f"{_holder(asked, assignment)} has {_role_at(assignment)}, which allows {asked.operation}"
    text += _reading(by.pattern, asked.operation)
    reason = f"{asked.principal} may {asked.operation} at {asked.scope}"
    return Verdict(Answer.ALLOW, reason, (_step(asked, Outcome.PASS, text, assignment),))


def _undecided(asked: Asked, doubt: _Doubt) -> Verdict:
    text = f"{_holder(asked, doubt.assignment)} has {_role_at(doubt.assignment)}, but {doubt.reason}"
    reason = f"{asked.principal} may or may not {asked.operation} at {asked.scope}: {text}"
    return Verdict(Answer.UNKNOWN, reason, (_step(asked, Outcome.UNKNOWN, text, doubt.assignment),), doubt.mend)


def _denied(asked: Asked, denial: DenyAssignment, pattern: str) -> Verdict:
    text = f'deny assignment "{denial.name}" at {denial.scope} denies {asked.operation} by {pattern}'
    step = Step(Layer.AUTHORIZATION, str(asked.scope), Outcome.REFUSE, text, Rule(denial.name, denial.origin))
    return Verdict(Answer.DENY, f"{asked.principal} may not: {text}", (step,))


def _refused(asked: Asked, own: Sequence[RoleAssignment]) -> Verdict:
    """The refusal, with what comes closest: a role that takes it away, roles that are silent, roles elsewhere."""
    text, rule = _closest(asked, own)
    step = Step(Layer.AUTHORIZATION, str(asked.scope), Outcome.REFUSE, text, rule)
    role = smallest_role(asked.operation)
    which = f"{role}" if role else f"a role that allows {asked.operation}"
    mend = f"assign {which} to {asked.principal} at {asked.scope}"
    return Verdict(Answer.DENY, f"{asked.principal} may not {asked.operation} at {asked.scope}: {text}", (step,), mend)


def _closest(asked: Asked, own: Sequence[RoleAssignment]) -> tuple[str, Rule | None]:
    if not own:
        return f"{asked.principal} has no role assignment", None
    here = [(assignment, assignment.role) for assignment in own if assignment.scope.holds(asked.scope)]
    for assignment, role in here:
        says = role.says(asked.operation) if isinstance(role, RoleDefinition) else Silent()
        if isinstance(says, TakesAway):
            text = f"{_role_at(assignment)}: {says.pattern} would allow it, but {says.by} is excepted"
            text += _reading(says.by, asked.operation)
            return f"{_holder(asked, assignment)} has {text}", _rule(assignment)
        if isinstance(says, Allows):
            text = f"{_role_at(assignment)}, where that role may not be assigned"
            return f"{_holder(asked, assignment)} has {text}", _rule(assignment)
    if here:
        roles = _listed(assignment.role_name for assignment, _ in here)
        return f"no role that it has there allows {asked.operation}: {roles}", _rule(here[0][0])
    places = _listed(f"{assignment.role_name} at {assignment.scope}" for assignment in own)
    return f"it has roles elsewhere only: {places}", _rule(own[0])


def _reading(pattern: str, operation: Operation) -> str:
    return ", where /*/ is read as / too" if needs_wide_reading(pattern, operation) else ""


def _listed(words: Iterable[str]) -> str:
    """The words, each once, in their order; of many the first."""
    found = list(dict.fromkeys(words))
    more = f" and {len(found) - _MANY} more" if len(found) > _MANY else ""
    return ", ".join(found[:_MANY]) + more


def _holder(asked: Asked, assignment: RoleAssignment) -> str:
    """The principal, with the group or shared identity by which it has the assignment."""
    if assignment.principal == asked.principal:
        return asked.principal
    return f"{asked.principal}, by {assignment.principal},"


def _role_at(assignment: RoleAssignment) -> str:
    return f'role "{assignment.role_name}" at {assignment.scope}'


def _step(asked: Asked, outcome: Outcome, text: str, assignment: RoleAssignment) -> Step:
    return Step(Layer.AUTHORIZATION, str(asked.scope), outcome, text, _rule(assignment))


def _rule(assignment: RoleAssignment) -> Rule:
    return Rule(f"role assignment {assignment.name}", assignment.origin)
