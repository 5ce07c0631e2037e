"""AZ232: roles go to groups."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory, RoleAssignment

CONTROL = Control(
    id="AZ232",
    title="Roles are given to groups, and not to single people",
    why="Who leaves a team leaves its group. A personal role stays, because nobody looks for it.",
    remedy="Make the person a member of a group, and give the group the role.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: strict workspace access controls with Microsoft Entra ID groups"),),
    aliases=("WAF-SEC-R11",),
    question="are roles on the workspaces given to groups",
)


def subjects(inventory: Inventory) -> Iterable[RoleAssignment | Inventory]:
    """Every role that is assigned; where none is stated at all, the environment as a whole."""
    return inventory.role_assignments or (inventory,)


def check(assignment: RoleAssignment | Inventory, _: Environment) -> Iterator[Finding | Due]:
    """A finding for a role of a single person."""
    if isinstance(assignment, Inventory):
        mend = f"state them under role_assignments, or attest {CONTROL.id}"
        yield CONTROL.due("the environment", at=assignment.origin, mend=mend)
        return
    if assignment.principal.startswith("user:"):
        yield CONTROL.finding(
            f'role assignment "{assignment.name}"',
            f"{assignment.principal} has the role {assignment.role} personally",
            at=assignment.origin.of("principal"),
            mend="give the role to a group of which the person is a member",
        )
