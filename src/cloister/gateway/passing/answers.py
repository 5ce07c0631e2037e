"""What the gateway does to MLflow's answers: makers recorded, names forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloister.gateway.mlflow.answered import read_answer, unreadable

# Kind of object: where its id (or name and number) and the moment of its creation stand in the answer to its creation.
_CREATED: Final[dict[str, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]]] = {
    "experiment": ((("experiment_id",),), ()),
    "run": ((("run", "info", "run_id"),), ()),
    "logged-model": ((("model", "info", "model_id"),), ()),
    # Version 2 of the trace API calls a trace's id the id of the request that it was made for.
    "trace": ((("trace_info", "request_id"),), ()),
    "dataset": ((("dataset", "dataset_id"),), ()),
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


def created(body: bytes, kind: str) -> Created | None:
    """The object that MLflow made, or None for kinds whose makers are not recorded."""
    if kind not in _CREATED:
        return None
    document = read_answer(body)
    fields, since = _CREATED[kind]
    parts = [_at(document, path) for path in fields]
    if not all(isinstance(part, str) and part for part in parts):
        raise unreadable()
    moment = _at(document, since)
    return Created("/".join(map(str, parts)), int(moment) if isinstance(moment, int | str) else 0)


def _at(document: object, path: Sequence[str]) -> object:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
