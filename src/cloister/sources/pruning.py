"""What remains of a document when everything with a fault of shape is left out.

So that one run reports all: references, addresses and rules are checked on what remains, and a resource that was left
out still counts as declared.
"""

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cloister.sources.document.root import Document
from cloister.sources.written import Path

_STAND_INS = {"version": 1, "name": "environment", "region": "westeurope"}
_MAX_ROUNDS = 12


def sound_part(plain: dict[str, Any], errors: list[ErrorDetails]) -> Document | None:
    """The document without its faulty parts, or None where nothing sound remains."""
    plain = deepcopy(plain)
    for _ in range(_MAX_ROUNDS):
        for error in errors:
            _leave_out(plain, _faulty_part(error))
        plain = _STAND_INS | plain
        try:
            return Document.model_validate(plain)
        except ValidationError as failure:
            errors = failure.errors()
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
