"""Brings one platform up in its home and takes it down again: checks, lock, users, configurations, processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cloister.errors import SourceError
from cloister.inventory.azure import Inventory
from cloister.jobs.settings import JobsSettings
from cloister.platform.gateway_settings import read_settings
from cloister.platform.home import Home, create, home_at, release
from cloister.platform.interrupts import Interrupts
from cloister.platform.job_settings import read_job_settings
from cloister.platform.plan import Settings, plan
from cloister.platform.ports import fault_of_port, free_port
from cloister.platform.preconditions import check_preconditions, database_url
from cloister.platform.records import PLATFORM, clear_leftovers, locked, record_now, remove_record, write_record
from cloister.platform.secrets import read_secret, write_secret
from cloister.platform.supervisor import Supervisor, Watcher
from cloister.platform.users import prepare_store

DEFAULT_PORT = 5000
DEFAULT_SERVING_PORT = 5001


@dataclass(frozen=True, slots=True)
class Options:
    """What `cloister up` was asked for. An empty `database` means the one of the last time, or SQLite."""

    spec: Path
    home: Path
    port: int = DEFAULT_PORT
    serving_port: int = DEFAULT_SERVING_PORT
    database: str = ""
    # The settings of the gateway, where a site has any.
    gateway: Path | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform whose processes are being started. `new_logins` are the passwords of users made just now."""

    home: Home
    settings: Settings
    supervisor: Supervisor


@contextmanager
def started(options: Options, inventory: Inventory, watcher: Watcher, signals: Interrupts) -> Iterator[Platform]:
    """Start every process of the plan; on the way out, stop them all. Raises before anything is written if it can."""
    home = home_at(options.home)
    gateway = read_settings(options.gateway)
    jobs = read_job_settings(options.spec)
    if options.database:
        database_url(options.database)
    url = options.database or _kept_database(home)
    check_preconditions(home, port=options.port, serving_port=options.serving_port, database=url)
    os.umask(0o077)
    create(home)
    with locked(home):
        clear_leftovers(home)
        packages = _packages_port(home, jobs)
        settings = Settings(options.port, options.serving_port, url or home.database_url, gateway, jobs, packages)
        if options.database:
            write_secret(_database_file(home), options.database)
        made = plan(home, settings, inventory, os.environ)
        for name, document in made.configurations:
            write_secret(home.config(name), document)
        made.mlflow.prepare()
        prepare_store(home, settings.database_url, inventory)
        names = tuple(process.name for process in made.processes)
        ours = record_now(PLATFORM, os.getpid())
        write_record(home, replace(ours, address=settings.url, file=str(options.spec.absolute()), processes=names))
        supervisor = Supervisor(home, made.processes, watcher)
        try:
            supervisor.start()
            yield Platform(home, settings, supervisor)
        finally:
            signals.stopping(supervisor.force)
            supervisor.stop()
            remove_record(home, PLATFORM)
            release(home)


def _database_file(home: Home) -> Path:
    return home.secrets / "database-url"


def _kept_database(home: Home) -> str:
    """The database that this home was started with: leaving the option out must not hide what is in it."""
    return read_secret(_database_file(home)) or ""


def _packages_port(home: Home, jobs: JobsSettings) -> int:
    """The index's port: the site's, which must be free; else the one that it had last, else a free one."""
    if jobs.packages.port is not None:
        if fault := fault_of_port(jobs.packages.port, "packages.port in jobs.yaml:"):
            raise SourceError(fault)
        return jobs.packages.port
    kept = home.packages_port
    if kept.is_file() and fault_of_port(last := int(kept.read_text(encoding="ascii")), "") is None:
        return last
    port = free_port()
    kept.write_text(f"{port}\n", encoding="ascii")
    return port
