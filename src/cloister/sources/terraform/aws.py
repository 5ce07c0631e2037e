"""The resources of the aws provider as a document for AWS."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from cloister.origin import Origin
from cloister.sources.aws.mapping.filling import fill
from cloister.sources.declared import Declared as AwsDeclared
from cloister.sources.declared import Value, at
from cloister.sources.draft import Draft
from cloister.sources.terraform.values import Declarations, Declared
from cloister.sources.translated import Translated

FAMILY = "aws_"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_NO_REGION, _NO_ACCOUNT = "us-east-1", "000000000000"
_ACCOUNT, _REGION = "aws_caller_identity", "aws_region"
_IDENTITIES = ("id", "arn")
_NOT_JUDGED = "what it reaches, lets in or decides is not judged"


def aws_document(declarations: Declarations) -> Translated:
    """The document that the aws resources describe, and what could not be put into it."""
    draft = Draft(declarations.file)
    _head(draft, declarations)
    ours = [one for one in declarations.resources if one.mode == "managed" and one.type.startswith(FAMILY)]
    fill(draft, "terraform", [_declared(one) for one in ours], lambda reference: reference)
    for one in declarations.resources:
        if one.mode == "managed" and not one.type.startswith(FAMILY):
            draft.tell(one.address, f"is of type {one.type}, which is none of AWS's", _NOT_JUDGED, one.origin)
    if declarations.incomplete:
        place = Origin(declarations.file, 0, address="the plan as a whole")
        draft.tell(declarations.file, "is incomplete", declarations.incomplete, place)
    return draft.translated()


def _declared(one: Declared) -> AwsDeclared:
    """The same resource with the texts by which others refer to it: its address, and in a state its id and ARN."""
    known = (one.values.get(name) for name in _IDENTITIES)
    return AwsDeclared(
        address=one.address,
        type=one.type,
        name=_called(one),
        values=one.values,
        file=one.origin.file,
        identities=(one.address, *(text for text in known if isinstance(text, str) and text)),
    )


def _called(one: Declared) -> str:
    """What a reader would call it: its tag `Name`, or its name, or else its label with that of its module."""
    for stated in (at(one.values.get("tags"), "Name"), one.values.get("name")):
        if isinstance(stated, str) and stated:
            return stated
    module = one.module.rpartition(".")[2].partition("[")[0]
    key = "" if one.key is None else str(one.key)
    return "-".join(part for part in (module, one.name, key) if part)


def _head(draft: Draft, declarations: Declarations) -> None:
    place = Origin(declarations.file, 0, address="the plan as a whole")
    region = next(_regions(declarations), _NO_REGION)
    head: dict[str, Value] = {"version": 1, "name": _environment(declarations.file), "cloud": "aws", "region": region}
    for key, value in head.items():
        draft.put((key,), value, place)
    draft.put(("accounts", "this", "account_id"), next(_accounts(declarations), _NO_ACCOUNT), place)
    if not any(_regions(declarations)):
        what = f"does not say in which region it is applied: {region} is taken"
        draft.tell(declarations.file, what, "names of services are those of that region", place)


def _regions(declarations: Declarations) -> Iterator[str]:
    """The region of the provider without an alias, or the one that a data source has read."""
    for provider in declarations.providers:
        region = provider.values.get("region")
        if provider.name == "aws" and not provider.alias and isinstance(region, str):
            yield region
    yield from _data(declarations, _REGION, "region", "name", "id")


def _accounts(declarations: Declarations) -> Iterator[str]:
    yield from _data(declarations, _ACCOUNT, "account_id")


def _data(declarations: Declarations, kind: str, *attributes: str) -> Iterator[str]:
    """What a data source of a kind has read."""
    for one in declarations.resources:
        if one.mode == "data" and one.type == kind:
            found = (one.values.get(attribute) for attribute in attributes)
            yield from (text for text in found if isinstance(text, str) and text)


def _environment(file: str) -> str:
    """The name of the environment: that of the file, in the form that names have."""
    stem = PurePath(file).name.partition(".")[0].lower()
    name = _NOT_IN_A_NAME.sub("-", stem).strip("-")[:32].rstrip("-")
    return name if len(name) > 1 and name[0].isalpha() else "plan"
