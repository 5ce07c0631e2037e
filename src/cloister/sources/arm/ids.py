"""Ids of resources: how templates build them, and what they are made of."""

import re
from dataclasses import dataclass

from cloister.sources.arm.functions.calling import FunctionError

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]*\.[A-Za-z0-9.]+(/[A-Za-z0-9$_-]+)+")
_PROVIDERS = "/providers/"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a deployment deploys to. An empty resource group is the subscription itself; without both, the tenant."""

    subscription: str = ""
    resource_group: str = ""
    management_group: str = ""

    @property
    def id(self) -> str:
        """The id of the scope, without a slash at its end."""
        if self.management_group:
            return f"{_PROVIDERS}Microsoft.Management/managementGroups/{self.management_group}"
        group = f"/resourceGroups/{self.resource_group}" if self.resource_group else ""
        return f"/subscriptions/{self.subscription}{group}" if self.subscription else ""


def joined(scope: str, kind: str, names: list[str]) -> str:
    """The id of a resource of a type with its names, in a scope. Raises FunctionError where the two do not fit."""
    provider, *segments = kind.split("/")
    if len(segments) != len(names):
        raise FunctionError(f"takes a name for each part of {kind}, and {len(names)} are given")
    pairs = "/".join(part for pair in zip(segments, names, strict=True) for part in pair)
    return f"{scope.rstrip('/')}{_PROVIDERS}{provider}/{pairs}"


def resource_id(scope: Scope, parts: list[str]) -> str:
    """`resourceId`: perhaps a subscription and a resource group, the type, the names."""
    before, kind, names = _parted(parts)
    if len(before) > 2:  # noqa: PLR2004 - a subscription and a resource group
        raise FunctionError("takes a subscription and a resource group before the type, and no more")
    subscription = before[0] if len(before) == 2 else scope.subscription  # noqa: PLR2004 - as above
    group = before[-1] if before else scope.resource_group
    if kind.lower() == "microsoft.resources/resourcegroups":
        return f"/subscriptions/{subscription}/resourceGroups/{names[0]}"
    return joined(Scope(subscription, group, "" if before else scope.management_group).id, kind, names)


def subscription_resource_id(scope: Scope, parts: list[str]) -> str:
    """`subscriptionResourceId`: perhaps a subscription, the type, the names."""
    before, kind, names = _parted(parts)
    return joined(Scope(before[0] if before else scope.subscription).id, kind, names)


def tenant_resource_id(parts: list[str]) -> str:
    """`tenantResourceId`: the type, the names."""
    _, kind, names = _parted(parts)
    return joined("", kind, names)


def management_group_resource_id(scope: Scope, parts: list[str]) -> str:
    """`managementGroupResourceId`: perhaps a management group, the type, the names."""
    before, kind, names = _parted(parts)
    return joined(Scope(management_group=before[0] if before else scope.management_group).id, kind, names)


def _parted(parts: list[str]) -> tuple[list[str], str, list[str]]:
    for place, part in enumerate(parts):
        if _TYPE.fullmatch(part):
            return parts[:place], part, parts[place + 1 :]
    raise FunctionError("takes a type of resource such as Microsoft.Network/virtualNetworks")


@dataclass(frozen=True, slots=True)
class Parts:
    """What an id is made of: the id of its parent or its scope, the whole type, and the last name."""

    parent: str
    type: str
    name: str


def parts_of(identity: str) -> Parts | None:
    """The parts of an id, None where it is the id of no resource of a provider."""
    scope, providers, rest = _last_provider(identity)
    words = rest.split("/")
    if not providers or len(words) < 3 or len(words) % 2 == 0 or not all(words):  # noqa: PLR2004 - provider, type, name
        return None
    kind = "/".join([words[0], *words[1::2]])
    parent = f"{scope}{_PROVIDERS}{'/'.join(words[:-2])}" if len(words) > 3 else scope  # noqa: PLR2004 - as above
    return Parts(parent, kind, words[-1])


def _last_provider(identity: str) -> tuple[str, str, str]:
    place = identity.lower().rfind(_PROVIDERS)
    if place < 0:
        return identity, "", ""
    return identity[:place], _PROVIDERS, identity[place + len(_PROVIDERS) :]
