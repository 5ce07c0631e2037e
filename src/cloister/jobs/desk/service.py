"""The door to jobs for everything but the agent: submit, show, list, cancel, read logs."""

import hashlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.library import library
from cloister.jobs.assets.snapshot import inspect
from cloister.jobs.assets.tracing import Tracing
from cloister.jobs.compute.demand import demand
from cloister.jobs.compute.kept import Computes
from cloister.jobs.compute.prices import rates_of
from cloister.jobs.compute.quotas import Scope
from cloister.jobs.desk import files, listing, logs
from cloister.jobs.desk.agents_control import is_alive
from cloister.jobs.desk.counting import Quotas, measured, one_at_a_time
from cloister.jobs.desk.files import JobFile
from cloister.jobs.desk.listing import EVERYTHING, Candidate, Change, Listing, Wanted
from cloister.jobs.desk.logs import LogPiece, Printed
from cloister.jobs.desk.placing import Machine, placed
from cloister.jobs.desk.references import pinned
from cloister.jobs.desk.registered_environments import with_environments
from cloister.jobs.desk.sweeps import sweeping_steps
from cloister.jobs.errors import ConflictError, MissingError, TooLargeError
from cloister.jobs.planning.plan import FromSnapshot, Plan
from cloister.jobs.records.agents import AgentRecord
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.names import job_name
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import FINISHED_JOBS, FINISHED_STEPS
from cloister.jobs.records.tables import JOB, STEP
from cloister.jobs.records.trials import SweepRecord
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.left_behind import taken
from cloister.jobs.running.published import PublishedOutputs
from cloister.jobs.schedules.kept import Schedules
from cloister.jobs.settings import JobsSettings
from cloister.store import migrate

# What snapshots leave free on the disk, as uploads do.
_ROOM = 2**30


