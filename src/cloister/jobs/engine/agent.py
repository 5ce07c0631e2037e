"""The agent: a process that owns jobs, runs steps, or both, and says that it is alive.

Everything goes through the database and the jobs' folder, which agents share: nothing connects to an agent, and no
agent connects to another.
"""

import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from cloister.errors import Fault, InternalError, SourceError
from cloister.gateway.identity.keys import load_key
from cloister.jobs.compute.kept import Computes
from cloister.jobs.config import AgentConfig
from cloister.jobs.engine.data import step_data
from cloister.jobs.engine.lease import GONE_SECONDS, Lease, Peers
from cloister.jobs.engine.orchestrator import Orchestrator
from cloister.jobs.engine.reuse import Reuse
from cloister.jobs.engine.sweep_driver import SweepDriver
from cloister.jobs.engine.worker import Worker
from cloister.jobs.environments.own_wheels import OwnWheels
from cloister.jobs.environments.providing import Environments
from cloister.jobs.environments.requirements import COMES_ALONG, THEY_BRING
from cloister.jobs.environments.still_allowed import StillAllowed
from cloister.jobs.records.agents import ANY_COMPUTE, AgentRecord, AgentState, taken_computes
from cloister.jobs.records.claims import Offer
from cloister.jobs.records.patience import first_line
from cloister.jobs.records.records import Records
from cloister.jobs.running.confine import Confinement, confine
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.step_runner import StepRunner
from cloister.jobs.running.tracking import tracking_of
from cloister.store import migrate, open_store

_LOG = logging.getLogger(__name__)
_ROUND_SECONDS = 0.5
# For commands to write a checkpoint when the agent stops; the platform grants ten seconds.
_STOP_SECONDS = 8.0


@dataclass(slots=True)
class _Signals:
    """What the process was told."""

    stop: threading.Event = field(default_factory=threading.Event)
    drain: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        def on_stop(_number: int, _frame: FrameType | None) -> None:
            self.stop.set()

        def on_drain(_number: int, _frame: FrameType | None) -> None:
            self.drain.set()

        signal.signal(signal.SIGTERM, on_stop)
        signal.signal(signal.SIGINT, on_stop)
        signal.signal(signal.SIGUSR1, on_drain)


Beside = Callable[[AgentConfig, Engine, threading.Event], None]


def run_agent(config: AgentConfig, beside: Beside | None = None) -> None:
    """Run until SIGTERM or SIGINT, or until drained. What runs then is put back for other agents, or for the next one.

    The process must leave by `os._exit` after this: an orderly end of the durable engine would write the interrupted
    jobs down as failed.
    """
    signals = _Signals()
    config.jobs_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(config):
        store = open_store(config.database_url)
        migrate(store, "jobs")
        records = Records(store)
        confinement = confine(config, os.environ)
        _LOG.log(logging.INFO if confinement.isolation.own_view else logging.WARNING, "%s", confinement)
        agent = _Agent(config, store, records, confinement, signals)
        agent.register()
        try:
            agent.start()
            if beside is not None and config.orchestrates:
                # What an orchestrator does that is no step of a job; it looks at `stop` and dies with the process.
                agent.begin("schedules", partial(beside, config, store, signals.stop))
            agent.live()
        finally:
            if config.ready_file:
                config.ready_file.unlink(missing_ok=True)
            agent.stop()
            store.dispose()


