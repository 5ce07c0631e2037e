"""What must be in the database before processes start: tables, and users with generated passwords, shown once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.schema import CreateSchema

from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.users import ensure_users
from cloister.inventory.azure import Inventory
from cloister.platform.home import Home
from cloister.platform.plan import MLFLOW_SCHEMA
from cloister.platform.secrets import first_logins, keep_first_logins
from cloister.store import migrate, open_store

# Every room with tables. They are brought to their newest form here, before any process could race for it.
_ROOMS = ("gateway", "jobs", "serving", "monitoring")


def prepare_store(home: Home, database_url: str, inventory: Inventory) -> None:
    """Bring every table to its newest form; make the signing key, and the users that the database does not have yet.

    Their passwords are kept before anything else can fail, so that a start that breaks off does not lose them.
    """
    load_or_create_key(home.signing_key)
    engine = open_store(database_url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.execute(CreateSchema(MLFLOW_SCHEMA, if_not_exists=True))
        for room in _ROOMS:
            migrate(engine, room)
        groups = {group.name: group.members for group in inventory.groups}
        made = ensure_users(engine, groups, now=datetime.now(UTC))
    finally:
        engine.dispose()
    if made:
        keep_first_logins(_unshown(home), made)


def logins_to_show(home: Home) -> Mapping[str, str]:
    """The passwords that nobody has been shown yet."""
    return first_logins(_unshown(home))


def logins_were_shown(home: Home) -> None:
    """Remember that the passwords were shown; they stay readable for this user until the file is removed."""
    if shown := logins_to_show(home):
        keep_first_logins(logins_file(home), shown)
        _unshown(home).unlink()


def logins_file(home: Home) -> Path:
    """Where the generated passwords are kept."""
    return home.secrets / "first-logins.json"


def _unshown(home: Home) -> Path:
    return home.secrets / "unshown-logins.json"
