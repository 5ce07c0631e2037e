"""The author whom MLflow shows: whoever asks, not whomever a client claims to be.

MLflow's client fills in the name of the account that it runs under. The gateway writes the principal's over it (for a
step of a job, its submitter's), and lets nobody change it later. Who may `cloister:NameAuthor` names whom it likes: an
import keeps its authors. No decision looks at this name; who made what is recorded by the gateway itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cloister.errors import Fault, RefusedError
from cloister.gateway.mlflow.canonical import Canonical, write_json
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Answer

_TAG: Final = "mlflow.user"
_CREATING: Final = frozenset({"mlflow:CreateRun", "mlflow:CreateLoggedModel"})
_TAGGING: Final = frozenset(
    {
        "mlflow:SetTag",
        "mlflow:DeleteTag",
        "mlflow:LogBatch",
        "mlflow:SetLoggedModelTags",
        "mlflow:DeleteLoggedModelTag",
    }
)
# Where else a body says who did something.
_CLAIMS: Final = {"mlflow:CreateIssue": "created_by", "mlflow:SetReviewQueueItemStatus": "completed_by"}
_ACTION: Final = "cloister:NameAuthor"


def authored(request: Canonical, asker: Asker) -> Canonical:
    """The request with whoever asks as the author. Raises RefusedError where it would change who a run's author is."""
    action = request.route.action
    author = asker.principal.on_behalf_of or asker.principal.name
    if (claim := _CLAIMS.get(action)) is not None and not _may_name(asker):
        return _rewritten(request, {**request.document, claim: author})
    if action not in _CREATING | _TAGGING or not _names_author(request) or _may_name(asker):
        return request
    if action in _TAGGING:
        if all(value == author for value in _named(request)):
            return request
        fault = Fault(f'tag "{_TAG}"', f"says who made it, and {asker.principal} names only itself", "leave it out")
        raise RefusedError(fault)
    document = dict(request.document)
    if action == "mlflow:CreateRun":
        document["user_id"] = author
    if "tags" in document:
        document["tags"] = [_written(tag, author) for tag in _tags(request)]
    return _rewritten(request, document)


def _rewritten(request: Canonical, document: Mapping[str, object]) -> Canonical:
    return replace(request, document=document, body=write_json(document))


def _names_author(request: Canonical) -> bool:
    return request.route.action == "mlflow:CreateRun" or any(True for _ in _named(request))


def _may_name(asker: Asker) -> bool:
    # Of the policies of objects alone: an allowed call says nothing of authors.
    return asker.of_object(asker.asks(_ACTION, "server")).answer is Answer.ALLOW


def _named(request: Canonical) -> Iterator[object]:
    """The author that the request names, as often as it does; None where it takes the name away."""
    for tag in (request.document, *_tags(request)):
        if isinstance(tag, Mapping) and tag.get("key") == _TAG:
            yield tag.get("value")
    if request.one("tag_key") == _TAG:
        yield None


def _tags(request: Canonical) -> list[Any]:
    tags = request.document.get("tags")
    return tags if isinstance(tags, list) else []


def _written(tag: object, author: str) -> object:
    return {**tag, "value": author} if isinstance(tag, dict) and tag.get("key") == _TAG else tag
