"""AZ315: Visual Studio Code's server and extensions on instances."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = ("vs-code",)

CONTROL = Control(
    id="AZ315",
    title="Where people use Visual Studio Code, instances reach every host of its server and extensions",
    why="The editor installs its server on the instance and its extensions from hosts of their own: with some of "
    "them missing it connects, and then hangs.",
    remedy="Permit all hosts of the pack vs-code, or switch it off.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Required public internet access: host names for packages and Visual Studio Code"),),
    aliases=(
        "S2-52",
        "S2-53",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place from which it is asked."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
