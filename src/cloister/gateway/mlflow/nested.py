"""What a body says below its first level: the logged models that it writes onto, and the tags that it sets."""

from collections.abc import Iterator, Mapping
from typing import Final

from cloister.access.decision import Request, refused
from cloister.access.principals import Principal
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.mlflow.fields import folded
from cloister.gateway.mlflow.routes import Route
from cloister.verdict import Rule, Verdict

# Actions that may name logged models beside their run: metrics of a model, models that a run puts out or takes in.
_NAMING: Final = frozenset({"mlflow:LogMetric", "mlflow:LogBatch", "mlflow:LogInputs", "mlflow:LogOutputs"})
_TAGGING: Final = frozenset({"mlflow:CreateRun", "mlflow:SetTag", "mlflow:DeleteTag", "mlflow:LogBatch"})
_OURS: Final = "cloister."
_RULE: Final = Rule("tags of the platform")


def logged_models(route: Route, document: Mapping[str, object]) -> tuple[str, ...]:
    """The ids of the logged models that the request names. Raises SpecError where one can be read in two ways."""
    if route.action not in _NAMING:
        return ()
    places = (document, *items(document, "metrics"), *items(document, "models"))
    found = {_model_id(place): None for place in places}
    return tuple(identity for identity in found if identity)


def check_tags(route: Route, principal: Principal, document: Mapping[str, object], resource: str) -> Verdict | None:
    """The refusal of a tag that tells which job made a run, set or removed by somebody who is no step of a job."""
    if route.action not in _TAGGING or principal.kind == "job":
        return None
    keys = [document.get("key"), *(tag.get("key") for tag in items(document, "tags"))]
    ours = next((key for key in keys if isinstance(key, str) and key.casefold().startswith(_OURS)), None)
    if ours is None:
        return None
    reason = f'the tag "{ours}" is the platform\'s; it tells which job made a run'
    request = Request(principal, route.action, resource)
    return refused(request, reason, _RULE, f"use a tag that does not begin with {_OURS}")


def items(document: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    """The objects of a list in a body, none where it is not there. Raises SpecError where it holds anything else."""
    listed = document.get(name)
    if listed is not None and not isinstance(listed, list):
        raise ambiguous(thing=f'"{name}"', reason="is no list")
    for item in listed or ():
        if not isinstance(item, dict):
            raise ambiguous(thing=f'"{name}"', reason="holds something else than objects")
        yield item


def _model_id(item: Mapping[str, object]) -> str:
    twin = next((key for key in item if key != "model_id" and folded(key) == "modelid"), None)
    if twin is not None:
        raise ambiguous(thing=f'"{twin}"', reason='is a second spelling of "model_id"')
    value = item.get("model_id")
    if value is not None and not isinstance(value, str):
        raise ambiguous(thing='"model_id"', reason="is no text")
    return value or ""