class _Agent:
    """The two halves, either of which may be missing, and what keeps them informed of the other agents."""

    def __init__(
        self, config: AgentConfig, store: Engine, records: Records, confinement: Confinement, signals: _Signals
    ) -> None:
        self._config = config
        self._records = records
        self._isolation = str(confinement)
        self._incarnation = secrets.token_hex(16)
        self._signals = signals
        self._lease = Lease(time.monotonic())
        self._peers = Peers()
        self._state = AgentState.STOPPED
        self._broken = ""
        tracking = tracking_of(config.gateway_url, load_key(config.signing_key) if config.signing_key else None)
        data = step_data(store, config, records, tracking, others=confinement.isolation.own_user)
        self._worker = self._orchestrator = None
        folder = config.environments_folder or config.jobs_folder / ".environments"
        own = OwnWheels(folder / "own", COMES_ALONG, without=THEY_BRING)
        if config.works:
            # Without isolation a step could write into files that environments share.
            link = "hardlink" if confinement.isolation.kind != "none" else "copy"
            environments = Environments(
                store,
                folder,
                config.packages_url,
                own=own,
                link=link,
                fetches=config.site.packages.upstream,
            )
            runner = StepRunner(config, records, confinement, tracking, environments, Computes(store), data)
            places, poll = config.concurrent_steps, config.poll_seconds
            self._worker = Worker(records, runner, self._lease, self._offer(()), places=places, poll_seconds=poll)
        if config.orchestrates:
            self._orchestrator = Orchestrator(
                config.name,
                records,
                tracking,
                most_jobs=config.concurrent_jobs,
                poll_seconds=config.poll_seconds,
                drivers=(SweepDriver(records, tracking, JobFolders(config.jobs_folder), data),),
            )
            self._orchestrator.reuse = Reuse(records, JobFolders(config.jobs_folder), StillAllowed(store, own)).take
            # Here and not above: an agent that only runs steps need not load it. Before any thread: imports that meet
            # in two threads see half of each other.
            from cloister.jobs.engine.durable import DurableEngine  # noqa: PLC0415

            self._engine = DurableEngine(config, records, self._orchestrator)
        if self._worker is not None and self._orchestrator is not None:
            self._worker.ended = self._orchestrator.wake
            self._orchestrator.queued = self._worker.wake

    def register(self) -> None:
        """Write the agent down as alive. Raises SourceError where another one of its name is."""
        before = _of_name(self._config.name, self._records)
        if before is not None:
            _watch_for_life(before, self._records)
        config = self._config
        me = AgentRecord(
            name=config.name,
            incarnation=self._incarnation,
            host=socket.gethostname(),
            process=os.getpid(),
            state=AgentState.ACTIVE,
            beat=(before.beat if before else 0) + 1,
            computes=config.computes,
            labels=config.labels,
            places=config.concurrent_steps if config.works else 0,
            orchestrates=config.orchestrates,
            isolation=self._isolation,
            started_at=0.0,
            seen_at=0.0,
        )
        if not self._records.agents.register(me, instead_of=before.incarnation if before else ""):
            raise _name_taken(config.name)

    def start(self) -> None:
        """Begin to beat, to run steps and to own jobs."""
        self._beat()
        if self._worker is not None:
            self.begin("worker", self._worker.run)
        if self._orchestrator is not None:
            self.begin("orchestrator", partial(self._orchestrate, self._orchestrator))
        else:
            self._say_ready()

    def begin(self, name: str, act: Callable[[], None]) -> None:
        """Run it in a thread. Where it breaks off, the agent leaves: one that beats and does nothing would hold on to
        jobs and steps which others wait for.
        """

        def run() -> None:
            try:
                act()
            except Exception:  # noqa: BLE001 - whatever it is, the part is gone
                _LOG.exception("the thread of the %s breaks off", name)
                self._broken = name
                self._signals.stop.set()

        threading.Thread(target=run, name=name, daemon=True).start()

    def _orchestrate(self, orchestrator: Orchestrator) -> None:
        """Start the durable engine, which may take seconds, beside the beats; then look after jobs."""
        database = make_url(self._config.engine_database_url)
        if database.get_backend_name() == "sqlite" and database.database:
            # The engine would make it for all to read; SQLite's other files take its mode over.
            _make_private(Path(database.database))
        self._engine.launch()
        self._say_ready()
        orchestrator.watch()

    def live(self) -> None:
        """Beat and look at the other agents until told to leave. Raises SourceError where the name is another's, and
        InternalError where a part of this one broke off.
        """
        while not self._signals.stop.is_set():
            try:
                if self._lease.is_due(time.monotonic()):
                    self._beat()
                if self._look_round():
                    return
            except SQLAlchemyError as error:
                # It is busy or restarts; the next round tries again.
                _LOG.warning("the database did not answer: %s", first_line(error))
            self._signals.stop.wait(_ROUND_SECONDS)
        if self._broken:
            reason = f"its {self._broken} broke off, so it leaves"
            raise InternalError(Fault(f'agent "{self._config.name}"', reason, "its log says why; start it again"))

    def stop(self) -> None:
        """End what runs, put it back, let go of the jobs, and say goodbye."""
        if self._worker is not None:
            self._worker.stop(_STOP_SECONDS)
        # Where the database is gone, the others find out by the beats.
        with suppress(SQLAlchemyError):
            # Jobs of the name are another process's where the name is.
            ours = self._records.agents.leave(self._config.name, self._incarnation, self._state)
            if ours and self._orchestrator is not None:
                self._orchestrator.release()

    def _beat(self) -> None:
        # Before it is written: others may see it at once, and a pause may come between.
        begun = time.monotonic()
        if not self._records.agents.beat(self._config.name, self._incarnation):
            raise _name_taken(self._config.name)
        self._lease.beaten_at = begun

    def _look_round(self) -> bool:
        """Put back what agents ran that are gone, and heed a drain; returns whether it is done."""
        begun = time.monotonic()
        agents = self._records.agents.all()
        gone = {seen for seen in self._peers.gone(agents, begun, time.monotonic()) if seen.name != self._config.name}
        busy = self._records.claims.busy_agents()
        for seen in gone:
            if seen.name in busy and self._records.claims.requeue_all(seen):
                _LOG.warning("agent %s is gone; its steps are queued again", seen.name)
        if self._orchestrator is not None:
            self._orchestrator.orphans_of = gone
        if self._worker is not None:
            self._worker.offer = self._offer(agents)
        me = next((agent for agent in agents if agent.name == self._config.name), None)
        return self._drains(me) if self._signals.drain.is_set() or (me and me.state is AgentState.DRAINING) else False

    def _drains(self, me: AgentRecord | None) -> bool:
        """Finish what runs and take nothing more; returns whether nothing runs any more."""
        if self._orchestrator is not None:
            self._orchestrator.drain()
        if self._worker is not None:
            self._worker.drain()
        if me is not None and me.state is AgentState.ACTIVE:
            self._records.agents.drain(me.name)
        if self._worker is not None and not self._worker.is_idle:
            return False
        self._state = AgentState.DRAINED
        return True

    def _offer(self, agents: tuple[AgentRecord, ...]) -> Offer:
        named = frozenset(self._config.computes) - {ANY_COMPUTE}
        taken = taken_computes(agents, self._config.name) if ANY_COMPUTE in self._config.computes else None
        return Offer(self._config.name, named, taken, frozenset(self._config.labels.items()))

    def _say_ready(self) -> None:
        ready = self._config.ready_file
        if ready:
            draft = ready.with_suffix(".new")
            draft.write_text(json.dumps({"name": self._config.name, "process": os.getpid()}), encoding="utf-8")
            draft.replace(ready)


