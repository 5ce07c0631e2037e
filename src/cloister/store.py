"""The database of the platform: SQLite by default, PostgreSQL by URL, the same migrations on both.

Each room that keeps state has a folder `migrations/` with Alembic revisions, and a version table of its own, so that
rooms migrate apart from one another.
"""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MILLISECONDS = 10_000


def open_store(url: str) -> Engine:
    """An engine on the database at `url`; SQLite gets write-ahead logging, foreign keys and patience with locks."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)  # a file does not hang up, so nobody asks it before each statement
    event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def migrate(engine: Engine, room: str) -> None:
    """Bring the tables of one room (`gateway`, `jobs`, `serving`, ...) to the newest revision, in one transaction."""
    root = Path(str(files("cloister")))
    config = Config()
    config.set_main_option("script_location", str(root / "migrating"))
    config.set_main_option("version_locations", str(root / room / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["version_table"] = f"{room}_version"
        command.upgrade(config, "head")
