"""What people do, in their words, and what each deed needs: a way to a door, and a right there.

`{where}` is the resource that the deed names (`read data from lake`), `{name}` the object (`promote model/churn`),
`{workspace}` and `{storage}` the workspace concerned and its storage account, `{scoring}` where the endpoint that the
deed names takes requests, `{manager}` the host of the resource manager, `{group}` the resource group of `{where}`.
All rows of one deed must hold.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class PeoplesAction:
    """One need of a deed. `plane` says who decides about `operation`: control or data (roles), secret (roles or access
    policies), modes (the operation of each mode of authentication, of which one is in use), gateway (policy documents),
    local (keys and passwords of a machine), `-` (nobody: the way is enough).

    `on` is the kind of resource that `{where}` is; `operation` of a local plane names the switch of it.
    """

    action: str
    resource: str
    on: str
    way: str
    plane: str
    operation: str
    at: str
    text: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class WayAroundRoles:
    """What opens a resource to somebody without a role on its data: a key that `operation` hands out, or no key at all.

    It is there where `switch` is on; `actions` are those that it serves, `words` say how.
    """

    on: str
    actions: str
    switch: str
    operation: str
    at: str
    way: str
    words: str
    text: str
    source: str
    read: str


@cache
def people_actions() -> tuple[PeoplesAction, ...]:
    """All needs, deed by deed."""
    return read_table("people_actions", PeoplesAction)


@cache
def ways_around_roles() -> tuple[WayAroundRoles, ...]:
    """The ways around roles."""
    return read_table("ways_around_roles", WayAroundRoles)
