"""The one way from a document to the inventory: shape, faults, gaps, lowering, whichever reader wrote the document."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pydantic import ValidationError

from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Inventory
from cloister.sources.checks import all_faults
from cloister.sources.document.root import Document
from cloister.sources.faults import in_order, shape_faults
from cloister.sources.gaps import gaps_of, gaps_of_missing
from cloister.sources.lowering import lower
from cloister.sources.pruning import closed_part, sound_part
from cloister.sources.translated import Translated


@dataclass(frozen=True, slots=True)
class Sound:
    """The inventory of what could be understood, its gaps marked, and the faults that made them."""

    inventory: Inventory
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The inventory if anything is sound, and every fault of a document; `whole` is false where a part was left out."""

    inventory: Inventory | None
    faults: tuple[Fault, ...]
    whole: bool


@contextmanager
def garbage_left_for_later() -> Iterator[None]:
    """Reading makes many small values, and all of them stay: to look for garbage among them takes half of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def strictly(sound: Sound) -> Inventory:
    """The inventory of a document without faults. Raises SpecError with all of them."""
    if sound.faults:
        raise SpecError(sound.faults)
    return sound.inventory


def understood(translated: Translated, file: str) -> Sound:
    """What can be understood of a document: resources with faults, and what the input does not tell, are gaps.

    Raises SpecError with all faults where they leave nothing to answer from.
    """
    tree, not_understood = translated.tree, translated.not_understood
    judged = _judged(translated, file)
    gaps = gaps_of_missing(translated.missing, tree)
    if judged.inventory is not None and judged.whole and not judged.faults:
        return Sound(replace(judged.inventory, gaps=gaps, not_understood=not_understood), ())
    rest = closed_part(tree.plain())
    more = gaps_of(judged.faults, [tree.at(path) for path in rest.left_out], tree) if rest else None
    if rest is None or more is None:
        raise SpecError(judged.faults or _nothing_left(file))
    inventory = replace(lower(rest.document, tree), gaps=(*gaps, *more), not_understood=not_understood)
    return Sound(inventory, judged.faults)


def _judged(translated: Translated, file: str) -> _Judged:
    """The inventory of what has a sound shape, if anything has, and every fault of the document."""
    tree, plain = translated.tree, translated.tree.plain()
    if not isinstance(plain, dict):
        reason = "is not a mapping of keys to values"
        raise SpecError(Fault(file, reason, "begin with `version: 1` and `name: ...`", tree.place))
    faults: list[Fault] = []
    document: Document | None
    try:
        document, whole = Document.model_validate(plain), True
    except ValidationError as error:
        untold = {one.path for one in translated.missing}
        faults += shape_faults([one for one in error.errors() if one["loc"] not in untold], tree)
        document, whole = sound_part(plain), False
    inventory = lower(document, tree) if document else None
    faults += all_faults(tree, inventory)
    return _Judged(inventory, tuple(in_order(faults, file)), whole)


def _nothing_left(file: str) -> Fault:
    return Fault(file, "tells nothing from which anything could be answered", "name a file that says what stands where")
