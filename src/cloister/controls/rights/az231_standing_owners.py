"""AZ231: no person is owner of the data."""

from collections.abc import Iterable, Iterator

from cloister.controls.assigned import covered, is_broad
from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, security_baseline, well_architected
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, RoleAssignment

CONTROL = Control(
    id="AZ231",
    title="No single person stands as owner or contributor of a workspace or its storage",
    why="Such a role opens whatever is closed: it lists keys, adds network rules and gives roles away. It stays when "
    "the person moves on.",
    remedy="Give it to a group, to be activated for a time; give people AzureML Data Scientist.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected(
            "Security: least privilege for role-based access control to the workspace and related resources"
        ),
        network_security_guide("Authentication: role-based access control with scopes"),
        security_baseline("PA-7: Follow just enough administration (least privilege) principle"),
    ),
    aliases=(
        "WAF-SEC-C9",
        "S0-02",
        "MSB-PA-7",
    ),
    question="who is owner or contributor of the workspaces and their storage",
)


def subjects(inventory: Inventory) -> Iterable[RoleAssignment | Inventory]:
    """What is assigned to single people; where none is stated at all, the whole environment."""
    if not inventory.role_assignments:
        return (inventory,)
    return [one for one in inventory.role_assignments if one.principal.startswith("user:")]


def check(assignment: RoleAssignment | Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for a broad role that stands, and lies on a workspace or its storage or above."""
    if isinstance(assignment, Inventory):
        mend = f"state them under role_assignments, or attest {CONTROL.id}"
        yield CONTROL.due("the environment", at=assignment.origin, mend=mend)
        return
    inventory = environment.inventory
    if assignment.eligible or not is_broad(inventory, assignment.role):
        return
    stores = [name for one in inventory.workspaces for name in (one.name, one.storage_account)]
    found = covered(inventory, assignment, stores)
    if found:
        yield CONTROL.finding(
            f'role assignment "{assignment.name}"',
            f"{assignment.principal} is {assignment.role} of {listed(found)}",
            at=assignment.origin.of("role"),
            mend="assign AzureML Data Scientist to a group, and make broad roles eligible",
        )
