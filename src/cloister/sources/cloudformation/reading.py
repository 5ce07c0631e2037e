"""A template as a document for AWS."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SourceError, SpecError
from cloister.origin import Origin
from cloister.sources.aws.mapping.filling import fill
from cloister.sources.cloudformation.evaluation import Evaluated, evaluate
from cloister.sources.cloudformation.physical import text_for
from cloister.sources.cloudformation.scope import STAND_IN_ACCOUNT, STAND_IN_REGION, Scope
from cloister.sources.cloudformation.text import template_of
from cloister.sources.declared import Reference, Value
from cloister.sources.draft import Draft
from cloister.sources.translated import Translated

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_REGION, _ACCOUNT = "AWS::Region", "AWS::AccountId"
_FORM = 'write [{"ParameterKey": "NAME", "ParameterValue": "VALUE"}]'
_PART = "what is deployed by it is not judged"


def translate(text: str, path: Path, given: Mapping[str, Any] | None = None) -> Translated:
    """The template as a document for AWS, with what it does not tell. Raises SpecError where it is no template.

    `given` are parameters by name; the region and the account of the deployment may be among them, by AWS's own names.
    """
    file = str(path)
    given = given or {}
    scope = Scope(
        template=template_of(text, file),
        file=file,
        stack=_stack(path),
        given=given,
        region=str(given.get(_REGION, STAND_IN_REGION)),
        account=str(given.get(_ACCOUNT, STAND_IN_ACCOUNT)),
    )
    evaluated = evaluate(scope, _beside(path))
    draft = Draft(file)
    _head(draft, scope)
    fill(draft, "cloudformation", evaluated.resources, _speller(scope))
    _tell(draft, scope, evaluated)
    return draft.translated()


def given_in(parameters: Path | None, template: Path) -> dict[str, Any]:
    """The values of parameters: of the file that is named, or of the one beside the template, NAME.parameters.json.

    Raises SourceError where it cannot be read or is no such file: a list with ParameterKey and ParameterValue each, or
    names and values under Parameters.
    """
    beside = template.with_name(f"{template.name.partition('.')[0]}.parameters.json")
    path = parameters or (beside if beside.is_file() else None)
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error.strerror or error}", _FORM)) from error
    except ValueError as error:
        raise SourceError(Fault(str(path), "is not JSON", _FORM)) from error
    if isinstance(found, dict) and isinstance(found.get("Parameters"), dict):
        return dict(found["Parameters"])
    if isinstance(found, list) and all(isinstance(one, dict) and "ParameterKey" in one for one in found):
        return {str(one["ParameterKey"]): one.get("ParameterValue") for one in found}
    raise SourceError(Fault(str(path), "is no file of parameters for a template", _FORM))


def _stack(path: Path) -> str:
    """The name of the stack: that of the file, in the form of an environment's name."""
    stem = path.name.partition(".")[0].lower()
    name = _NOT_IN_A_NAME.sub("-", stem).strip("-")[:32].rstrip("-")
    return name if len(name) > 1 and name[0].isalpha() else f"stack-{name}".rstrip("-")[:32]


def _head(draft: Draft, scope: Scope) -> None:
    place = Origin(scope.file, 1)
    head: dict[str, Value] = {
        "version": 1,
        "name": scope.stack,
        "cloud": "aws-china" if scope.region.startswith("cn-") else "aws",
        "region": scope.region,
    }
    for key, value in head.items():
        draft.put((key,), value, place)
    draft.put(("accounts", "this", "account_id"), scope.account, place)


def _speller(scope: Scope) -> Any:  # noqa: ANN401 - a function, of which the type stands in `fill`
    """What a reference is in the middle of a text; in nested stacks the reference itself."""

    def spell(reference: Reference) -> Value:
        return text_for(scope, reference, lambda value: value if isinstance(value, str) else None)

    return spell


def _beside(path: Path) -> Any:  # noqa: ANN401 - as above
    """The reader of nested templates that lie beside this one."""

    def load(address: str) -> Mapping[str, Any] | None:
        if ":" in address or address.startswith(("/", "..")):
            return None
        nested = path.parent / address
        try:
            return template_of(nested.read_text(encoding="utf-8-sig"), str(nested))
        except (OSError, UnicodeDecodeError, SpecError):
            return None

    return load


def _tell(draft: Draft, scope: Scope, evaluated: Evaluated) -> None:
    """Tell what the template leaves to others: macros, nested stacks that lie elsewhere, and the region."""
    place = Origin(scope.file, 1, address="Transform")
    for one in evaluated.unread:
        draft.tell(one.address, "is a nested stack whose template does not lie beside this one", _PART, one.place)
    transforms = scope.template.get("Transform")
    for name in transforms if isinstance(transforms, list) else [transforms] if transforms else []:
        if name != "AWS::LanguageExtensions":
            what = f"is changed by the macro {name if isinstance(name, str) else json.dumps(name)} at deployment"
            draft.tell(scope.file, what, "what it adds is not judged", place)
    if _REGION not in scope.given:
        what = f"does not say in which region it is deployed: {scope.region} is taken"
        draft.tell(scope.file, what, "names of services are those of that region", Origin(scope.file, 1))
