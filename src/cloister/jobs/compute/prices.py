"""What an hour of a step costs, by the prices that a site gives. Pure."""

from collections.abc import Mapping

from cloister.jobs.compute.compute import DEFAULT, Compute
from cloister.jobs.planning.plan import Plan


def rates_of(plan: Plan, computes: Mapping[str, Compute], prices: Mapping[str, float]) -> dict[str, float]:
    """What an hour of each step costs, without those that cost nothing: by its compute's name, else by its size."""
    by_size = {name.upper(): price for name, price in prices.items()}
    found: dict[str, float] = {}
    for step in plan.steps:
        compute = computes.get(step.compute)
        size = compute.size.upper() if compute else ""
        price = prices.get(step.compute or DEFAULT, by_size.get(size, 0.0))
        if price > 0:
            found[step.name] = price * step.instance_count
    return found
