"""What a request may not say of a trace: where its spans lie, which MLflow keeps in tags that it lets callers set.

MLflow reads a trace's files from wherever such a tag points (mlflow 3.17.2, server/handlers: _get_trace_artifact_repo),
which would be a way to anybody's files.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.mlflow.routes import Route

_PLACES: Final = frozenset({"mlflow.artifactLocation", "mlflow.trace.archiveLocation", "mlflow.trace.spansLocation"})
_TAGGING: Final = frozenset({"mlflow:StartTrace", "mlflow:EndTrace", "mlflow:SetTraceTag", "mlflow:DeleteTraceTag"})


def check_trace(route: Route, document: Mapping[str, object]) -> None:
    """Raise SpecError where the request says where a trace's spans lie, or takes an assessment from another trace."""
    if route.action not in _TAGGING:
        return
    started = _object(_object(document, "trace"), "trace_info")
    check_trace_tags((*_keys(document), *_keys(started)))
    for assessment in _listed(started, "assessments"):
        if isinstance(assessment, dict) and any(_is(name, "assessment_id") for name in assessment):
            # MLflow merges by that id alone, so it would take the assessment over from whichever trace has it.
            raise ambiguous(thing='"assessment_id"', reason="is chosen by MLflow when a trace starts")


def check_trace_tags(keys: Iterable[str]) -> None:
    """Raise SpecError where one of the tags of a trace tells where its spans lie."""
    if (key := next((key for key in keys if key in _PLACES), None)) is not None:
        raise SpecError(Fault(f'tag "{key}"', "is set by MLflow alone", "leave it out"))


def tags_of_trace(document: Mapping[str, object]) -> Mapping[str, object]:
    """The tags that a trace starts with, where the body is a trace."""
    return _object(_object(_object(document, "trace"), "trace_info"), "tags")


def _keys(place: Mapping[str, object]) -> Iterator[str]:
    """The keys of the tags in a body: one of its own, those of a list of pairs, and those of a map."""
    if isinstance(key := place.get("key"), str):
        yield key
    tags = place.get("tags")
    if isinstance(tags, dict):
        yield from tags
    for tag in _listed(place, "tags"):
        if isinstance(tag, dict):
            yield str(tag.get("key"))


def _object(place: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = place.get(name)
    return found if isinstance(found, dict) else {}


def _listed(place: Mapping[str, object], name: str) -> list[object]:
    found = place.get(name)
    return found if isinstance(found, list) else []


def _is(name: str, wanted: str) -> bool:
    return name.replace("_", "").casefold() == wanted.replace("_", "")
