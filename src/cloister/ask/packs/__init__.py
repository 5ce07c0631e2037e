"""The built-in intents, instantiated from what an environment has."""

from collections.abc import Callable, Iterator

from cloister.ask.packs.azure_ml import azure_ml
from cloister.ask.packs.by_workspace import for_each_workspace
from cloister.ask.packs.loops import loops
from cloister.ask.packs.way_in import way_in
from cloister.ask.packs.way_out import way_out
from cloister.ask.posed import Posed
from cloister.inventory.azure import Inventory

Pack = Callable[[Inventory], Iterator[Posed]]
PACKS: tuple[Pack, ...] = (way_in, way_out, for_each_workspace(loops), for_each_workspace(azure_ml))
