"""The agent: takes queued jobs from the database, one after the other, and says that it is alive."""

import fcntl
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cloister.errors import Fault, SourceError
from cloister.gateway.identity.keys import load_key
from cloister.jobs.config import AgentConfig
from cloister.jobs.engine.durable import DurableEngine
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import JobStatus
from cloister.jobs.running.confine import confine
from cloister.jobs.running.step_runner import StepRunner
from cloister.jobs.running.tracking import tracking_of
from cloister.store import migrate, open_store

_LOG = logging.getLogger(__name__)
_BEAT_SECONDS = 2.0


def run_agent(config: AgentConfig) -> None:
    """Run until SIGTERM or SIGINT. What runs then is ended, and resumed by the next agent of the same name.

    The process must leave by `os._exit` after this; see DurableEngine.stop.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    config.jobs_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(config):
        store = open_store(config.database_url)
        migrate(store, "jobs")
        records = Records(store)
        confinement = confine(config, os.environ)
        _LOG.log(logging.INFO if confinement.isolation.own_view else logging.WARNING, "%s", confinement.isolation)
        tracking = tracking_of(config.gateway_url, load_key(config.signing_key) if config.signing_key else None)
        database = make_url(config.engine_database_url)
        if database.get_backend_name() == "sqlite" and database.database:
            # The engine would make it for all to read; SQLite's other files take its mode over.
            _make_private(Path(database.database))
        engine = DurableEngine(config, records, StepRunner(config, records, confinement, tracking))
        try:
            engine.launch()
            _take_jobs(config, records, engine, stop, str(confinement.isolation))
        finally:
            if config.ready_file:
                config.ready_file.unlink(missing_ok=True)
            engine.stop()
            store.dispose()


def _take_jobs(config: AgentConfig, records: Records, engine: DurableEngine, stop: threading.Event, told: str) -> None:
    """Poll until told to stop: the way from the network's inside is outward only."""
    last_beat = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() - last_beat >= _BEAT_SECONDS:
                records.beat(config.name, os.getpid(), told)
                last_beat = time.monotonic()
            _poll(config, records, engine)
        except SQLAlchemyError:
            # The database is busy or restarts; the next round tries again.
            _LOG.exception("the database did not answer")
        else:
            _say_ready(config)
        stop.wait(config.poll_seconds)


def _poll(config: AgentConfig, records: Records, engine: DurableEngine) -> None:
    for record in records.jobs(statuses=(JobStatus.CANCEL_REQUESTED,)):
        engine.cancel(record.name)
    free = config.concurrent_jobs - len(engine.active)
    if free > 0:
        for record in records.jobs(limit=free, statuses=(JobStatus.QUEUED,), oldest_first=True):
            if record.name not in engine.active:
                _LOG.info("job %s of %s starts", record.name, record.submitter)
                engine.start(record.name)


def _say_ready(config: AgentConfig) -> None:
    if config.ready_file and not config.ready_file.exists():
        draft = config.ready_file.with_suffix(".new")
        draft.write_text(json.dumps({"name": config.name, "process": os.getpid()}), encoding="utf-8")
        draft.replace(config.ready_file)


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
            fault = Fault(f'agent "{config.name}"', "runs already", "stop it first, or give this one another name")
            raise SourceError(fault) from error
        if config.ready_file:
            config.ready_file.unlink(missing_ok=True)
        yield
