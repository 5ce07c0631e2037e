"""On which compute each step of a plan runs, and what is said of it. Pure."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cloister.errors import Fault, SpecError
from cloister.jobs.compute.compute import DEFAULT, Compute
from cloister.jobs.planning.plan import Plan, PlannedStep

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Machine:
    """What one machine has."""

    cores: int
    memory_bytes: int

    @classmethod
    def here(cls) -> "Machine":
        """This one."""
        return cls(os.cpu_count() or 1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def placed(plan: Plan, computes: Mapping[str, Compute], machine: Machine, *, refuse_unknown: bool = False) -> Plan:
    """The plan with each step on a compute that there is, the default one where its own is not; with notes.

    Placing a plan twice changes nothing more. Raises SpecError where unknown computes are refused.
    """
    unknown = sorted({step.compute for step in plan.steps if step.compute not in computes} - {"", DEFAULT})
    if refuse_unknown and unknown:
        known = ", ".join(sorted(computes)) or "none yet"
        mend = f"make it, or name one that there is ({known})"
        raise SpecError([Fault(f'compute "{name}"', "there is none of that name here", mend) for name in unknown])
    steps = tuple(_placed(step, computes.get(step.compute)) for step in plan.steps)
    said = [_of_unknown(name, plan) for name in unknown]
    said += [_of_known(computes[name], machine) for name in sorted({step.compute for step in steps} & set(computes))]
    return replace(plan, steps=steps, notes=plan.notes + tuple(note for note in said if note not in plan.notes))


def _placed(step: PlannedStep, compute: Compute | None) -> PlannedStep:
    if compute is None:
        return replace(step, compute="")
    return replace(step, low_priority=step.low_priority or compute.low_priority)


def _of_unknown(name: str, plan: Plan) -> str:
    steps = ", ".join(step.name for step in plan.steps if step.compute == name)
    return f"compute {name} -> {DEFAULT}: nobody has made one of that name here ({steps})"


def _of_known(compute: Compute, machine: Machine) -> str:
    """What a step on the compute gets: what its size says, but no more than the machine has."""
    tier = ", low priority: a step may have to make room, and starts again" if compute.low_priority else ""
    most = f"at most {compute.max_instances} at a time{tier}"
    if compute.cores is None or compute.memory_bytes is None:
        return f"compute {compute.name}: {most}"
    cores, memory = min(compute.cores, machine.cores), min(compute.memory_bytes, machine.memory_bytes)
    cut = f" (of {compute.cores} and {compute.memory_bytes / _GIB:g})"
    is_cut = (cores, memory) != (compute.cores, compute.memory_bytes)
    share = f"{cores} cores and {memory / _GIB:.3g} GiB{cut if is_cut else ''}"
    return f"compute {compute.name}, {compute.size}: {share}, {most}"