def _watch_for_life(before: AgentRecord, records: Records) -> None:
    """Look long enough at who is on record under a name. Raises SourceError where it lives."""
    if before.has_left or _is_dead_here(before):
        return
    # Its machine may have burnt down, or it lives elsewhere: its counter tells.
    _LOG.info('agent "%s" is on record at %s; waiting for a sign of it', before.name, before.host)
    give_up = time.monotonic() + GONE_SECONDS
    while time.monotonic() < give_up:
        time.sleep(_ROUND_SECONDS)
        now = _of_name(before.name, records)
        if now is None or (now.incarnation, now.beat) != (before.incarnation, before.beat):
            raise _name_taken(before.name)


def _of_name(name: str, records: Records) -> AgentRecord | None:
    return next((agent for agent in records.agents.all() if agent.name == name), None)


def _is_dead_here(agent: AgentRecord) -> bool:
    """Whether it ran on this machine and does so no more."""
    if agent.host != socket.gethostname():
        return False
    try:
        os.kill(agent.process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _name_taken(name: str) -> SourceError:
    return SourceError(Fault(f'agent "{name}"', "runs already", "stop it first, or give this one another name"))


def _make_private(path: Path) -> None:
    """Make the file if it is not there; in any case it is for nobody else to read. The umask is for steps' files."""
    path.touch(mode=0o600)
    path.chmod(0o600)


@contextmanager
def _alone(config: AgentConfig) -> Iterator[None]:
    """Hold the agent's name on this machine. Raises SourceError where another agent holds it."""
    path = config.jobs_folder / f".agent-{config.name}.lock"
    _make_private(path)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _name_taken(config.name) from error
        if config.ready_file:
            config.ready_file.unlink(missing_ok=True)
        yield
