"""AZ234: people come into one workspace at a time."""

from collections.abc import Iterable, Iterator

from cloister.controls.assigned import covered
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ234",
    title="People get their roles on each workspace, and not on several at once",
    why="A role on a resource group or a subscription opens every workspace in it, and every one that somebody adds "
    "later.",
    remedy="Assign the role on each workspace that the people work in.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: use case segregation for workspaces"),),
    aliases=("WAF-SEC-C4",),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding]:
    """A finding for each role of people that lies on this workspace and on others together."""
    inventory = environment.inventory
    names = [one.name for one in inventory.workspaces]
    for one in inventory.role_assignments:
        found = covered(inventory, one, names) if one.principal.startswith(("user:", "group:")) else ()
        if workspace.name in found and len(found) > 1:
            yield CONTROL.finding(
                f'workspace "{workspace.name}"',
                f"{one.principal} is {one.role} of {listed(found)} at once, by {one.scope}",
                at=one.origin.of("scope"),
                mend="assign the role on each workspace",
            )
