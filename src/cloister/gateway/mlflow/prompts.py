"""Prompts: to MLflow registered models with a tag, to policies `prompt/NAME` and `prompt/NAME/VERSION`.

What something is, is said when it is made, and nobody changes it later: otherwise whoever may tag a model could put it
under the rights of prompts, and back. A version is what its model is.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.canonical import Canonical, ambiguous

# mlflow 3.17.2, prompt/constants.py and RegisteredModel._is_prompt, read 2026-11-26.
_TAG: Final = "mlflow.prompt.is_prompt"
_TAGGING: Final = frozenset(
    {
        "mlflow:SetRegisteredModelTag",
        "mlflow:DeleteRegisteredModelTag",
        "mlflow:SetModelVersionTag",
        "mlflow:DeleteModelVersionTag",
    }
)
_CREATING: Final = frozenset({"mlflow:CreateRegisteredModel", "mlflow:CreateModelVersion"})
_REGISTERED: Final = ("registered-model", "model-version")


def is_prompt(thing: Mapping[str, object]) -> bool:
    """Whether a registered model or a version, as MLflow shows it, is a prompt."""
    return any(value.lower() == "true" for value in _said(thing))


def kinds_of(kind: str) -> tuple[str, ...]:
    """What policies may call the rows of a list of this kind."""
    return (kind, "prompt") if kind in _REGISTERED else (kind,)


def kind_of(kind: str, thing: Mapping[str, object]) -> str:
    """What policies call a registered model, a version, or anything else of a kind."""
    return "prompt" if kind in _REGISTERED and is_prompt(thing) else kind


def as_prompt(name: str) -> str:
    """The name in policies of what is a prompt, from the one that it had as a model or a version."""
    return f"prompt/{name.partition('/')[2]}"


def check_prompt(request: Canonical) -> None:
    """Raise SpecError where a request would make a prompt of a model, or says in two ways which of them it makes."""
    if request.route.action in _TAGGING and request.document.get("key") == _TAG:
        raise SpecError(Fault(f'tag "{_TAG}"', "is set when a prompt is made, and stays", "leave it out"))
    if request.route.action in _CREATING:
        said = list(_said(request.document))
        if len(said) > 1 or not set(said) <= {"true", "false"}:
            raise ambiguous(thing=f'tag "{_TAG}"', reason="is neither once true nor once false")


def check_version(request: Canonical, resource: str) -> None:
    """Raise SpecError where a version would be a prompt of a model, or a model of a prompt."""
    if request.route.action == "mlflow:CreateModelVersion":
        model_is = resource.startswith("prompt/")
        if is_prompt(request.document) != model_is:
            kind = "a prompt" if model_is else "a model and no prompt"
            name = quote(request.one("name") or "", safe=" ")
            raise SpecError(Fault(f"version of {name}", f"is not what {name} is: {kind}", "give it a name of its own"))


def _said(thing: Mapping[str, object]) -> Iterator[str]:
    tags = thing.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping) and tag.get("key") == _TAG:
            yield str(tag.get("value", ""))
