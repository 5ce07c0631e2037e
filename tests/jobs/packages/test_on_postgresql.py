"""Files, requests and environments are kept in PostgreSQL as they are in SQLite."""

import time
from pathlib import Path

from package_index import APPROVER, ASKER, wheel  # type: ignore[import-not-found]  # as in conftest.py
from sqlalchemy import text

from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.packages.names import read_entry
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.packages.tables import ALLOWED, ENVIRONMENT, FILE, REFUSED, REQUEST
from cloister.store import open_store

TABLES = (ALLOWED, ENVIRONMENT, FILE, REFUSED, REQUEST)


def test_what_is_kept(postgresql: str, tmp_path: Path) -> None:
    # A schema of its own: other tests keep the same tables in that database.
    whole = open_store(postgresql)
    with whole.begin() as connection:
        connection.execute(text("CREATE SCHEMA packages_test"))
    engine = open_store(f"{postgresql}?options=-csearch_path%3Dpackages_test")
    try:
        for table in TABLES:
            table.create(engine)
        shelf, requests = Shelf(engine, tmp_path, time.time), PackageRequests(engine, time.time)
        path = wheel(tmp_path / "disk", "on-postgresql")
        taken = shelf.take(path, path.name, "a disk")
        assert shelf.take(path, path.name, "another disk") == taken
        assert taken in shelf.listed()
        entry = read_entry("on-postgresql==1.0")
        asked = requests.ask(entry, ASKER, "why", with_dependencies=False, with_source=False)
        assert requests.ask(entry, ASKER, "again", with_dependencies=False, with_source=False) == asked
        requests.approve(asked.number, APPROVER, (entry,), "")
        assert entry in [one.entry for one in requests.allowed()]
        requests.revoke(asked.number, APPROVER, "")
        assert entry not in [one.entry for one in requests.allowed()]
        for _ in range(2):
            requests.note_refused({"seaborn": ("is not on the allow-list", 1)})
        assert [(one.project, one.times) for one in requests.refused()] == [("seaborn", 2)]
        kept = KeptEnvironments(engine, time.time)
        for _ in range(2):
            kept.keep("on-postgresql==1.0\n", "3.11.7", "0" * 64)
        found = kept.find("")
        assert found is not None
        assert found.lock == "on-postgresql==1.0\n"
    finally:
        engine.dispose()
        with whole.begin() as connection:
            connection.execute(text("DROP SCHEMA packages_test CASCADE"))
        whole.dispose()
