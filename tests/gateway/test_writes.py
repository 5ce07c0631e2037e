"""Leases of files that are on their way: they count everywhere, end with the write, and run out with their gateway."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloister.errors import SourceError
from cloister.gateway.rights import writes
from cloister.gateway.rights.writes import Writes
from cloister.store import migrate, open_store

_RUN, _MODEL = ("run", "r"), ("logged-model", "m")


class Clock:
    """A time of its own."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_store(f"sqlite:///{tmp_path}/c.db")
    migrate(made, "gateway")
    yield made
    made.dispose()


def test_a_write_counts_at_another_gateway_until_it_ends(engine: Engine) -> None:
    clock = Clock()
    here, there = Writes(engine, clock), Writes(engine, clock)

    async def write() -> None:
        async with here.under_way([_RUN, _MODEL]):
            assert (there.into([_RUN]), there.into([("run", "other"), _MODEL])) == (_RUN, _MODEL)
            assert there.into([("run", "other")]) is None
            async with here.under_way([_RUN]):
                pass
            assert there.into([_RUN]) == _RUN, "another write goes on"
        assert there.into([_RUN, _MODEL]) is None

    asyncio.run(write())


def test_a_write_that_fails_ends_as_well(engine: Engine) -> None:
    here = Writes(engine, Clock())

    async def write() -> None:
        with pytest.raises(ConnectionAbortedError):
            async with here.under_way([_RUN]):
                raise ConnectionAbortedError
        assert here.into([_RUN]) is None

    asyncio.run(write())


def test_the_lease_of_a_gateway_that_was_killed_runs_out(engine: Engine) -> None:
    clock = Clock()
    Writes(engine, clock)._begin("killed", [_RUN])
    there = Writes(engine, clock)
    clock.now += timedelta(seconds=59)
    assert there.into([_RUN]) == _RUN
    clock.now += timedelta(seconds=2)
    assert there.into([_RUN]) is None


def test_a_lease_is_renewed_and_one_that_cannot_be_breaks_the_write_off(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "_LEASE", timedelta(seconds=0.4))
    monkeypatch.setattr(writes, "_RENEWED_SECONDS", 0.1)

    def fail(_number: str) -> None:
        raise OSError

    async def write(*, renewed: bool) -> None:
        here = Writes(engine, lambda: datetime.now(UTC))
        if not renewed:
            monkeypatch.setattr(here, "_put_off", fail)
        async with here.under_way([_RUN]):
            await asyncio.sleep(1.2)
            assert here.into([_RUN]) == _RUN

    asyncio.run(write(renewed=True))
    with pytest.raises(SourceError, match="could not be kept"):
        asyncio.run(write(renewed=False))
