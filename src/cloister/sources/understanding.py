"""The one way from a document to the inventory: shape, faults, gaps, lowering, whichever reader wrote the document."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import ValidationError

from cloister.errors import Fault, SpecError
from cloister.inventory import azure
from cloister.inventory.clouds import AnyInventory
from cloister.sources.clouds import dialect_of
from cloister.sources.dialect import Dialect
from cloister.sources.document.words import Block
from cloister.sources.faults import in_order, shape_faults
from cloister.sources.gaps import gaps_of, gaps_of_missing, without_following
from cloister.sources.pruning import closed_part, sound_part
from cloister.sources.translated import Translated

D = TypeVar("D", bound=Block)
N = TypeVar("N", bound=AnyInventory)


@dataclass(frozen=True, slots=True)
class SoundPart(Generic[N]):
    """The inventory of what could be understood, its gaps marked, and the faults that made them."""

    inventory: N
    faults: tuple[Fault, ...]


Sound = SoundPart[azure.Inventory]
"""What can be understood of an environment in Azure."""
SoundAnywhere = SoundPart[AnyInventory]
"""What can be understood of an environment in whichever cloud."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """The inventory if anything is sound, and every fault of a document; `whole` is false where a part was left out."""

    inventory: AnyInventory | None
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


def strictly(sound: SoundPart[N]) -> N:
    """The inventory of a document without faults. Raises SpecError with all of them."""
    if sound.faults:
        raise SpecError(sound.faults)
    return sound.inventory


def in_azure(sound: SoundAnywhere) -> Sound:
    """The same where it is an environment in Azure; raises SpecError for any other."""
    inventory = sound.inventory
    if isinstance(inventory, azure.Inventory):
        return SoundPart(inventory, sound.faults)
    reason = f'is in the cloud "{inventory.cloud}", and this is done for Azure only'
    mend = "name a document for Azure; `cloister show` prints one for any cloud"
    raise SpecError(Fault(f'environment "{inventory.name}"', reason, mend, inventory.origin.of("cloud")))


def understood(translated: Translated, file: str) -> Sound:
    """What can be understood of a document for Azure; raises SpecError as below, and for any other cloud."""
    return in_azure(understood_anywhere(translated, file))


def understood_anywhere(translated: Translated, file: str) -> SoundAnywhere:
    """What can be understood of a document: resources with faults, and what the input does not tell, are gaps.

    Raises SpecError with all faults where they leave nothing to answer from.
    """
    tree, not_understood = translated.tree, translated.not_understood
    dialect = dialect_of(tree)
    judged = _judged(translated, file, dialect)
    gaps = gaps_of_missing(translated.missing, tree)
    if judged.inventory is not None and judged.whole and not judged.faults:
        return SoundPart(replace(judged.inventory, gaps=gaps, not_understood=not_understood), ())
    rest = closed_part(tree.plain(), dialect)
    more = gaps_of(judged.faults, [tree.at(path) for path in rest.left_out], tree) if rest else None
    if rest is None or more is None:
        raise SpecError(judged.faults or _nothing_left(file))
    inventory = dialect.lower(rest.document, tree)
    return SoundPart(replace(inventory, gaps=(*gaps, *more), not_understood=not_understood), judged.faults)


def _judged(translated: Translated, file: str, dialect: Dialect[D, N]) -> _Judged:
    """The inventory of what has a sound shape, if anything has, and every fault of the document."""
    tree, plain = translated.tree, translated.tree.plain()
    if not isinstance(plain, dict):
        reason = "is not a mapping of keys to values"
        raise SpecError(Fault(file, reason, "begin with `version: 1` and `name: ...`", tree.place))
    faults: list[Fault] = []
    document: D | None
    try:
        document, whole = dialect.document.model_validate(plain), True
    except ValidationError as error:
        untold = {one.path for one in translated.missing}
        # A block that is refused as a whole for what it lacks, where the input does not tell one of its keys.
        without = {path[:-1] for path in untold}
        told = [
            one
            for one in error.errors()
            if one["loc"] not in untold and not (one["type"] == "mended" and one["loc"] in without)
        ]
        faults += shape_faults(told, tree, dialect.document)
        document, whole = sound_part(plain, dialect), False
    inventory = dialect.lower(document, tree) if document else None
    faults += dialect.faults(tree, inventory)
    return _Judged(inventory, tuple(in_order(without_following(faults, translated.missing, tree), file)), whole)


def _nothing_left(file: str) -> Fault:
    return Fault(file, "tells nothing from which anything could be answered", "name a file that says what stands where")
