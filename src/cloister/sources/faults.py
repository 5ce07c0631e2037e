"""Faults of shape: pydantic's errors in the words of the field, each with the line and column of what was written."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic_core import ErrorDetails

from cloister.errors import Fault
from cloister.origin import Origin
from cloister.sources.document.words import FORMS, Block
from cloister.sources.things import called
from cloister.sources.wording import near_miss, one_of, printable, shown
from cloister.sources.written import Path, Written

_KEY = "[key]"  # pydantic's sign that the key of a mapping is meant, not its value


def shape_faults(errors: Sequence[ErrorDetails], tree: Written, document: type[Block]) -> Iterator[Fault]:
    """One fault for each error of a document of that kind, without those that only follow from a misspelt key."""
    misspelt = {(*loc[:-1], near) for loc in _unknown_keys(errors) if (near := near_key(loc, document)) is not None}
    faulty_lists = {error["loc"][:-1] for error in errors if error["loc"]}
    for error in errors:
        follows = error["type"] == "missing" and error["loc"] in misspelt
        # pydantic counts the sound items of a list only, and calls it too short for the faulty ones.
        follows |= error["type"] == "too_short" and error["loc"] in faulty_lists
        if not follows:
            yield _fault(error, tree, document)


def near_key(path: Path, document: type[Block]) -> str | None:
    """The key that the author of an unknown key most likely meant."""
    block = block_at(path[:-1], document)
    return near_miss(str(path[-1]), block.model_fields if block else ())


def block_at(path: Path, document: type[Block]) -> type[Block] | None:
    """The kind of mapping that stands at `path` of a document of that kind, or None where none does."""
    here: Any = document
    for part in path:
        if isinstance(here, type) and issubclass(here, Block):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        else:  # a list, or a mapping by name
            arguments = get_args(here)
            here = arguments[0 if isinstance(part, int) else 1] if len(arguments) > 1 else None
    return here if isinstance(here, type) and issubclass(here, Block) else None


def _unknown_keys(errors: Sequence[ErrorDetails]) -> Iterator[Path]:
    return (error["loc"] for error in errors if error["type"] == "extra_forbidden")


def _fault(error: ErrorDetails, tree: Written, document: type[Block]) -> Fault:
    path = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, tree, document)
    if error["type"] == "missing":
        return _missing_key(path, tree, document)
    if path and path[-1] == _KEY:
        thing, attribute = called(path[:-2])
        reason, mend = _reason(error)
        return Fault(thing, _led(attribute) + reason, mend, tree.at(path[:-1]).key_place)
    thing, attribute = called(path)
    reason, mend = _reason(error)
    return Fault(thing, _led(attribute) + reason, mend, tree.at(path).place)


def _led(attribute: str) -> str:
    return f"{attribute} " if attribute else ""


def _unknown_key(path: Path, tree: Written, document: type[Block]) -> Fault:
    thing, _ = called(path[:-1])
    near, block = near_key(path, document), block_at(path[:-1], document)
    known = one_of(sorted(block.model_fields)) if block and block.model_fields else "nothing"
    mend = f"write {near}" if near else f"remove it, or write {known}"
    return Fault(thing, f'does not know the key "{printable(str(path[-1]))}"', mend, tree.at(path).key_place)


def _missing_key(path: Path, tree: Written, document: type[Block]) -> Fault:
    thing, _ = called(path[:-1])
    block = block_at(path[:-1], document)
    about = block.model_fields[str(path[-1])].description if block else ""
    return Fault(thing, f"does not state {path[-1]}", f"add {path[-1]}: {about}", tree.at(path[:-1]).key_place)


def _reason(error: ErrorDetails) -> tuple[str, str]:
    """Why a value is refused, and the mend."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if value is None:
        return "is empty", "write a value; where a blueprint states the key, null removes it, and here none does"
    if kind == "mended":
        return context["reason"], context["mend"]
    if kind in _EMPTY:
        return "is empty", _EMPTY[kind]
    if kind in ("literal_error", "enum"):
        return _not_among(value, context["expected"])
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        return f"{value} is {word} {context[bound]}", f"write a number that is not {word} {context[bound]}"
    reason, mend = _form(kind, context, error["msg"])
    return f"{shown(value)} {reason}", mend


def _form(kind: str, context: dict[str, Any], message: str) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        return FORMS[context["pattern"]]
    return _TYPES.get(kind, (f"is refused: {message}", "docs/cloister-yaml.md says what may stand here"))


def _not_among(value: object, expected: str) -> tuple[str, str]:
    known = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    near = near_miss(str(value), known)
    return f"{shown(value)} is not {one_of(known)}", f"write {near}" if near else f"write {one_of(known)}"


_TYPES = {
    "bool_type": ("is not true or false", "write true or false"),
    "int_type": ("is not a whole number", "write a whole number"),
    "string_type": ("is not text", "write text; put it in quotes if it looks like a number"),
    "dict_type": ("is not a mapping", "write keys and values"),
    "model_type": ("is not a mapping", "write keys and values"),
    "tuple_type": ("is not a list", "write a list, such as [a, b]"),
}
_EMPTY = {"too_short": "write at least one item", "string_too_short": "write a value"}
_BOUNDS = {
    "greater_than_equal": ("less than", "ge"),
    "less_than_equal": ("greater than", "le"),
}


def in_order(faults: Iterable[Fault], file: str) -> list[Fault]:
    """The faults of `file` from top to bottom, then those that it causes in other files: its blueprint."""

    def place(fault: Fault) -> tuple[bool, str, int, int, str]:
        origin = fault.origin or Origin(file, 0)
        return origin.file != file, origin.file, origin.line, origin.column, origin.address

    return sorted(faults, key=place)
