"""Takes over the result of an earlier step that hung on the very same things, instead of running the command again.

Only what the same person's jobs have made is taken over: whoever submits a job learns nothing of jobs that are not
theirs.
"""

from collections.abc import Callable
from functools import lru_cache

from cloister import __version__
from cloister.errors import SpecError
from cloister.jobs.assets.snapshot import contents
from cloister.jobs.engine.job_run import JobRun
from cloister.jobs.planning.fingerprints import fingerprint
from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.records.records import Records
from cloister.jobs.records.results import Result
from cloister.jobs.records.status import StepStatus
from cloister.jobs.running.folders import JobFolders, StepFolder
from cloister.jobs.running.handing_on import hand_on

_SNAPSHOTS_KEPT = 64


class Reuse:
    """Looks for results before steps are queued."""

    def __init__(self, records: Records, folders: JobFolders, is_allowed: Callable[[str], bool]) -> None:
        self._records = records
        self._folders = folders
        # Whether what a job ran in is still allowed: what was made with a package that was revoked is made anew.
        self._is_allowed = is_allowed
        # A snapshot never changes; a pipeline asks for it once a step.
        self._contents = lru_cache(maxsize=_SNAPSHOTS_KEPT)(lambda sha256: contents(folders.snapshot(sha256)))

    def take(self, run: JobRun, step: PlannedStep) -> bool:
        """Whether the step has completed with an earlier result. What it hangs on is kept for later jobs."""
        job = run.owner.job
        is_new = run.record.step(step.name).status is StepStatus.NOT_STARTED
        if run.plan.kind != "pipeline" or not is_new or not (found := self._fingerprint(run, step)):
            return False
        self._records.results.note(run.owner, step.name, found, run.record.submitter)
        if run.plan.force_rerun:
            return False
        target = self._folders.step(job, step.name)
        for result in self._records.results.find(found, run.record.submitter, but=job):
            if self._is_allowed(result.job) and _take_over(self._folders.step(result.job, result.step), target, result):
                self._records.results.note_maker(run.owner, step.name, result)
                told = f"the result of {result} is used again"
                settle = self._records.steps.settle
                return settle(run.owner, step.name, StepStatus.COMPLETED, told, run_id=result.run_id)
        return False

    def _fingerprint(self, run: JobRun, step: PlannedStep) -> str | None:
        makers = self._records.results.makers(run.owner.job, step.needs)
        try:
            return fingerprint(step, self._contents(run.record.snapshot), makers, __version__)
        except (OSError, SpecError):
            # Nothing is known of a snapshot that is gone or broken; running the step will say what is wrong with it.
            return None


def _take_over(source: StepFolder, target: StepFolder, result: Result) -> bool:
    """Link the outputs; False where that cannot be."""
    try:
        hand_on(source, target)
        target.log.write_text(f"[cloister: not run; the result of {result} is used again]\n", encoding="utf-8")
    except OSError:
        # Gone, or no room: the step is run, and says so if it must.
        return False
    return True
