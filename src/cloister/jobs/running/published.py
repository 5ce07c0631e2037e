"""The outputs of jobs, by the names that the job gives them."""

from dataclasses import dataclass
from pathlib import Path

from cloister.errors import Fault
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.records.jobs import JobRecord, JobRecords
from cloister.jobs.records.status import StepStatus
from cloister.jobs.running.folders import JobFolders


@dataclass(frozen=True, slots=True)
class PublishedOutputs:
    """Where outputs lie that jobs have made."""

    jobs: JobRecords
    folders: JobFolders

    def folder(self, job: str, output: str) -> Path:
        """The file or folder of one output. Raises MissingError, and ConflictError where it is not made yet."""
        record = self.jobs.find(job)
        if record is None:
            raise MissingError(Fault(f'job "{job}"', "there is none of that name", "see: cloister job list"))
        step, name = maker(record, output)
        if record.step(step).status is not StepStatus.COMPLETED:
            reason = f'step "{step}", which makes output "{output}", is {record.step(step).status}'
            raise ConflictError(Fault(f'job "{job}"', reason, "wait until it has completed"))
        return self.folders.step(job, step).outputs / name


def maker(record: JobRecord, output: str) -> tuple[str, str]:
    """The step that makes an output of the job, and what it calls it. Raises MissingError.

    What the job does not name is found by the step's own name for it, where the job has one step.
    """
    known = {published.name: (published.step, published.output) for published in record.plan.outputs}
    if len(record.plan.steps) == 1:
        step = record.plan.steps[0]
        known = {made.name: (step.name, made.name) for made in step.outputs} | known
    if output not in known:
        told = f"its outputs are {', '.join(known)}" if known else "it has none"
        raise MissingError(Fault(f'job "{record.name}"', f'has no output "{output}"', told))
    return known[output]
