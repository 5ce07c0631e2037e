"""A host of which nobody knows whether it is one of a service's: the address once as if it were, once as if not.

Where a segment has a route of its own to a service, and a policy before it, the host may take that route or another.
"""

from dataclasses import dataclass, replace

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.routes import HopKind, Route


@dataclass(frozen=True, slots=True)
class EitherWay:
    """The address as one of the service's, which goes over `route`, and as none of them."""

    route: Route
    over: Address
    past: Address


def either_way(fabric: Fabric, place: Place, address: Address) -> EitherWay | None:
    """Both readings of an address, where a policy stands before the one route and it may be that."""
    segment = fabric.segments.get(place.where)
    if segment is None:
        return None
    kinds = {policy.kind for policy in segment.policies}
    routes = [one for one in segment.routes if one.hop.kind is HopKind.SERVICE and one.hop.target in kinds]
    uncertain = [one for one in routes if one.to.holds(address, fabric.public) is None]
    return _readings(uncertain[0], address) if len(uncertain) == len(routes) == 1 else None


def _readings(route: Route, address: Address) -> EitherWay:
    labels = route.to.labels
    doubtful = address.doubtful_labels - labels
    over = replace(address, labels=address.labels | labels, doubtful_labels=doubtful)
    past = replace(address, absent_labels=address.absent_labels | labels, doubtful_labels=doubtful)
    return EitherWay(route, over, past)
