"""Edits as changes of a document: where each one means, whatever the document is laid over, and its text with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cloister.inventory.edits import Edit
from cloister.inventory.statements import Spot, spot
from cloister.sources.editing import NotEditable, edited
from cloister.sources.places import keys_of
from cloister.sources.written import Path, Written


@dataclass(frozen=True, slots=True)
class Change:
    """A value, as JSON, to stand at a path of the document."""

    path: Path
    json: str

    def __str__(self) -> str:
        return f"{'.'.join(str(part) for part in self.path)}: {self.json}"


def changes_of(edits: Iterable[Edit], whole: Written) -> tuple[Change, ...]:
    """What the edits change; `whole` is the document with what it is laid over. Raises NotEditable.

    What a blueprint states is overridden in the document. What was read from a plan or a template is not: the document
    would say that it is mended, and the plan would build what it did before.
    """
    places = dict(keys_of(whole))
    return tuple(Change(_path(one, places), one.json) for one in edits)


def with_changes(text: str, changes: Iterable[Change]) -> str:
    """The text with every change made. Raises NotEditable."""
    for one in changes:
        text = edited(text, one.path, json.loads(one.json))
    return text


def _path(one: Edit, places: dict[Spot, Path]) -> Path:
    if one.at.address:
        message = f"it is read from {one.at}: change it there"
        raise NotEditable(message)
    path = places.get(spot(one.at))
    if not path:
        message = f"nothing of the document stands at {one.at}"
        raise NotEditable(message)
    # A place is that of the resource, or that of the attribute itself where the document states it.
    return (*(path[:-1] if path[-1] == one.path[0] else path), *one.path)
