"""Which part of a document stands at a place."""

from collections.abc import Iterator

from cloister.inventory.statements import Spot, spot
from cloister.sources.written import Path, Written


def places_of(tree: Written, path: Path = ()) -> Iterator[tuple[Spot, Path]]:
    """Every place in the tree with its path; an outer value that starts where an inner one does comes last and wins."""
    members = enumerate(tree.value) if isinstance(tree.value, list) else tree.children().items()
    for key, child in members:
        yield from places_of(child, (*path, key))
    yield spot(tree.place), path
    yield spot(tree.key_place), path


def keys_of(tree: Written, path: Path = ()) -> Iterator[tuple[Spot, Path]]:
    """Every member of a mapping by the place of its key, which no other shares."""
    if isinstance(tree.value, list):
        for index, item in enumerate(tree.value):
            yield from keys_of(item, (*path, index))
    for key, child in tree.children().items():
        yield spot(child.key_place), (*path, key)
        yield from keys_of(child, (*path, key))
