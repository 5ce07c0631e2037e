"""Quotas: how much the jobs of a person, or those of a project, may hold or use. Pure.

A project is an experiment: what jobs log to, and what rights are given on. A quota for `*` holds for each by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final, Literal

from cloister.errors import Fault, SpecError
from cloister.jobs.compute.demand import Demand

Scope = Literal["person", "project"]
EACH: Final = "*"
_LONGEST = 250


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds; None is no bound. `money` is for a calendar month in UTC, in whatever the prices are in."""

    nodes: int | None = None
    cores: int | None = None
    storage_gib: float | None = None
    money: float | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """The bounds of one person, one project, or each of them. Raises SpecError where they bound nothing."""

    scope: Scope
    name: str
    limits: Limits

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > _LONGEST or not self.name.isprintable():
            raise SpecError(Fault("quota", "names nobody", f"name a person or an experiment, or write {EACH}"))
        given = {field.name: getattr(self.limits, field.name) for field in fields(self.limits)}
        if all(bound is None for bound in given.values()):
            raise SpecError(Fault(str(self), "bounds nothing", f"give one of {', '.join(given)}"))
        if wrong := [name for name, bound in given.items() if bound is not None and not 0 <= bound < 2**53]:
            raise SpecError(Fault(str(self), f"{wrong[0]} is out of bounds", "write a number from 0 up"))

    def __str__(self) -> str:
        return f"the quota of {'each ' + self.scope if self.name == EACH else f'{self.scope} {self.name}'}"

    def binds(self, person: str, project: str) -> bool:
        """Whether it holds for a job of that person in that project."""
        return self.name in (EACH, person if self.scope == "person" else project)


@dataclass(frozen=True, slots=True)
class Use:
    """What is held and used already."""

    nodes: int = 0
    cores: int = 0
    storage_bytes: int = 0
    money: float = 0.0


def faults(quota: Quota, whose: str, use: Use, asked: Demand) -> Iterator[Fault]:
    """What of the quota the job would exceed, with the numbers; nothing where it fits. `whose` use is counted."""
    held = (
        ("nodes", asked.nodes, use.nodes, quota.limits.nodes),
        ("cores", asked.cores, use.cores, quota.limits.cores),
    )
    for what, wanted, used, bound in held:
        if bound is not None and used + wanted > bound:
            reason = f"asks for {wanted} {what}; {whose} uses {used} of {bound}"
            mend = f"wait for a job to end, ask for less, or have {quota} raised: cloister quota set"
            yield Fault("job", reason, mend)
    used_gib, storage = use.storage_bytes / 2**30, quota.limits.storage_gib
    if storage is not None and used_gib >= storage:
        reason = f"needs room for its files; {whose} uses {used_gib:.2f} of {storage:g} GiB"
        yield Fault("job", reason, f"have {quota} raised: cloister quota set")
    if quota.limits.money is not None and use.money >= quota.limits.money:
        reason = f"costs money; {whose} has used {use.money:.2f} of {quota.limits.money:g} this month"
        yield Fault("job", reason, f"wait for the next month, or have {quota} raised: cloister quota set")
