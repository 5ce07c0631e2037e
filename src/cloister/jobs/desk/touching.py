"""What a job that is submitted touches beside itself, and needs rights for: computes, data, other jobs' outputs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from cloister.gateway.mlflow.resources import named
from cloister.jobs.compute.compute import DEFAULT
from cloister.jobs.desk import rights
from cloister.jobs.desk.references import needed
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Touched:
    """An action on a resource, and whose that is, where it is somebody's."""

    action: str
    resource: str
    owner: str | None = None


def touched(service: JobService, placed: Plan) -> Iterator[Touched]:
    """What the job touches, each once, in order; itself first. The plan is one whose computes there are.

    One after the other, as the rights are: see `references`.
    """
    seen: set[Touched] = set()
    for one in _all(service, placed):
        if one not in seen:
            seen.add(one)
            yield one


def _all(service: JobService, placed: Plan) -> Iterator[Touched]:
    yield Touched(rights.CREATE, named("job", placed.name) if placed.name else rights.EVERY_JOB)
    for name in sorted({step.compute or DEFAULT for step in placed.steps}):
        yield Touched(rights.USE_COMPUTE, named("compute", name))
    for one in needed(placed, service.library.following):
        yield Touched(one.action, one.resource, service.submitter(one.job) if one.job else None)


async def one_by_one(found: Iterator[Item]) -> AsyncIterator[Item]:
    """The things, each looked for in a thread when the one before has been dealt with."""
    end = object()
    while (one := await asyncio.to_thread(next, found, end)) is not end:
        yield cast("Item", one)
