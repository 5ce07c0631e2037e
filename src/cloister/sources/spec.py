"""The reader of `cloister.yaml`: a file in, the inventory out, or every fault of the file at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from cloister.errors import Fault, SourceError, SpecError
from cloister.inventory.azure import Inventory
from cloister.sources.blueprints import blueprint_tree
from cloister.sources.checks import all_faults
from cloister.sources.document.root import Document
from cloister.sources.faults import in_order, shape_faults
from cloister.sources.gaps import gaps_of
from cloister.sources.lowering import lower
from cloister.sources.merge import lay_over
from cloister.sources.pruning import closed_part, sound_part
from cloister.sources.written import Written, parse


@dataclass(frozen=True, slots=True)
class Sound:
    """The inventory of what could be understood, its gaps marked, and the faults that made them."""

    inventory: Inventory
    faults: tuple[Fault, ...]


def read_spec(path: Path) -> Inventory:
    """The environment that the file at `path` describes.

    Raises SourceError where the file cannot be read, and SpecError with all faults of what it says.
    """
    return read_text(_text(path), str(path))


def read_sound_part(path: Path) -> Sound:
    """What can be understood of the file at `path`, and its faults.

    Raises SourceError where it cannot be read, and SpecError where a fault leaves nothing to answer from.
    """
    return sound_part_of_text(_text(path), str(path))


@contextmanager
def _garbage_left_for_later() -> Iterator[None]:
    """Reading makes many small values, and all of them stay: to look for garbage among them takes half of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_garbage_left_for_later()
def read_text(text: str, file: str) -> Inventory:
    """The environment that `text` describes; origins name `file`. Raises SpecError with all faults."""
    inventory, faults = _read(with_blueprint(parse(text, file)), file)
    if inventory is None or faults:
        raise SpecError(faults)
    return inventory


@_garbage_left_for_later()
def sound_part_of_text(text: str, file: str) -> Sound:
    """What can be understood of `text`: resources with faults are gaps. Raises SpecError as `read_sound_part` does."""
    tree = with_blueprint(parse(text, file))
    inventory, faults = _read(tree, file)
    if inventory is not None and not faults:
        return Sound(inventory, ())
    rest = closed_part(tree.plain())
    gaps = gaps_of(faults, [tree.at(path) for path in rest.left_out], tree) if rest else None
    if rest is None or gaps is None:
        raise SpecError(faults)
    return Sound(replace(lower(rest.document, tree), gaps=gaps), faults)


def _read(tree: Written, file: str) -> tuple[Inventory | None, tuple[Fault, ...]]:
    """The inventory of what has a sound shape, if anything has, and every fault of the document."""
    plain = tree.plain()
    if not isinstance(plain, dict):
        reason = "is not a mapping of keys to values"
        raise SpecError(Fault(file, reason, "begin with `version: 1` and `name: ...`", tree.place))
    faults: list[Fault] = []
    document: Document | None
    try:
        document = Document.model_validate(plain)
    except ValidationError as error:
        faults += shape_faults(error.errors(), tree)
        document = sound_part(plain)
    inventory = lower(document, tree) if document else None
    faults += all_faults(tree, inventory)
    return inventory, tuple(in_order(faults, file))


def with_blueprint(tree: Written) -> Written:
    """The document laid over the blueprint that it names. Every document states its version itself."""
    named = tree.children().get("blueprint")
    if named is None or not isinstance(named.value, str):
        return tree
    merged = lay_over(blueprint_tree(named.value, named.place), tree).children()
    members = {key: child for key, child in merged.items() if key != "version" or key in tree.children()}
    return Written(members, tree.key_place, tree.place)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        mend = "write one with `cloister init azure-hub-spoke`, or name another file"
        raise SourceError(Fault(str(path), "there is no such file", mend)) from error
    except UnicodeDecodeError as error:
        raise SourceError(Fault(str(path), f"is not UTF-8 text (byte {error.start})", "save it as UTF-8")) from error
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise SourceError(Fault(str(path), reason, "name a file that you may read")) from error
