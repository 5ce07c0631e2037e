"""A spot in the written document, and the resources that stand below it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from cloister.origin import Origin
from cloister.sources.merge import origin_of
from cloister.sources.written import Written

B = TypeVar("B", bound=BaseModel)
R = TypeVar("R")

_RENAMED = {"conditional_forwarders": "forwarders"}


class Spot:
    """A spot in the written tree: gives the origins of what stands below it."""

    def __init__(self, tree: Written) -> None:
        self._tree = tree

    @property
    def origin(self) -> Origin:
        """Where the value stands, with the places of its attributes."""
        return origin_of(self._tree, _RENAMED)

    def of(self, key: str) -> "Spot":
        """The spot below, under a key that was written."""
        return Spot(self._tree.children()[key])

    def items(self) -> tuple[Origin, ...]:
        """The places of a list's items."""
        items = self._tree.value if isinstance(self._tree.value, list) else ()
        return tuple(item.place for item in items)

    def members(self) -> "tuple[Spot, ...]":
        """A list's items, each as a spot of its own."""
        return tuple(map(Spot, self._tree.value)) if isinstance(self._tree.value, list) else ()

    def pairs(self, section: str, blocks: Mapping[str, B]) -> "Iterator[tuple[str, B, Spot]]":
        """Every block of a section with its name and place."""
        for name, block in blocks.items():
            yield name, block, self.of(section).of(name)

    def each(self, section: str, blocks: Mapping[str, B], resource: Callable[..., R]) -> tuple[R, ...]:
        """One resource for each block, where the two have the same attributes."""
        found = self.pairs(section, blocks)
        return tuple(
            resource(**{"name": name} | attributes(block), origin=place.origin) for name, block, place in found
        )

    def single(self, section: str, block: BaseModel | None, resource: Callable[..., R]) -> R | None:
        """The one resource of a section that has one alone, where it is stated."""
        return resource(**attributes(block), origin=self.of(section).origin) if block else None


def attributes(block: BaseModel, *without: str) -> dict[str, Any]:
    """The attributes of a block as the inventory has them; a name in Azure only where one is stated."""
    found = {key: getattr(block, key) for key in type(block).model_fields if key not in without}
    return found if found.get("name", "") is not None else {key: found[key] for key in found if key != "name"}
