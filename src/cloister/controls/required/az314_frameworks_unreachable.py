"""AZ314: the frameworks' own hosts."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = (
    "packages-pytorch",
    "packages-tensorflow",
)

CONTROL = Control(
    id="AZ314",
    title="Where PyTorch or TensorFlow is used, computes reach the hosts of its wheels and examples",
    why="Wheels for graphics cards do not lie on the Python index, but with the framework.",
    remedy="Permit pytorch.org and *.pytorch.org, or *.tensorflow.org, or switch the packs off.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Required public internet access: host names for packages and Visual Studio Code"),),
    aliases=("S2-51",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place from which it is asked."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
