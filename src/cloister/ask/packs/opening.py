"""The built-in intents, instantiated from what an environment has and what its owner switched on or off.

`facts/packs.tsv` names the packs; those that are a table of destinations stand in `facts/pack_traffic.tsv` and have no
function of their own here. A pack that the owner switched on, and that finds no place to ask from, is missed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from cloister.ask.packs.aws import aws_intents
from cloister.ask.packs.azure_ml import azure_ml_services
from cloister.ask.packs.by_workspace import for_each_workspace
from cloister.ask.packs.loops import loops
from cloister.ask.packs.notebooks import notebooks
from cloister.ask.packs.required import managed_network, node_storage, required, studio
from cloister.ask.packs.source_control import source_control
from cloister.ask.packs.strangers import approved_only, strangers
from cloister.ask.packs.traffic import traffic
from cloister.ask.packs.way_in import way_in
from cloister.ask.packs.way_out import way_out
from cloister.ask.posed import Posed, absent
from cloister.facts.packs import Pack, aws_packs, packs
from cloister.inventory import aws
from cloister.inventory.azure import Inventory
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.intents import PackChoice

Pose = Callable[[Inventory, Pack], Iterator[Posed]]
_POSES: dict[str, Pose] = {
    "no-way-in": way_in,
    "no-way-out": way_out,
    "strangers": strangers,
    "approved-only": approved_only,
    "three-loops": for_each_workspace(loops),
    "azure-ml-services": for_each_workspace(azure_ml_services),
    "azure-ml-required": for_each_workspace(required),
    "azure-ml-node-storage": node_storage,
    "managed-network": managed_network,
    "studio": studio,
    "notebooks": notebooks,
    "source-control": source_control,
}


class Choice(StrEnum):
    """Whether a pack was asked, and why not."""

    ASKED = "asked"
    NOTHING = "nothing to ask"
    OFF = "off"
    SWITCHED_OFF = "switched off"


@dataclass(frozen=True, slots=True)
class Opened:
    """A pack with what became of it: its intents, or why there are none."""

    pack: Pack
    choice: Choice
    posed: tuple[Posed, ...] = ()
    why: str = ""


def open_packs(inventory: AnyInventory) -> Iterator[Opened]:
    """Every pack with its intents for one environment, in the order of the table."""
    said = {choice.name: choice for choice in inventory.packs}
    for pack in (aws_packs() if isinstance(inventory, aws.Inventory) else packs()).values():
        yield _opened(inventory, pack, said.get(pack.name))


def posed_of(inventory: Inventory, name: str) -> tuple[Posed, ...]:
    """The intents of one pack for one environment; none where it is not asked."""
    said = next((choice for choice in inventory.packs if choice.name == name), None)
    return _opened(inventory, packs()[name], said).posed


def _posed(inventory: AnyInventory, pack: Pack) -> Iterator[Posed]:
    if isinstance(inventory, aws.Inventory):
        return aws_intents(inventory, pack)
    return _POSES.get(pack.name, traffic)(inventory, pack)


def _opened(inventory: AnyInventory, pack: Pack, said: PackChoice | None) -> Opened:
    if said and not said.asked:
        return Opened(pack, Choice.SWITCHED_OFF, why=said.why)
    if said is None and pack.asked != "on":
        return Opened(pack, Choice.OFF, why=pack.when)
    posed = tuple(replace(one, pack=pack.name) for one in _posed(inventory, pack))
    if posed:
        return Opened(pack, Choice.ASKED, posed)
    if said and pack.side == "flow":
        lack = f"the pack is switched on, and there is no place for it: it is asked where {pack.when}"
        mend = f"describe the place, or switch {pack.name} off"
        missing = absent(pack.heading, f"{pack.name}-has-a-place", lack, mend=mend, origin=said.origin)
        return Opened(pack, Choice.ASKED, (replace(missing, pack=pack.name),))
    return Opened(pack, Choice.NOTHING, why=pack.when)
