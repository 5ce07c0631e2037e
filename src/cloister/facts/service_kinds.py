"""The kinds of services that a document may hold beside those of a workspace: one row each, so that a kind is data."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One kind. Its host names, doors and zones are the rows of `service_names.tsv` with that service.

    `limits`: whether it takes chosen subnets and prefixes of callers; `bypass`: whether it can let in services that
    Microsoft trusts whatever these say; `acts`: whether it calls other services itself, under an identity of its own;
    `identity`: own where it has a managed identity without asking, may where it can be given one, no where it cannot.
    """

    kind: str
    title: str
    limits: str
    bypass: str
    acts: str
    identity: str
    source: str
    read: str


@cache
def service_kinds() -> dict[str, ServiceKind]:
    """Every kind by its word in a document."""
    return {row.kind: row for row in read_table("service_kinds", ServiceKind)}
