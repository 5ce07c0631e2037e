"""AZ312: conda finds its channels."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = ("packages-conda",)

CONTROL = Control(
    id="AZ312",
    title="Where conda's public channels are used, computes reach all of their hosts",
    why="The default channel and the community's lie on different hosts; an environment with both needs both.",
    remedy="Permit anaconda.com, *.anaconda.com and *.anaconda.org, or switch the pack packages-conda off and mirror "
    "the channels.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(training_guide("Required public internet access: host names for packages and Visual Studio Code"),),
    aliases=(
        "S2-47",
        "S2-48",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place from which it is asked."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
