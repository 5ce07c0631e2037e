"""What the gateway does to MLflow's answers: rows filtered, makers recorded, names forgotten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloister.errors import Fault, SourceError
from cloister.gateway.asking import Asker
from cloister.gateway.makers import Makers, Thing
from cloister.gateway.owning import looks_at_owner, seen
from cloister.gateway.resources import named
from cloister.gateway.tags import tags_of
from cloister.verdict import Answer

# List in the answer: the kind of resource that a row is, where its name stands, and where what its makers are recorded
# under.
_ROWS: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "experiments": ("experiment", ("name",), ("experiment_id",)),
    "registered_models": ("registered-model", ("name",), ("name",)),
    "model_versions": ("model-version", ("name", "version"), ("name", "version")),
}
# Kind of object: where its id (or name and number) and the moment of its creation stand in the answer to its creation.
_CREATED: Final[dict[str, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]]] = {
    "experiment": ((("experiment_id",),), ()),
    "run": ((("run", "info", "run_id"),), ()),
    "logged-model": ((("model", "info", "model_id"),), ()),
    # Version 2 of the trace API calls a trace's id the id of the request that it was made for.
    "trace": ((("trace_info", "request_id"),), ()),
    "registered-model": ((("registered_model", "name"),), ("registered_model", "creation_timestamp")),
    "model-version": (
        (("model_version", "name"), ("model_version", "version")),
        ("model_version", "creation_timestamp"),
    ),
}


@dataclass(frozen=True, slots=True)
class Created:
    """An object that MLflow made: its id, or name and number; and when, in milliseconds (0: it does not say)."""

    identity: str
    since: int


def filter_rows(body: bytes, rows: str, asker: Asker, action: str, makers: Makers) -> bytes:
    """The answer with those rows alone that the asker's policies allow."""
    document = _document(body)
    listed = document.get(rows)
    if isinstance(listed, list):
        named_rows = [row for row in listed if isinstance(row, Mapping) and _is_named(row, rows)]
        own: frozenset[Thing] | None = None
        if looks_at_owner(asker, action):
            things = {thing for row in named_rows for thing in _owned_as(row, rows) if thing}
            own = makers.owned_of(things, asker.principal.persons)
        document[rows] = [row for row in named_rows if _is_allowed(row, rows, asker, action, own)]
    return json.dumps(document, separators=(",", ":")).encode()


def created(body: bytes, kind: str) -> Created | None:
    """The object that MLflow made, or None for kinds whose makers are not recorded."""
    if kind not in _CREATED:
        return None
    document = _document(body)
    fields, since = _CREATED[kind]
    parts = [_at(document, path) for path in fields]
    if not all(isinstance(part, str) and part for part in parts):
        raise _unreadable()
    moment = _at(document, since)
    return Created("/".join(map(str, parts)), int(moment) if isinstance(moment, int | str) else 0)


def _at(document: object, path: Sequence[str]) -> object:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _is_named(row: Mapping[str, object], rows: str) -> bool:
    return all(isinstance(row.get(field), str) for field in _ROWS[rows][1])


def _owned_as(row: Mapping[str, object], rows: str) -> tuple[Thing, Thing | None]:
    """What the row's makers are recorded under, and those of what it lies in."""
    kind, _, fields = _ROWS[rows]
    within = ("registered-model", str(row["name"])) if kind == "model-version" else None
    return (kind, "/".join(str(row.get(field)) for field in fields)), within


def _is_allowed(row: Mapping[str, object], rows: str, asker: Asker, action: str, own: frozenset[Thing] | None) -> bool:
    kind, fields, _ = _ROWS[rows]
    resource = named(kind, *(str(row[field]) for field in fields))
    context = seen(*_owned_as(row, rows), own) if own is not None else {}
    context = {**context, **tags_of(row)}
    return asker.answer(asker.asks(action, resource, context)).answer is Answer.ALLOW


def _document(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(document, dict):
        raise _unreadable()
    return document


def _unreadable() -> SourceError:
    return SourceError(Fault("MLflow", "gave an answer that is not what its API says", "look into logs/mlflow.log"))
