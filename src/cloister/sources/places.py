"""Which part of a document stands at a place."""

from collections.abc import Iterator

from cloister.inventory.statements import Spot, spot
from cloister.sources.written import Path, Written


def places_of(tree: Written, path: Path = ()) -> Iterator[tuple[Spot, Path]]:
    """Every place in the tree with its path; an outer value that starts where an inner one does comes last and wins.

    But a whole section comes first: what is said of the place where its first resource starts is about that.
    """
    if len(path) == 1:
        yield spot(tree.place), path
    members = enumerate(tree.value) if isinstance(tree.value, list) else tree.children().items()
    for key, child in members:
        yield from places_of(child, (*path, key))
    if len(path) != 1:
        yield spot(tree.place), path
    yield spot(tree.key_place), path


def resources_of(tree: Written, path: Path = ()) -> Iterator[tuple[Spot, Path]]:
    """Every resource, and every member inside one, by the place of its key."""
    if isinstance(tree.value, list):
        for index, item in enumerate(tree.value):
            yield from resources_of(item, (*path, index))
    for key, child in tree.children().items():
        if path:
            yield spot(child.key_place), (*path, key)
        yield from resources_of(child, (*path, key))
