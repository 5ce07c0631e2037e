"""AZ224: who uses an instance is not its root."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ224",
    title="People are not root on their compute instances",
    why="Root turns off what watches the machine, and reads the tokens of whatever runs on it.",
    remedy="Set root_access to false.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        security_baseline("PA-1: Separate and limit highly privileged/administrative users, local admin accounts"),
    ),
    aliases=("MSB-PA-1",),
    question="are people root on their compute instances",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance."""
    return [compute for compute in inventory.computes if compute.kind == "instance"]


def check(compute: Compute, _: Environment) -> Iterator[Finding | Due]:
    """A finding where its user is root; due where nobody says."""
    thing, place = f'compute instance "{compute.name}"', compute.origin.of("root_access")
    if compute.root_access is None:
        yield CONTROL.due(thing, at=place, mend=f"state its root_access, or attest {CONTROL.id}")
    elif compute.root_access:
        yield CONTROL.finding(
            thing,
            "whoever uses it is its root",
            at=place,
            mend="set root_access: false",
            fix=(edit(compute.origin, "root_access", value=False),),
        )
