"""Which resource group a resource stands in."""

import re

from cloister.sources.arm.mapping.resource import Resource
from cloister.sources.draft import key_of

_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)


def group_of(one: Resource) -> str | None:
    """Its name, as far as an id tells."""
    return group_in(one.identity if "/resourcegroups/" in one.identity else one.parent, one.declared.identities)


def group_in(identity: str, others: tuple[str, ...] = ()) -> str | None:
    """The resource group that an id names."""
    for text in (*others, identity):
        match = _GROUP.search(text)
        if match:
            return key_of(match[1])
    return None
