"""Tags that policies look at: those that a resource has, and those that a request sets or deletes.

`aws:ResourceTag/KEY` is a tag of the experiment, for whatever lies in it, or of the registered model, for its versions.
Tags of runs, logged models and versions themselves do not count, because whoever writes into those sets them.
`mlflow:Tag/KEY` is the value that a request sets a tag to, `aws:TagKeys` are the keys that it sets or deletes.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cloister.access.conditions import Context
from cloister.gateway.mlflow.canonical import Canonical, ambiguous
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.nested import items
from cloister.gateway.mlflow.resources import Resource
from cloister.gateway.mlflow.traces import tags_of_trace
from cloister.gateway.rights.asking import Asker

_OF_RESOURCE: Final = "aws:ResourceTag/"
_SET: Final = "mlflow:Tag/"
_KEYS: Final = "aws:TagKeys"
_TAGGED: Final = ("experiment", "registered-model")
_ONE_TAG: Final = "Tag"


def looks_at_tags(asker: Asker, action: str) -> bool:
    """Whether a policy on the action looks at tags of a resource, which costs a question to MLflow."""
    return any(key.startswith(_OF_RESOURCE) for key in asker.looks_at(action))


def tags_of(row: Mapping[str, object]) -> Context:
    """What conditions see of the tags of an experiment or a registered model, as MLflow's answers write it."""
    return {f"{_OF_RESOURCE}{key}": (str(value),) for key, value in _pairs(row.get("tags"))}


async def tagged(asker: Asker, action: str, resource: Resource, lookup: Lookup) -> Context:
    """The tags that count for a resource, as conditions see them; nothing where no policy looks at any."""
    if not looks_at_tags(asker, action):
        return {}
    things = [thing for thing in (resource.made, resource.within) if thing and thing[0] in _TAGGED]
    if not things and resource.experiment_name:
        found = await lookup.experiment_named(resource.experiment_name)
        things = [("experiment", found)] if found else []
    return tags_of(await lookup.tagged(*things[0])) if things else {}


def tags_set(asker: Asker, action: str, request: Canonical) -> Context:
    """The tags that a request sets or deletes, as conditions see them; nothing where no policy looks at any.

    Raises SpecError on a tag that stands twice, because nobody knows which one MLflow keeps.
    """
    if not any(key == _KEYS or key.startswith(_SET) for key in asker.looks_at(action)):
        return {}
    found: dict[str, str | None] = {}
    for key, value in _tags_in(request):
        if key in found:
            raise ambiguous(thing=f'tag "{key}"', reason="stands twice")
        found[key] = value
    values = {f"{_SET}{key}": (value,) for key, value in found.items() if value is not None}
    return {**values, _KEYS: tuple(found)} if found else {}


def _tags_in(request: Canonical) -> Iterator[tuple[str, str | None]]:
    """Keys, and values where they are set."""
    document = request.document
    if request.route.action.endswith(_ONE_TAG):
        key = request.one("tag_key") or document.get("key")
        yield _text(key, "key"), _text(document["value"], "value") if "value" in document else None
    for tag in items(document, "tags"):
        yield _text(tag.get("key"), "key"), _text(tag.get("value", ""), "value")
    for key, value in tags_of_trace(document).items():
        yield key, _text(value, "value")


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ambiguous(thing=f"{what} of a tag", reason="is no text")
    return value


def _pairs(tags: object) -> Iterator[tuple[str, object]]:
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping) and isinstance(tag.get("key"), str):
            yield str(tag["key"]), tag.get("value", "")
