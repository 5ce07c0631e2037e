"""Policies that bind a workspace: whether one of the definitions that a control names is assigned, and stops anything.

That none is stated proves nothing: they are mostly assigned above, by somebody else. A person has to say so then.
"""

from collections.abc import Iterator

from cloister.controls.control import Control, Due, Finding
from cloister.facts.machine_learning_policies import UNSTATED, machine_learning_policies
from cloister.inventory.azure import Inventory, PolicyAssignment, Workspace
from cloister.inventory.azure.placement import resource_paths, scope_path

_ONLY_TELLS = ("audit", "auditifnotexists", "disabled")


def regulated(
    control: Control, workspace: Workspace, inventory: Inventory, *definitions: str
) -> Iterator[Finding | Due]:
    """Nothing where one of the definitions binds; else what is wrong with each that is assigned; due where none is."""
    assigned = [one for one in binding(inventory, workspace) if definition_of(one) in definitions]
    flaws = [(one, _flaw(one)) for one in assigned]
    if any(not flaw for _, flaw in flaws):
        return
    for one, flaw in flaws:
        mend = "enforce it, with an effect that refuses and the parameters that it needs"
        yield control.finding(f'policy assignment "{one.name}"', flaw, at=one.origin, mend=mend)
    if not assigned:
        mend = f"state the assignment under policy_assignments, or attest {control.id}"
        yield control.due(f'workspace "{workspace.name}"', at=workspace.origin, mend=mend)


def binding(inventory: Inventory, workspace: Workspace) -> tuple[PolicyAssignment, ...]:
    """The policies that are assigned to a workspace, or above it."""
    if not inventory.policy_assignments:
        return ()
    place = resource_paths(inventory)[workspace.name]
    scopes = ((one, scope_path(inventory, one.scope)) for one in inventory.policy_assignments)
    return tuple(one for one, scope in scopes if scope is not None and place[: len(scope)] == scope)


def definition_of(assignment: PolicyAssignment) -> str:
    """The id of the definition, which may be written with its path."""
    return assignment.definition.rpartition("/")[2].lower()


def _flaw(assignment: PolicyAssignment) -> str:
    """Why an assignment stops nothing, or nothing where it does."""
    row = machine_learning_policies()[definition_of(assignment)]
    given = dict(assignment.parameters)
    (effect,) = given.get("effect", (row.default_effect,))
    if not assignment.enforced:
        return "it is not enforced, so that it stops nothing"
    if effect.lower() in _ONLY_TELLS:
        how = "" if "effect" in given else ", which is its default"
        return f"its effect is {effect}{how}, so that it stops nothing"
    if row.parameter != UNSTATED and not given.get(row.parameter):
        return f"it does not say what is allowed: {row.parameter} is not stated"
    return ""
