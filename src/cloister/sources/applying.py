"""Edits as changes of a document: where each one means, whatever the document is laid over, and its text with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cloister.inventory.edits import Edit
from cloister.inventory.statements import Spot, spot
from cloister.sources.editing import NotEditable, edited
from cloister.sources.places import resources_of
from cloister.sources.written import Path, Written

_SEEN = "observed"


@dataclass(frozen=True, slots=True)
class Change:
    """A value, as JSON, to stand at a path of the document."""

    path: Path
    json: str

    def __str__(self) -> str:
        return f"{'.'.join(str(part) for part in self.path)}: {self.json}"


def changes_of(edits: Iterable[Edit], whole: Written, *, elsewhere: bool = False) -> tuple[Change, ...]:
    """What the edits change; `whole` is the document with what it is laid over. Raises NotEditable.

    What a blueprint states is overridden in the document. What was read from a plan or a template is not: the document
    would say that it is mended, and the plan would build what it did before. It is only where `elsewhere` says that the
    changes are to be made there, and the document is to show what they would come to.
    """
    places: dict[Spot, list[Path]] = {}
    for place, path in resources_of(whole):
        places.setdefault(place, []).append(path)
    return tuple(Change(_path(one, places, elsewhere=elsewhere), one.json) for one in edits)


def with_changes(text: str, changes: Iterable[Change]) -> str:
    """The text with every change made. Raises NotEditable."""
    for one in changes:
        text = edited(text, one.path, json.loads(one.json))
    return text


def _path(one: Edit, places: dict[Spot, list[Path]], *, elsewhere: bool) -> Path:
    if one.at.address and not elsewhere:
        message = f"it is read from {one.at}: change it there"
        raise NotEditable(message)
    # A reader of another language can give one address to a resource and to what it puts into it.
    paths = sorted(places.get(spot(one.at), ()), key=len)
    if not paths or (paths[1:] and len(paths[0]) == len(paths[1])):
        message = f"{'several parts' if paths else 'nothing'} of the document stand{'' if paths else 's'} at {one.at}"
        raise NotEditable(message)
    path = paths[0]
    if path[0] == _SEEN:
        message = "it is what was seen of the running estate, which no document changes"
        raise NotEditable(message)
    # A place is that of the resource, or that of the attribute itself where the document states it.
    return (*(path[:-1] if path[-1] == one.path[0] else path), *one.path)
