"""AZ313: R finds its packages."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = ("packages-r",)

CONTROL = Control(
    id="AZ313",
    title="Where R is used, computes reach CRAN",
    why="install.packages goes to cloud.r-project.org, and no other of the permitted names has what it needs.",
    remedy="Permit cloud.r-project.org, or switch the pack packages-r off and mirror CRAN.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Required public internet access: host names for packages and Visual Studio Code"),),
    aliases=("S2-50",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place from which it is asked."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
