"""AZ345: attached machines run the system that the service takes."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory, Machine

_TAKEN = "ubuntu"

CONTROL = Control(
    id="AZ345",
    title="Machines that are attached as computes run Ubuntu",
    why="The service supports no other system on a machine that is attached: what it installs there fails.",
    remedy="Make the machine from an image of Ubuntu.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Virtual machine or HDInsight cluster: only virtual machines that are running Ubuntu"),),
    aliases=("S2-18",),
    question="Does the attached machine run Ubuntu?",
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Machines that are attached as computes."""
    return [machine for machine in inventory.machines if machine.purpose == "attached-compute"]


def check(machine: Machine, _: Environment) -> Iterator[Finding | Due]:
    """A finding for an image of another system; due where nobody said which image it is."""
    thing = f'machine "{machine.name}"'
    if machine.image is None:
        yield CONTROL.due(thing, at=machine.origin)
    elif _TAKEN not in machine.image.lower():
        message = f"its image is {machine.image}, which is no Ubuntu"
        yield CONTROL.finding(thing, message, at=machine.origin.of("image"))
