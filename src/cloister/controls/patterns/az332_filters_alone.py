"""AZ332: only filters guard the way out."""

from collections.abc import Iterable, Iterator

from cloister.ask.lessons import nsg_only
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.diagnosed import development_unsure, seen_in, taught
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ332",
    title="Where no firewall stands, filters leave development a way to what it needs",
    why="A filter knows addresses and tags. Packages, models and code have neither of their own, so a filter that "
    "closes the internet closes them too, and people find other ways.",
    remedy="Let the subnet's route lead to a firewall that permits approved names.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        lately(
            "Azure network security groups overview",
            "Service tags",
            "azure/virtual-network/network-security-groups-overview",
        ),
    ),
    aliases=("S3-A1",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment whose computes stand in subnets, and that has no firewall."""
    return (inventory,) if not inventory.firewalls and any(one.subnet for one in inventory.computes) else ()


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the environment is the known one, a doubt where it cannot be told."""
    seen = seen_in(inventory, environment)
    yield from taught(CONTROL, nsg_only.recognise, seen)
    yield from development_unsure(CONTROL, seen)
