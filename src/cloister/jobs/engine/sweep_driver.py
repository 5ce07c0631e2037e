"""Runs sweeps: proposes trials, lets agents run them as steps of their own, stops the hopeless, and keeps the best.

Whatever is decided is on record before it is acted on. So an owner that takes a sweep up from another, or after a
crash, goes on with the trials that there are: none that has ended runs again, and none is proposed twice.
"""

import asyncio
import json
import logging
import math
import time
from dataclasses import dataclass

from cloister.access.principals import Principal, job_step
from cloister.jobs.engine.best_trial import best_trial
from cloister.jobs.engine.job_run import JobRun
from cloister.jobs.planning.plan import PlannedStep, Sweep
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import FINISHED_STEPS, StepStatus
from cloister.jobs.records.trials import SweepRecord, TrialRecord
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.handing_on import hand_on
from cloister.jobs.running.step_data import DataError, Maker, StepData
from cloister.jobs.running.tracking import RunStatus, Tracking, TrackingError
from cloister.jobs.sweeping.history import Tried, best_metric, score
from cloister.jobs.sweeping.search import next_values, seed_of
from cloister.jobs.sweeping.space import text
from cloister.jobs.sweeping.termination import Curve, due_interval, reason_to_stop
from cloister.jobs.sweeping.trials import trial_name, trial_step

_LOG = logging.getLogger(__name__)
# How often running trials' metrics are read where a policy waits for them; longer while nothing new is logged.
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 5.0
# How often a sweep looks round where nobody tells it that something ended, and writes down how long it has run.
_ROUND_SECONDS = 2.0
# So many rounds in a row may end with a refusal of MLflow; that it is not there at all is waited for longer.
_MOST_REFUSALS = 10
_RUN_STATUS: dict[StepStatus, RunStatus] = {
    StepStatus.COMPLETED: "FINISHED",
    StepStatus.FAILED: "FAILED",
    StepStatus.CANCELED: "KILLED",
}


@dataclass(frozen=True, slots=True)
class SweepDriver:
    """Drives the sweeps of an orchestrator's jobs."""

    records: Records
    tracking: Tracking | None
    folders: JobFolders
    data: StepData

    def drives(self, step: PlannedStep) -> bool:
        """Whether the step is a sweep."""
        return step.sweep is not None

    async def drive(self, run: JobRun, step: PlannedStep) -> StepStatus | None:
        """How the sweep ended; None where the job is another owner's by now."""
        if step.sweep is None or not await asyncio.to_thread(self.records.steps.drive, run.owner, step.name):
            return await run.ended(step.name)
        driven = _Driven(self, run, step, step.sweep)
        try:
            await asyncio.to_thread(driven.begin)
        except TrackingError as error:
            return await driven.settle(StepStatus.FAILED, f"MLflow cannot be used: {error}")
        return await driven.to_its_end()


