"""The inventory of an environment in AWS as the sections of a document again."""

import json
from dataclasses import fields
from typing import Any

from cloister.inventory import aws
from cloister.origin import Origin
from cloister.sources.stated import Members, stated

_POLICIES = ("policy", "assume_role_policy", "permissions_boundary")
"""Attributes that hold an IAM document as JSON text."""


def aws_sections(inventory: aws.Inventory) -> Members:
    """Its sections, in the order of the inventory."""
    return {
        field.name: {one.name: _whole(one) for one in getattr(inventory, field.name)}
        for field in fields(inventory)
        if field.name not in _NO_SECTIONS
    }


_NO_SECTIONS = (
    *("name", "cloud", "region", "origin", "gaps", "not_understood"),
    *("intents", "packs", "approved", "undeclared"),
)


def _whole(resource: Any) -> Members:  # noqa: ANN401 - any resource
    """A resource with everything inside of it."""
    if isinstance(resource, aws.IamPolicy):
        return dict(json.loads(resource.policy))
    written = stated(resource, *_inside(resource))
    written |= {key: json.loads(written[key]) for key in _POLICIES if key in written}
    for key in _inside(resource):
        value = getattr(resource, key)
        written[key] = {one.name: _whole(one) for one in value} if isinstance(value, tuple) else _whole(value)
    return written


def _inside(resource: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """The attributes that hold resources, and those of which to hold none says something."""
    found = ((field.name, getattr(resource, field.name)) for field in fields(resource) if field.name != "origin")
    return tuple(name for name, value in found if _holds_resources(value) or (name == "egress" and value == ()))


def _holds_resources(value: Any) -> bool:  # noqa: ANN401 - as above
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(getattr(first, "origin", None), Origin)
