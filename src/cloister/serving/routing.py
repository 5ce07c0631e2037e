"""Which deployment answers a request, and whether a copy goes to another: pure, chance comes in as a number."""

from collections.abc import Collection

from cloister.serving.values import WHOLE, Routing


def choose(routing: Routing, healthy: Collection[str], chance: float) -> str | None:
    """The deployment for a `chance` in [0, 1), by share among the healthy ones; none where none of them has a share."""
    shares = [(name, share) for name, share in sorted(routing.traffic.items()) if share and name in healthy]
    point = chance * sum(share for _, share in shares)
    for name, share in shares:
        point -= share
        if point < 0:
            return name
    return None


def choose_mirror(routing: Routing, healthy: Collection[str], chance: float) -> str | None:
    """The deployment that gets a copy, for a `chance` in [0, 1); none where no copy is due or it is not healthy."""
    for name, share in routing.mirror.items():
        if chance * WHOLE < share and name in healthy:
            return name
    return None
