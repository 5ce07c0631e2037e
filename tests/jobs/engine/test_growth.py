"""What agents and pages ask for again and again is found by an index, however many jobs have run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloister.jobs.desk import listing
from cloister.jobs.desk.listing import Wanted
from cloister.jobs.desk.service import JobService
from cloister.jobs.errors import MissingError
from cloister.jobs.records.agents import Sighting
from cloister.jobs.records.claims import Offer
from cloister.jobs.records.records import Records
from cloister.store import open_store

ALL = Offer("w", frozenset(), frozenset(), frozenset())
Act = Callable[[sa.Engine], object]


def of_run(engine: sa.Engine) -> None:
    with pytest.raises(MissingError):
        JobService(engine, Path("/nowhere")).step_of_run("1" * 32)


def of_person(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert not list(listing.candidates(connection, Wanted(submitter="ada")))


ASKED: list[tuple[str, Act, str]] = [
    ("what agents run", lambda e: Records(e).claims.busy_agents(), "ix_jobs_step_status"),
    ("whether a step waits", lambda e: Records(e).claims.has_waiting(ALL), "ix_jobs_step_status"),
    ("jobs that wait", lambda e: Records(e).jobs.take(1, "w"), "ix_jobs_job_status"),
    ("orphans", lambda e: Records(e).jobs.adopt((Sighting("x", "", 0),), "w", but=()), "ix_jobs_job_status"),
    ("ends", lambda e: Records(e).steps.count_ended(["j", "k"]), "sqlite_autoindex_jobs_step_1"),
    ("results", lambda e: Records(e).results.find("0" * 64, "ada", but="j"), "ix_jobs_result_fingerprint"),
    ("takers", lambda e: Records(e).results.takers("j", "a"), "ix_jobs_result_made_by"),
    ("the step of a run", of_run, "ix_jobs_step_run_id"),
    ("a person's jobs", of_person, "ix_jobs_job_submitter"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    made = open_store(f"sqlite:///{tmp_path_factory.mktemp('growth')}/c.db")
    JobService(made, Path("/nowhere")).migrate()
    yield made
    made.dispose()


@pytest.mark.parametrize(("act", "index"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_by_which_index_it_is_found(engine: sa.Engine, act: Act, index: str) -> None:
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    act(engine)
    sa.event.remove(engine, "before_cursor_execute", note)
    statement, parameters = asked[-1]
    with engine.connect() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]  # type: ignore[arg-type]  # as they were given
    assert f"INDEX {index} " in plan[0], plan
