"""How much of the computes a job holds at most at a time. Pure.

Steps of which one needs the other never run side by side: of such a chain only the largest counts. A plan is cut into
chains from its front to its end; what the largest of each take together is never exceeded, however the steps fall.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cloister.jobs.compute.compute import Compute
from cloister.jobs.planning.plan import Plan, PlannedStep


@dataclass(frozen=True, slots=True)
class Demand:
    """Instances and cores at a time."""

    nodes: int
    cores: int


def demand(plan: Plan, compute_of: Callable[[str], Compute | None]) -> Demand:
    """What the plan holds at most at a time, on the computes of these names."""
    chains: dict[str, Demand] = {}  # by the step at the end of each
    for step in plan.steps:
        own = of_step(step, compute_of(step.compute))
        before = next((chains.pop(name) for name in sorted(step.needs) if name in chains), Demand(0, 0))
        chains[step.name] = Demand(max(own.nodes, before.nodes), max(own.cores, before.cores))
    return Demand(sum(one.nodes for one in chains.values()), sum(one.cores for one in chains.values()))


def of_step(step: PlannedStep, compute: Compute | None) -> Demand:
    """What one step holds: an instance each, of as many trials as run at a time, but no more than the compute has."""
    at_a_time = step.sweep.max_concurrent_trials if step.sweep else 1
    nodes = step.instance_count * at_a_time
    if compute is not None:
        nodes = min(nodes, max(compute.max_instances, step.instance_count))
    return Demand(nodes, nodes * ((compute.cores if compute else None) or _processes(step)))


def _processes(step: PlannedStep) -> int:
    """How many processes one instance is: where no size bounds the cores, each counts for one."""
    if step.parallel is not None:
        return step.parallel.processes_per_instance
    if step.distribution is None:
        return 1
    groups = (step.distribution.workers or step.instance_count) + step.distribution.parameter_servers
    if step.distribution.kind == "tensorflow":
        return math.ceil(groups / step.instance_count)
    return step.distribution.processes_per_instance
