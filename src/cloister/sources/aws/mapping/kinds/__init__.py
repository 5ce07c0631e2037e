"""Kinds of resources that need code: what claims its place in a way of its own, and what is written in another's place.

`CLAIMS` run first, so that every reference finds what it means; `FILLS` then write what no row of the table can say.
"""

from collections.abc import Callable

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.kinds import (
    apis,
    balancers,
    buckets,
    databases,
    endpoints,
    filters,
    learning,
    networks,
    roles,
    routes,
    workloads,
)

Step = Callable[[Part], None]
CLAIMS: dict[str, Step] = {**networks.CLAIMS, **filters.CLAIMS, **routes.CLAIMS, **roles.CLAIMS}
FILLS: dict[str, Step] = {
    **networks.FILLS,
    **routes.FILLS,
    **filters.FILLS,
    **endpoints.FILLS,
    **balancers.FILLS,
    **apis.FILLS,
    **workloads.FILLS,
    **databases.FILLS,
    **buckets.FILLS,
    **roles.FILLS,
    **learning.FILLS,
}
