"""What remains of a document when everything with a fault of shape is left out, and what refers to what is not there.

So that one run reports all, and answers what it can: references, addresses and rules are checked on what remains, and
whoever reads it further may trust that every name in it refers to something.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cloister.sources.dialect import Dialect
from cloister.sources.document.words import Block
from cloister.sources.written import Path

D = TypeVar("D", bound=Block)
N = TypeVar("N")
_MAX_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Remainder(Generic[D]):
    """A document in which every name refers to something, and the places that were left out of it for that."""

    document: D
    left_out: tuple[Path, ...]


def sound_part(plain: dict[str, Any], dialect: Dialect[D, N]) -> D | None:
    """The document without its parts of a faulty shape, or None where nothing sound remains."""
    found = _pruned(plain, dialect, closed=False)
    return found.document if found else None


def closed_part(plain: dict[str, Any], dialect: Dialect[D, N]) -> Remainder[D] | None:
    """The sound part without what refers to nothing in it, or None where nothing remains."""
    return _pruned(plain, dialect, closed=True)


def _pruned(plain: dict[str, Any], dialect: Dialect[D, N], *, closed: bool) -> Remainder[D] | None:
    plain = deepcopy(plain)
    dangling: list[Path] = []
    for _ in range(_MAX_ROUNDS):
        plain = {**dialect.stand_ins, **plain}
        try:
            document = dialect.document.model_validate(plain)
        except ValidationError as failure:
            paths = [_faulty_part(error) for error in failure.errors()]
        else:
            paths = list(dialect.references_to_nothing(plain)) if closed else []
            if not paths:
                return Remainder(document, tuple(dangling))
            dangling += paths
        for path in paths:
            _leave_out(plain, path)
    return None


def _faulty_part(error: ErrorDetails) -> Path:
    """The smallest part to leave out: a key, or the whole block where a required key is missing."""
    path = error["loc"]
    if path and (path[-1] == "[key]" or (error["type"] == "missing" and len(path) > 1)):
        return path[:-1]
    return path


def _leave_out(plain: Any, path: Path) -> None:  # noqa: ANN401 - any JSON value
    """Remove the key that holds what stands at `path`; a list goes as a whole, so that other paths stay true."""
    holder, key = None, None
    for part in path:
        if isinstance(plain, dict):
            if part not in plain:
                return  # left out already, for another fault
            holder, key, plain = plain, part, plain[part]
        elif isinstance(plain, list) and isinstance(part, int) and part < len(plain):
            plain = plain[part]
        else:
            break
    if holder is not None:
        del holder[key]
