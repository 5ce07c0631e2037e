"""AZ230: identities of the platform may little."""

from collections.abc import Iterable, Iterator

from cloister.controls.assigned import is_broad, is_wide
from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory, RoleAssignment

CONTROL = Control(
    id="AZ230",
    title="Identities of workspaces, computes and agents have no broad role on a resource group or more",
    why="Code acts as these. A job that somebody else wrote is then Contributor of everything in the group, other "
    "people's data included.",
    remedy="Give each identity a role for what it does, on the resource on which it does it.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: authenticate and authorize the workspace for external resources, least privilege"),
    ),
    aliases=("WAF-SEC-C3",),
    question="which roles have the identities of workspaces, computes and agents",
)


def subjects(inventory: Inventory) -> Iterable[RoleAssignment | Inventory]:
    """What is assigned to identities and service principals; where none is stated at all, the whole environment."""
    if not inventory.role_assignments:
        return (inventory,)
    return [one for one in inventory.role_assignments if one.principal.startswith(("identity:", "sp:"))]


def check(assignment: RoleAssignment | Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for a broad role on a resource group or on more."""
    if isinstance(assignment, Inventory):
        mend = f"state them under role_assignments, or attest {CONTROL.id}"
        yield CONTROL.due("the environment", at=assignment.origin, mend=mend)
        return
    inventory = environment.inventory
    if is_wide(assignment) and is_broad(inventory, assignment.role):
        yield CONTROL.finding(
            f'role assignment "{assignment.name}"',
            f"{assignment.principal} is {assignment.role} of {assignment.scope}",
            at=assignment.origin.of("scope"),
            mend="assign a role for what it does, on the single resource",
        )