class _Driven:
    """One sweep that runs. Its methods without `async` touch the database and MLflow, and are called in threads."""

    def __init__(self, driver: SweepDriver, run: JobRun, step: PlannedStep, sweep: Sweep) -> None:
        self._records, self._tracking, self._folders = driver.records, driver.tracking, driver.folders
        self._data = driver.data
        self._run = run
        self._owner = run.owner
        self._step = step
        self._sweep = sweep
        self._seed = seed_of(sweep, run.owner.job, step.name)
        self._principal: Principal = job_step(run.owner.job, step.name, run.record.submitter)
        self._clock = time.monotonic()
        self._elapsed = 0.0
        self._noted = 0.0
        self._pause = _SHORTEST_PAUSE_SECONDS
        self._next_reading = 0.0
        # Why no more trials are proposed, empty while they are.
        self._over = ""
        self._is_exhausted = False
        self._refusals = 0

    def begin(self) -> None:
        """Go on where an earlier owner stopped, in its MLflow run or a new one."""
        record = self._look()
        self._elapsed = self._noted = record.elapsed_seconds
        if self._tracking is None or record.run_id:
            return
        job = self._run.record
        tags = {"mlflow.source.type": "JOB", "mlflow.source.name": f"{job.name}/{self._step.name}"}
        tags |= {"mlflow.parentRunId": job.run_id} if job.run_id else {}
        tags |= {"cloister.job": job.name, "cloister.step": self._step.name, "cloister.submitter": job.submitter}
        tags |= {"cloister.code_sha256": job.snapshot, "primary_metric": self._sweep.metric, "goal": self._sweep.goal}
        title = self._step.display_name or self._step.name
        run_id = self._tracking.start_run(self._principal, self._run.plan.experiment_name, title, tags)
        self._records.steps.drive(self._owner, self._step.name, run_id=run_id)

    async def to_its_end(self) -> StepStatus | None:
        """How the sweep ended; it is on record then."""
        own = self._run.ended(self._step.name)
        while not own.done():
            record = await asyncio.to_thread(self._advance)
            running = [trial for trial in record.trials if trial.status not in FINISHED_STEPS]
            if not running and (self._is_over(record) or self._refusals >= _MOST_REFUSALS):
                return await self._conclude(record)
            waited = {own, *(self._run.ended(trial.step) for trial in running)}
            policy = self._sweep.early_termination is not None and running
            await asyncio.wait(
                waited,
                timeout=min(self._pause, _ROUND_SECONDS) if policy else _ROUND_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        return own.result()

    def _look(self) -> SweepRecord:
        return self._records.trials.sweep(self._owner.job, self._step.name)

    def _advance(self) -> SweepRecord:
        """One round: what ended is settled, the hopeless are stopped, and free places get trials."""
        record = self._look()
        self._note_time(record)
        try:
            self._settle_ended(record)
            self._stop_hopeless(record)
            self._refusals = 0
        except TrackingError as error:
            # The gateway restarts, perhaps; the next round asks again.
            _LOG.warning("sweep %s of job %s: %s", self._step.name, self._owner.job, error)
            self._refusals += 1
            if self._refusals >= _MOST_REFUSALS:
                self._over = self._over or f"the metrics cannot be read: {error}"
        if self._over:
            self._cancel_running(record)
        elif not self._is_exhausted:
            self._propose()
        return self._look()

    def _note_time(self, record: SweepRecord) -> None:
        now = time.monotonic()
        self._elapsed += now - self._clock
        self._clock = now
        if self._elapsed - self._noted >= _ROUND_SECONDS:
            self._records.trials.note_elapsed(self._owner, self._step.name, self._elapsed)
            self._noted = self._elapsed
        limit = self._sweep.timeout_seconds
        if record.wished_end:
            self._over = record.wished_end
        elif limit is not None and self._elapsed >= limit and not self._over:
            self._over = f"the sweep took longer than its timeout of {limit} s"

    def _cancel_running(self, record: SweepRecord) -> None:
        open_ones = [trial.step for trial in record.trials if trial.status not in FINISHED_STEPS]
        if open_ones:
            self._records.steps.cancel(self._owner, self._over, open_ones)

    # Trials that have ended.

    def _settle_ended(self, record: SweepRecord) -> None:
        """Keep what each ended trial came to."""
        ended = [trial for trial in record.trials if trial.status in FINISHED_STEPS and not trial.settled]
        curves = self._curves([trial for trial in ended if trial.run_id])
        for trial in ended:
            self._keep(trial, curves.get(trial.run_id, ()))
            self._log_choices(trial)
            self._note(trial, settled=True)

    def _log_choices(self, trial: TrialRecord) -> None:
        """Log in the trial's run what it was given, where its script did not; nothing hangs on it."""
        if self._tracking is None or not trial.run_id:
            return
        tags = {"hyperparameters": json.dumps(trial.values)}
        if trial.status is StepStatus.CANCELED and trial.reason:
            tags["cloister.canceled"] = trial.reason
        try:
            logged = self._tracking.parameters(self._principal, trial.run_id)
            given = {name: text(value) for name, value in trial.values.items() if name not in logged}  # type: ignore[arg-type]  # from JSON
            self._tracking.log_parameters(self._principal, trial.run_id, given)
            self._tracking.set_tags(self._principal, trial.run_id, tags)
        except TrackingError as error:
            _LOG.warning("the MLflow run %s of %s: %s", trial.run_id, trial.step, error)

    def _keep(self, trial: TrialRecord, reported: tuple[float, ...]) -> None:
        best = best_metric(self._sweep, reported)
        known = best if best is not None and math.isfinite(best) else None
        self._note(trial, metric=known, reported=len(reported))

    def _curves(self, trials: list[TrialRecord]) -> dict[str, tuple[float, ...]]:
        if self._tracking is None or not trials:
            return {}
        runs = [trial.run_id for trial in trials]
        return self._tracking.metric_histories(self._principal, runs, self._sweep.metric)

    def _note(self, trial: TrialRecord, **columns: object) -> None:
        self._records.trials.note(self._owner, self._step.name, trial.number, **columns)

    # Early termination.

    def _stop_hopeless(self, record: SweepRecord) -> None:
        """Cancel running trials that the policy stops at the newest interval that they have reached."""
        policy = self._sweep.early_termination
        running = [trial for trial in record.trials if trial.status is StepStatus.RUNNING and trial.run_id]
        if policy is None or not running or time.monotonic() < self._next_reading:
            return
        curves = self._curves([trial for trial in record.trials if trial.run_id])
        known = {trial.step: Curve(trial.step, curves.get(trial.run_id, ())) for trial in record.trials}
        news = False
        for trial in running:
            curve = known[trial.step]
            if len(curve.reported) > trial.reported:
                news = True
                self._keep(trial, curve.reported)
            interval = due_interval(policy, len(curve.reported), trial.judged)
            if interval is None:
                continue
            others = [other for step, other in known.items() if step != trial.step]
            reason = reason_to_stop(self._sweep, curve, interval, others)
            if reason:
                _LOG.info("%s of job %s is stopped: %s", trial.step, self._owner.job, reason)
                self._records.steps.cancel(self._owner, reason, (trial.step,))
            self._note(trial, judged=interval)
        self._pause = _SHORTEST_PAUSE_SECONDS if news else min(self._pause * 1.5, _LONGEST_PAUSE_SECONDS)
        self._next_reading = time.monotonic() + self._pause

    # New trials.

    def _propose(self) -> None:
        """Bring forth trials until so many run as may."""
        record = self._look()
        trials = list(record.trials)
        for trial in trials:
            if trial.status is None or trial.status is StepStatus.NOT_STARTED:
                # The crash came between the proposal and its step, or before the step was queued.
                self._bring_forth(trial.number, trial.values)
        open_ones = sum(trial.status not in FINISHED_STEPS for trial in trials)
        number = len(trials)
        tried = [self._tried(trial) for trial in trials]
        while open_ones < self._sweep.max_concurrent_trials and number < self._sweep.max_total_trials:
            values = next_values(self._sweep, self._seed, number, tried)
            if values is None:
                self._is_exhausted = True
                return
            step = trial_name(self._step.name, number)
            self._records.trials.propose(self._owner, self._step.name, number, step, dict(values))
            self._bring_forth(number, dict(values))
            tried.append(Tried(values, None, running=True))
            number, open_ones = number + 1, open_ones + 1

    def _bring_forth(self, number: int, values: dict[str, object]) -> None:
        trial = trial_step(self._step, number, values)  # type: ignore[arg-type]  # from JSON
        self._records.steps.bring_forth(self._owner, self._step.name, (trial,))
        self._records.steps.queue(self._owner, (trial.name,))

    def _tried(self, trial: TrialRecord) -> Tried:
        known = None if trial.metric is None else score(self._sweep, trial.metric)
        values = tuple(trial.values.items())
        # A running trial's metric is not its last: it counts as one that is not known.
        ended = trial.settled
        return Tried(values, known if ended else None, running=not ended)  # type: ignore[arg-type]  # from JSON

    # The end.

    def _is_over(self, record: SweepRecord) -> bool:
        """Whether there is nothing more to wait for."""
        if not all(trial.settled for trial in record.trials):
            return False
        return bool(self._over) or self._is_exhausted or len(record.trials) >= self._sweep.max_total_trials

    async def _conclude(self, record: SweepRecord) -> StepStatus | None:
        if record.wished_end:
            return await self.settle(StepStatus.CANCELED, record.wished_end)
        if self._refusals >= _MOST_REFUSALS:
            return await self.settle(StepStatus.FAILED, self._over)
        best = best_trial(self._sweep, record)
        if best is None:
            status, reason = self._without_best(record)
            return await self.settle(status, reason)
        try:
            await asyncio.to_thread(self._keep_outputs, best)
        except (OSError, DataError) as error:
            return await self.settle(StepStatus.FAILED, f"the outputs of {best.step}, which is the best: {error}")
        told = f"{best.step} is the best: {self._sweep.metric} {best.metric:g}"
        return await self.settle(StepStatus.COMPLETED, f"{told}; {self._over}" if self._over else told, best)

    def _keep_outputs(self, best: TrialRecord) -> None:
        """Make the trial's outputs the sweep's, wherever those are to go."""
        job = self._owner.job
        own = self._folders.step(job, self._step.name)
        hand_on(self._folders.step(job, best.step), own)
        own.tell(*self._data.keep(job, self._step, own.outputs, Maker(self._principal, self._look().run_id)))

    def _without_best(self, record: SweepRecord) -> tuple[StepStatus, str]:
        completed = sum(trial.status is StepStatus.COMPLETED for trial in record.trials)
        if not completed:
            return StepStatus.FAILED, self._over or f"none of its {len(record.trials)} trials completed"
        told = f'no trial that completed logged the metric "{self._sweep.metric}"'
        # A search for its own sake is one; outputs, though, are the best trial's.
        return (StepStatus.FAILED if self._step.outputs else StepStatus.COMPLETED), told

    async def settle(self, status: StepStatus, reason: str, best: TrialRecord | None = None) -> StepStatus | None:
        """Write the end down, and wait until everybody knows it."""
        await asyncio.to_thread(self._end_run, status, best)
        await asyncio.to_thread(self._records.steps.settle, self._owner, self._step.name, status, reason)
        return await self._run.ended(self._step.name)

    def _end_run(self, status: StepStatus, best: TrialRecord | None) -> None:
        """End the sweep's run, with what Azure ML tells of the best child; the sweep's state does not hang on it."""
        run_id = self._look().run_id
        if self._tracking is None or not run_id:
            return
        try:
            if best is not None:
                tags = {"best_child_run_id": best.run_id, "score": str(best.metric), "cloister.best_trial": best.step}
                tags |= {"best_hyperparameters": json.dumps(best.values)}
                self._tracking.set_tags(self._principal, run_id, tags)
            self._tracking.end_run(self._principal, run_id, _RUN_STATUS[status])
        except TrackingError as error:
            _LOG.warning("the MLflow run of sweep %s of job %s: %s", self._step.name, self._owner.job, error)
