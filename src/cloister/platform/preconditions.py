"""What must hold before anything is written or started; all that does not hold is told at once."""

import shutil
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from cloister.errors import Fault, SourceError, SpecError
from cloister.platform.home import Home
from cloister.platform.ports import fault_of_port
from cloister.platform.records import fault_of_second, running_platform

_LEAST_FREE_BYTES = 500_000_000
_DATABASES = ("sqlite", "postgresql")
_CONNECT_SECONDS = 5


def check_preconditions(home: Home, *, port: int, serving_port: int, database: str) -> None:
    """Raise every fault that keeps a platform from starting here. Nothing is written."""
    if (record := running_platform(home)) is not None:
        raise SourceError(fault_of_second(home, record))  # its ports are taken as well: one message says it all
    faults = [fault_of_port(port, "--port"), fault_of_port(serving_port, "--serving-port")]
    if port == serving_port:
        faults = [Fault(f"port {port}", "is asked for twice, by gateway and serving", "give another --serving-port")]
    faults.append(fault_of_space(home.root, _free_bytes(home.root)))
    faults.append(fault_of_database(database) if database else None)
    if found := tuple(fault for fault in faults if fault is not None):
        raise SourceError(found)


def fault_of_space(folder: Path, free_bytes: int) -> Fault | None:
    """Too little room for databases and artifacts: a platform on a full disk would only break later, and worse."""
    if free_bytes >= _LEAST_FREE_BYTES:
        return None
    reason = f"only {free_bytes // 1_000_000} MB are free on its disk; {_LEAST_FREE_BYTES // 1_000_000} MB are needed"
    return Fault(str(folder), reason, "make room, or put the home on another disk: --home PATH")


def fault_of_database(text: str) -> Fault | None:
    """What keeps us from using the database at a URL; its password is never told."""
    url = database_url(text)
    thing = f"database {url.render_as_string(hide_password=True)}"
    try:
        options = {"connect_timeout": _CONNECT_SECONDS} if url.get_backend_name() == "postgresql" else {}
        engine = create_engine(url, connect_args=options)
        with engine.connect():
            pass
        engine.dispose()
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        return Fault(thing, f"its driver is not installed ({error})", "install one: pip install 'psycopg[binary]'")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Fault(thing, f"cannot be reached: {reason}", "start it, or correct host, name and password: --database")
    return None


def database_url(text: str) -> URL:
    """The URL of a database that the platform can use. Raises SpecError on any other text."""
    try:
        url = make_url(text)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        fault = Fault("--database", "is not a URL", "write postgresql+psycopg://USER@HOST/NAME, or leave it out")
        raise SpecError(fault) from None
    if url.get_backend_name() not in _DATABASES:
        fault = Fault(
            "--database", f"{url.get_backend_name()} is not supported", f"use one of: {', '.join(_DATABASES)}"
        )
        raise SpecError(fault)
    return url


def _free_bytes(path: Path) -> int:
    """Room on the disk where a folder is or will be."""
    here = path
    while not here.exists():
        here = here.parent
    return shutil.disk_usage(here).free
