"""Which packs are asked of an environment: what the owner says, or else what the table says."""

from collections.abc import Iterator

from cloister.facts.packs import Pack, packs
from cloister.inventory.azure import Inventory


def asked_packs(inventory: Inventory) -> Iterator[Pack]:
    """The packs that are asked, in the order of the table."""
    said = {choice.name: choice.asked for choice in inventory.packs}
    for pack in packs().values():
        if said.get(pack.name, pack.asked == "on"):
            yield pack
