"""What several processes write at the same moment: failed logins, and people whom an issuer names newly."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select

from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.claims import Vouched
from cloister.gateway.identity.directory import admit, issuer_of, join_groups
from cloister.gateway.identity.throttle import Throttle
from cloister.gateway.identity.users import find_user
from cloister.gateway.tables import FAILURES, MEMBERSHIPS, USERS
from cloister.store import migrate, open_store

_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('many')}/cloister.db"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql"))
    opened = open_store(url)
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


@pytest.fixture
def engine(database: Engine) -> Engine:
    with database.begin() as connection:
        for table in (FAILURES, MEMBERSHIPS, USERS):
            connection.execute(delete(table))
    return database


def test_five_tries_pass_and_then_the_waits_grow(engine: Engine) -> None:
    throttle, now, waits = Throttle(engine), _NOW, []
    for _ in range(14):
        wait = throttle.begin("eve", "10.0.0.1", now)
        waits.append(wait)
        now += timedelta(seconds=wait)
        assert not wait or throttle.begin("eve", "10.0.0.1", now) == 0
    assert waits == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_failures_are_counted_for_all_processes_and_forgotten(engine: Engine) -> None:
    here, there = Throttle(engine), Throttle(engine)
    for _ in range(5):
        assert here.begin("eve", "10.0.0.1", _NOW) == 0
    assert there.begin("eve", "10.0.0.1", _NOW) == 2
    assert there.begin("ada", "10.0.0.1", _NOW) == 0
    assert there.begin("eve", "10.0.0.2", _NOW) == 0
    there.succeeded("ada", "10.0.0.1", _NOW)
    assert here.begin("eve", "10.0.0.1", _NOW + timedelta(seconds=1)) == 1
    assert here.begin("eve", "10.0.0.1", _NOW + timedelta(minutes=15, seconds=1)) == 0
    with engine.connect() as connection:
        assert len(connection.execute(select(FAILURES)).all()) == 3


def test_tries_at_the_same_time_all_count(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: Throttle(engine).begin("eve", "10.0.0.1", _NOW), range(24)))
    assert sorted(waits) == [0] * 5 + [2] * 19


def test_an_address_waits_after_thirty_users(engine: Engine) -> None:
    throttle = Throttle(engine)
    waits = [throttle.begin(f"user{number}", "10.0.0.1", _NOW) for number in range(31)]
    assert waits == [0] * 30 + [2]
    throttle.succeeded("user0", "10.0.0.1", _NOW)
    assert throttle.begin("eve", "10.0.0.1", _NOW) == 0
    assert throttle.begin("eve", "10.0.0.1", _NOW) == 2


@pytest.mark.parametrize(
    ("first", "second", "wait"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", 2),
        ("2001:db8::1", "2001:db8:0:1::1", 0),
        ("::ffff:10.0.0.1", "10.0.0.1", 2),
        ("10.0.0.1", "10.0.0.2", 0),
        ("-", "-", 2),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(engine: Engine, first: str, second: str, wait: float) -> None:
    throttle = Throttle(engine)
    for _ in range(5):
        assert throttle.begin("eve", first, _NOW) == 0
    assert throttle.begin("eve", second, _NOW) == wait


def test_who_is_guessed_from_many_addresses_still_gets_in(engine: Engine) -> None:
    """Each address then buys one guess; the owner's first try from an address is never made to wait."""
    throttle = Throttle(engine)
    first = [throttle.begin("eve", f"10.0.{number}.1", _NOW) for number in range(20)]
    assert first == [0] * 20
    again = [throttle.begin("eve", f"10.0.{number}.1", _NOW) for number in range(20)]
    assert again == [60] * 20
    assert throttle.begin("ada", "10.0.0.1", _NOW) == 0
    for number in range(500):
        assert throttle.begin("eve", f"10.1.{number // 250}.{number % 250}", _NOW) == 0
    assert throttle.begin("eve", "192.0.2.7", _NOW) == 0
    throttle.succeeded("eve", "192.0.2.7", _NOW)
    assert throttle.begin("eve", "192.0.2.7", _NOW) == 0
    # That she got in gives the guessers nothing.
    assert throttle.begin("eve", "10.0.0.1", _NOW) == 60


def vouched(subject: str, name: str) -> Vouched:
    return Vouched("https://corp.example", subject, name, (), _NOW, _NOW, _NOW)


def test_a_person_who_comes_twice_at_once_is_one_user(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda number: admit(engine, vouched("u1", f"corp:ada{number}"), now=_NOW), range(8)))
    assert len(set(names)) == 1
    with engine.connect() as connection:
        assert list(connection.scalars(select(USERS.c.name))) == [names[0]]
    assert issuer_of(engine, names[0]) == "https://corp.example"


def test_of_two_people_of_one_name_one_gets_it(engine: Engine) -> None:
    def come(number: int) -> str:
        try:
            return admit(engine, vouched(f"u{number}", "corp:ada"), now=_NOW)
        except UnauthenticatedError as error:
            return error.faults[0].reason

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(come, range(8)))
    assert found == ["corp:ada"] + ["is the name of somebody else from another login"] * 7


def test_the_groups_are_those_of_the_newest_login(engine: Engine) -> None:
    name = admit(engine, vouched("u1", "corp:ada"), now=_NOW)
    for groups in (["corp:b", "corp:a"], ["corp:a", "corp:a"], [], ["corp:" + "x" * 200]):
        join_groups(engine, name, groups)
        found = find_user(engine, name)
        assert found is not None
        assert found.groups == tuple(sorted(set(groups)))
