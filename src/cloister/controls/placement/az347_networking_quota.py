"""AZ347: the quota leaves room for what Azure makes beside computes with public addresses."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory

_MADE = ("NetworkSecurityGroups", "LoadBalancers", "StandardSkuLoadBalancers", "PublicIPAddresses", "NetworkInterfaces")

CONTROL = Control(
    id="AZ347",
    title="The quotas of networking leave room for what Azure makes beside computes with public addresses",
    why="Each such compute takes a filter, a load balancer, an address and an interface of the subscription's "
    "quota, a cluster each time that it grows from zero.",
    remedy="Ask for a larger quota, or take public addresses from the nodes.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(training_guide("Public IP: resources are limited by the subscription's resource quotas"),),
    aliases=("S2-35",),
    question="Do the quotas of networking leave room for a filter, a load balancer, an address and an interface for "
    "each compute?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with computes in subnets whose nodes get public addresses."""
    return (inventory,) if any(one.subnet and one.node_public_ip for one in inventory.computes) else ()


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for each quota that would not hold one more for every compute; due where nobody collected them."""
    observed = environment.inventory.observed
    usages = observed.network_usages if observed else None
    counted = [one for one in usages or () if one.counted in _MADE]
    if not counted:
        yield CONTROL.due("the environment", at=inventory.origin)
    needed = sum(bool(one.subnet) and one.node_public_ip for one in inventory.computes)
    for usage in counted:
        left = usage.limit - usage.current_value
        if left < needed:
            message = f"{left} of {usage.limit} are left, and {needed} computes may each take one"
            yield CONTROL.finding(f'quota "{usage.counted}"', message, at=usage.origin)
