"""Records of jobs on each kind of database that the platform runs on."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from cloister.jobs.compute.tables import COMPUTE
from cloister.jobs.records.records import Records
from cloister.jobs.records.tables import AGENT, JOB
from cloister.store import migrate, open_store


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A database with the jobs' tables."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/cloister.db"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql"))
    made = open_store(url)
    migrate(made, "jobs")
    yield made
    made.dispose()


@pytest.fixture
def records(store: sa.Engine) -> Iterator[Records]:
    """The rows, none yet, stamped by a clock that stands still."""
    yield Records(store, lambda: 1000.0)
    with store.begin() as connection:
        connection.execute(sa.delete(JOB))
        connection.execute(sa.delete(AGENT))
        connection.execute(sa.delete(COMPUTE))