class JobService:
    """Jobs in the database of `engine`, with their files below `folder`."""

    def __init__(
        self,
        engine: sa.Engine,
        folder: Path,
        settings: JobsSettings | None = None,
        *,
        datastore_keys: Path | None = None,
        clock: Clock = time.time,
        room_bytes: int = _ROOM,
    ) -> None:
        self._room_bytes = room_bytes
        self._settings = settings or JobsSettings()
        self.library = library(engine, folder, datastore_keys, clock)
        self.computes = Computes(engine, clock)
        self.schedules = Schedules(engine, clock)
        self.quotas = Quotas(engine, (one.quota for one in self._settings.quotas), clock)
        self._engine = engine
        self._records = Records(engine, clock)
        self._folders = JobFolders(folder)
        self._clock = clock
        self.published = PublishedOutputs(self._records.jobs, self._folders)

    def migrate(self) -> None:
        """Bring the tables to the newest revision."""
        migrate(self._engine, "jobs")

    def keep_snapshot(self, snapshot: Path, sender: str) -> str:
        """Keep a copy of the snapshot and return its SHA-256. Raises SpecError where it is hostile or broken."""
        inspect(snapshot)
        with snapshot.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        kept = self._folders.snapshot(sha256)
        if not kept.exists():
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(kept.parent).free
            if snapshot.stat().st_size + self._room_bytes > free:
                raise TooLargeError(Fault("snapshot", f"the platform's disk has {free} bytes left", "make room"))
            # Copied beside its place and renamed: a snapshot is there whole or not at all.
            with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft, snapshot.open("rb") as file:
                shutil.copyfileobj(file, draft)
            Path(draft.name).replace(kept)
        self.library.senders.note("snapshot", sha256, sender)
        return sha256

    def check_sent(self, sha256: str, sender: str) -> None:
        """Raise MissingError where this person has sent no such snapshot: its hash is on every run of the job."""
        if not self.library.senders.has_sent("snapshot", sha256, sender):
            raise _absent_snapshot(sha256)

    def placed(self, plan: Plan) -> Plan:
        """The plan on computes that there are, with what is said of that. Raises SpecError where the site refuses."""
        computes = {kept.compute.name: kept.compute for kept in self.computes.all()}
        refuse_unknown = self._settings.unknown_compute == "refuse"
        return placed(plan, computes, Machine.here(), refuse_unknown=refuse_unknown)

    def submit(self, plan: Plan, snapshot: Path | str, submitter: str) -> str:
        """Queue the job and return its name. `snapshot` is a file, or the hash of one that was kept before.

        Raises SpecError where the snapshot lacks what the plan needs, data is not there, the name is taken, or a quota
        would be exceeded.
        """
        sha256 = self.keep_snapshot(snapshot, submitter) if isinstance(snapshot, Path) else snapshot
        self.check_snapshot(plan, sha256)
        return self.submit_if(plan, sha256, submitter, lambda _: True) or plan.name

    def check_snapshot(self, plan: Plan, sha256: str) -> None:
        """Raise SpecError where there is no such snapshot, or it lacks what the plan needs."""
        kept = self._folders.snapshot(sha256)
        if len(sha256) != hashlib.sha256().digest_size * 2 or not sha256.isalnum() or not kept.is_file():
            raise _absent_snapshot(sha256)
        if missing := sorted(_needed(plan) - inspect(kept)):
            reason = f"lacks {', '.join(missing)}, which the plan refers to"
            raise SpecError(Fault("snapshot", reason, "let cloister job create make the snapshot"))

    def submit_if(self, plan: Plan, snapshot: str, submitter: str, may: Callable[[sa.Connection], bool]) -> str | None:
        """Queue a job whose snapshot is there, where `may` says so in the same transaction; None where it does not.

        Raises SpecError as `submit` does; what `may` changed is undone then.
        """
        _check_resolved(plan)
        whole = with_environments(self.placed(plan), self.library.assets)
        sound = pinned(whole, self.library.following)
        storage = self._storage(submitter, plan.experiment_name)
        with self._engine.begin() as connection:
            one_at_a_time(connection)
            return self._add(connection, sound, snapshot, submitter, storage) if may(connection) else None

    def _add(
        self, connection: sa.Connection, plan: Plan, snapshot: str, submitter: str, storage: Mapping[Scope, int]
    ) -> str:
        """Queue the job where quotas let it, within a transaction that counts alone."""
        computes = {kept.compute.name: kept.compute for kept in self.computes.within(connection)}
        asked = demand(plan, computes.get)
        self.quotas.check(connection, submitter, plan.experiment_name, asked, storage)
        name = plan.name or job_name(secrets.choice)
        self._records.jobs.add_within(connection, name, plan, snapshot, submitter)
        rates = rates_of(plan, computes, self._settings.prices)
        listing.write(connection, name, Listing.of(plan), asked, rates)
        return name

    def _storage(self, person: str, project: str) -> dict[Scope, int]:
        """How many bytes the files of the person and of the project take, where a quota asks for that."""
        scopes = {q.scope for q in self.quotas.binding(person, project) if q.limits.storage_gib is not None}
        return {scope: self.storage(scope, person if scope == "person" else project) for scope in scopes}

    def storage(self, scope: Scope, name: str) -> int:
        """How many bytes the files of the jobs of a person or a project take."""
        return measured(self._engine, scope, name, lambda job: taken(self._folders.root / job).size_bytes)

    def show(self, name: str) -> JobRecord:
        """The job of that name. Raises SpecError where there is none."""
        record = self._records.jobs.find(name)
        if record is None:
            raise MissingError(Fault(f'job "{name}"', "there is none of that name", "see: cloister job list"))
        return record

    def list(
        self,
        limit: int = 100,
        wanted: Wanted = EVERYTHING,
        may: Callable[[Candidate], bool] = lambda _: True,
    ) -> tuple[JobRecord, ...]:
        """The newest of the jobs that are wanted and may be seen, newest first."""
        with self._engine.connect() as connection:
            names = listing.shown(listing.candidates(connection, wanted), may, limit)
        return self._records.jobs.named(names)

    def sweeps(self, record: JobRecord) -> dict[str, SweepRecord]:
        """The job's sweeps as they stand, by step."""
        names = sweeping_steps(record)
        return self._records.trials.sweeps(record.name, names) if names else {}

    def told(self, *records: JobRecord) -> dict[str, Listing]:
        """What is told of these jobs beside their plans, by name."""
        with self._engine.connect() as connection:
            return listing.read(connection, [record.name for record in records])

    def submitter(self, name: str) -> str | None:
        """Who submitted the job of that name; None where there is none."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(JOB.c.submitter).where(JOB.c.name == name)).scalar()
        return None if found is None else str(found)

    def change(self, name: str, change: Change) -> JobRecord:
        """Change what is told of a job, also once it has ended. Raises MissingError, and SpecError on odd texts."""
        record = self.show(name)
        if change.archived and record.status not in FINISHED_JOBS:
            reason = f"is {record.status}, and an archived job is one that is over"
            raise ConflictError(Fault(f'job "{name}"', reason, f"wait for it, or: cloister job cancel --name {name}"))
        with self._engine.begin() as connection:
            held = listing.read(connection, [name])[name]
            listing.change(connection, name, change.of(held))
        return record

    def cancel(self, name: str, by: str) -> JobRecord:
        """Cancel a job: at once where it waits, else the agent does it. Raises ConflictError where it has ended."""
        record = self.show(name)
        if record.status in FINISHED_JOBS:
            reason = f"has ended already ({record.status})"
            raise ConflictError(Fault(f'job "{name}"', reason, "nothing is left to cancel"))
        self._records.jobs.cancel(name, by)
        return self.show(name)

    def logs(self, name: str, step: str, offset: int = 0) -> LogPiece:
        """A piece of what the step printed, from an offset in bytes."""
        ended = self.show(name).step(step).status in FINISHED_STEPS
        return logs.piece(self._folders.step(name, step).log, offset, ended=ended)

    def printed(self, record: JobRecord, offsets: Mapping[str, int]) -> Printed:
        """What each step of the job has printed from its offset on. The record is one that was read before."""
        return logs.printed(self._folders, record, offsets)

    def files(self, name: str) -> tuple[JobFile, ...]:
        """The files of the job that may be fetched. Raises MissingError."""
        return files.listed(self._folders, self.show(name))

    def file(self, name: str, path: str) -> Path:
        """Where one of them lies. Raises MissingError."""
        return files.found(self._folders, self.show(name), path)

    @property
    def tracing(self) -> Tracing:
        """The way along lineage."""
        return Tracing(self.library.lineage, self.library.assets, self._records.jobs, self._records.results)

    def step_of_run(self, run_id: str) -> tuple[str, str]:
        """The job and the step that an MLflow run belongs to. Raises MissingError."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(STEP.c.job, STEP.c.name).where(STEP.c.run_id == run_id)).first()
        if found is None or not run_id:
            raise of_no_step(run_id)
        return str(found[0]), str(found[1])

    def runs_of(self, job: str, step: str) -> str:
        """The MLflow run of a step; empty where it has none."""
        query = sa.select(STEP.c.run_id).where(STEP.c.job == job, STEP.c.name == step)
        with self._engine.connect() as connection:
            return str(connection.scalar(query) or "")

    def agents(self) -> tuple[AgentRecord, ...]:
        """The agents that are alive."""
        now = self._clock()
        return tuple(agent for agent in self._records.agents.all() if is_alive(agent, now))


def _absent_snapshot(sha256: str) -> MissingError:
    return MissingError(Fault("snapshot", f'there is none with the hash "{sha256}"', "upload it first"))


def of_no_step(run_id: str) -> MissingError:
    """What is told of an MLflow run that no job has made."""
    mend = "runs that people make by themselves belong to none"
    return MissingError(Fault(f'run "{run_id[:64]}"', "belongs to no step of a job", mend))


def _check_resolved(plan: Plan) -> None:
    """Raise SpecError where the plan can only be looked at: a step's component is not here."""
    faults = [
        Fault(
            f'step "{step.name}"', f"component {step.unresolved} is not registered here", "register the component first"
        )
        for step in plan.steps
        if step.unresolved
    ]
    if faults:
        raise SpecError(faults)


def _needed(plan: Plan) -> frozenset[str]:
    codes = {step.code for step in plan.steps if step.code}
    data = {
        "/".join(i.binding.path.split("/")[:2])
        for s in plan.steps
        for i in s.inputs
        if isinstance(i.binding, FromSnapshot)
    }
    return frozenset(codes | data)
