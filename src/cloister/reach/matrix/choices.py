"""The data plane once for each choice of machines by the balancers that routes lead to.

With one machine behind such a balancer, everything behind it is a way like any other. So all pairs are worked out for
each choice, and what they say together is the answer: surely allowed where all choices allow, possibly where any does.
"""

from dataclasses import replace
from math import prod

from cloister.fabric.balancers import Balanced
from cloister.fabric.fabric import Fabric
from cloister.reach.balancing import probes_reach_all

MOST = 16
"""How many choices are worked out; beyond, ways by balancers are left to the plain evaluator."""


def choices(fabric: Fabric) -> tuple[Fabric, ...]:
    """The data plane in each choice; itself where there is none to make, or too many."""
    hops = {route.hop.address for segment in fabric.segments.values() for route in segment.routes}
    rules = [one.forwarding for one in fabric.frontends if one.address in hops]
    several = [rule for rule in rules if rule and len(rule.backends) > 1 and probes_reach_all(fabric, rule)]
    if prod(len(rule.backends) for rule in several) > MOST:
        return (fabric,)
    chosen: tuple[Fabric, ...] = (fabric,)
    for rule in several:
        chosen = tuple(_with_only(one, rule, name) for one in chosen for name in rule.backends)
    return chosen


def is_settled(fabric: Fabric, rule: Balanced) -> bool:
    """Whether a rule leaves nothing open: it sends on what is meant for others, and always to the same machine."""
    return rule.every_port and len(rule.backends) == 1 and probes_reach_all(fabric, rule)


def _with_only(fabric: Fabric, rule: Balanced, backend: str) -> Fabric:
    return replace(fabric, frontends=tuple(one.only(rule, backend) for one in fabric.frontends))
