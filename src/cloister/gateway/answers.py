"""What the gateway does to MLflow's answers: rows filtered, makers recorded, names forgotten."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cloister.errors import Fault, SourceError
from cloister.gateway.asking import Asker
from cloister.gateway.resources import named
from cloister.verdict import Answer

# List in the answer: the kind of resource that a row is, and where its name stands.
_ROWS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "experiments": ("experiment", ("name",)),
    "registered_models": ("registered-model", ("name",)),
    "model_versions": ("model-version", ("name", "version")),
}
# Kind of object: where its id stands in the answer to its creation.
_CREATED: Final[dict[str, tuple[str, ...]]] = {
    "run": ("run", "info", "run_id"),
    "logged-model": ("model", "info", "model_id"),
}


def filter_rows(body: bytes, rows: str, asker: Asker, action: str) -> bytes:
    """The answer with those rows alone that the asker's policies allow."""
    document = _document(body)
    kind, fields = _ROWS[rows]
    listed = document.get(rows)
    if isinstance(listed, list):
        document[rows] = [row for row in listed if _is_allowed(row, kind, fields, _ask(asker, action))]
    return json.dumps(document, separators=(",", ":")).encode()


def created_id(body: bytes, kind: str) -> str | None:
    """The id of the object that MLflow made, or None for kinds whose makers are not recorded."""
    if kind == "model-version":
        version = _document(body).get("model_version")
        return f"{version['name']}/{version['version']}" if isinstance(version, dict) else None
    found: object = _document(body)
    if kind not in _CREATED:
        return None
    for key in _CREATED[kind]:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) and found else None


def _ask(asker: Asker, action: str) -> Callable[[str], bool]:
    return lambda resource: asker.decide(action, resource).answer is Answer.ALLOW


def _is_allowed(row: object, kind: str, fields: Sequence[str], may_see: Callable[[str], bool]) -> bool:
    if not isinstance(row, Mapping):
        return False
    parts = [row.get(field) for field in fields]
    return all(isinstance(part, str) for part in parts) and may_see(named(kind, *map(str, parts)))


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
