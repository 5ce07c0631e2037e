"""What a job that is submitted touches beside itself, and needs rights for: computes, data, other jobs' outputs."""

from dataclasses import dataclass

from cloister.gateway.mlflow.resources import named
from cloister.jobs.compute.compute import DEFAULT
from cloister.jobs.desk import rights
from cloister.jobs.desk.references import needed
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Touched:
    """An action on a resource, and whose that is, where it is somebody's."""

    action: str
    resource: str
    owner: str | None = None


def touched(service: JobService, placed: Plan) -> tuple[Touched, ...]:
    """What the job touches, each once, in order; itself first. The plan is one whose computes there are."""
    computes = sorted({step.compute or DEFAULT for step in placed.steps})
    found = [Touched(rights.CREATE, rights.EVERY_JOB)]
    found += [Touched(rights.USE_COMPUTE, named("compute", name)) for name in computes]
    for one in needed(placed, service.library.following):
        found.append(Touched(one.action, one.resource, service.submitter(one.job) if one.job else None))
    return tuple(dict.fromkeys(found))
