"""The record of decisions: appended by several writers, searched, and every way of tampering located."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, text, update

from cloister.errors import SourceError
from cloister.gateway.audit import AuditLog, Break, Decision, Search, search, verify_chain
from cloister.gateway.tables import AUDIT, OUTCOMES
from cloister.store import migrate, open_store

_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


def decision(index: int = 0, **changed: str) -> Decision:
    fields = {
        "principal": "ada",
        "on_behalf_of": "",
        "action": "mlflow:GetRun",
        "resource": f"run/é/{index}",
        "method": "GET",
        "path": "/api/2.0/mlflow/runs/get",
        "source": "127.0.0.1",
        "decision": "ALLOW",
        "reason": "ada may",
        "rule": "policy admin, statement Everything",
        "request_id": f"{index:04}",
    }
    return Decision(at=_NOW + timedelta(seconds=index), **(fields | changed))


def filled(engine: Engine, count: int = 5) -> None:
    log = AuditLog(engine)
    for index in range(count):
        number = log.record(decision(index)).result(timeout=30)
        log.outcome(number, 200).result(timeout=30)
    log.close()


def test_a_whole_chain_holds(engine: Engine) -> None:
    filled(engine)
    assert verify_chain(engine) == (5, None)


def test_an_empty_chain_holds(engine: Engine) -> None:
    assert verify_chain(engine) == (0, None)


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    filled(engine, 1)
    migrate(engine, "gateway")
    assert verify_chain(engine) == (1, None)


def test_several_writers_make_one_chain(engine: Engine, tmp_path: Path) -> None:
    """As several processes would: each with an engine and a thread of its own."""
    engines = [open_store(f"sqlite:///{tmp_path}/cloister.db") for _ in range(3)]
    logs = [AuditLog(one) for one in engines]

    def write(log: AuditLog) -> list[int]:
        return [log.record(decision(index)).result(timeout=60) for index in range(20)]

    with ThreadPoolExecutor(3) as pool:
        numbers = [number for found in pool.map(write, logs) for number in found]
    for log, one in zip(logs, engines, strict=True):
        log.close()
        one.dispose()
    assert sorted(numbers) == list(range(1, 61))
    assert verify_chain(engine) == (60, None)


def test_what_waits_is_written_before_the_end(engine: Engine) -> None:
    log = AuditLog(engine)
    waiting = [log.record(decision(index)) for index in range(300)]
    log.close()
    assert [future.result(timeout=0) for future in waiting] == list(range(1, 301))
    assert verify_chain(engine) == (300, None)


_TAMPERED = [
    ("UPDATE gateway_audit SET decision = 'ALLOW ' WHERE number = 3", 2, "record 3 was changed after it was written"),
    ("UPDATE gateway_audit SET reason = 'x' WHERE number = 5", 4, "record 5 was changed after it was written"),
    ("DELETE FROM gateway_audit WHERE number = 3", 2, "record 3 is missing; 4 comes next"),
    ("DELETE FROM gateway_audit WHERE number = 1", 0, "record 1 is missing; 2 comes next"),
    ("UPDATE gateway_audit SET previous = digest WHERE number = 2", 1, "record 2 does not follow from record 1"),
    (
        "UPDATE gateway_outcome SET status = 403 WHERE number = 4",
        3,
        "the outcome of record 4 was changed after it was written",
    ),
]


@pytest.mark.parametrize(("statement", "good", "reason"), _TAMPERED)
def test_a_broken_chain_is_located(engine: Engine, statement: str, good: int, reason: str) -> None:
    filled(engine)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
    with engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(text(statement))
        connection.commit()
    assert verify_chain(engine) == (good, Break(good + 1, reason))


def test_a_record_put_in_between_is_found(engine: Engine) -> None:
    filled(engine, 2)
    with engine.begin() as connection:
        connection.execute(delete(OUTCOMES))
        connection.execute(update(AUDIT).where(AUDIT.c.number == 2).values(number=3))
        row = decision(9).row()
        connection.execute(insert(AUDIT).values(number=2, previous="0" * 64, digest="1" * 64, **row))
    assert verify_chain(engine) == (1, Break(2, "record 2 does not follow from record 1"))


def test_a_record_that_cannot_be_written_is_a_fault(engine: Engine) -> None:
    log = AuditLog(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE gateway_outcome"))
        connection.execute(text("DROP TABLE gateway_audit"))
    with pytest.raises(SourceError, match="the record of decisions: cannot be written"):
        log.record(decision()).result(timeout=30)
    log.close()


@pytest.mark.parametrize(
    ("said", "kept"),
    [("half \ud800 a pair", "half \\ud800 a pair"), ("nul \x00", "nul \\x00"), ("é and 😀", "é and 😀")],
)
def test_any_text_can_be_recorded(engine: Engine, said: str, kept: str) -> None:
    log = AuditLog(engine)
    assert log.record(decision(reason=said, resource=said)).result(timeout=30) == 1
    log.close()
    (record,) = search(engine, Search())
    assert (record["reason"], record["resource"]) == (kept, kept)
    assert verify_chain(engine) == (1, None)


@dataclass(frozen=True)
class Broken(Decision):
    def row(self) -> dict[str, str]:
        message = "nobody foresaw this"
        raise RuntimeError(message)


def test_one_bad_entry_takes_neither_the_others_nor_the_writer_with_it(engine: Engine) -> None:
    log = AuditLog(engine)
    good = [log.record(decision(index)) for index in range(3)]
    bad = log.record(Broken(**asdict(decision(3))))
    good.append(log.record(decision(4)))
    with pytest.raises(SourceError, match="cannot be written: RuntimeError"):
        bad.result(timeout=30)
    assert [future.result(timeout=30) for future in good] == [1, 2, 3, 4]
    assert log.is_writing
    log.close()
    assert verify_chain(engine) == (4, None)


def test_who_went_away_does_not_stop_the_writer(engine: Engine) -> None:
    log = AuditLog(engine)
    futures = [log.record(decision(index)) for index in range(50)]
    left = [future.cancel() for future in futures]
    assert log.record(decision(99)).result(timeout=30) == left.count(False) + 1
    log.close()


def test_after_the_writer_nothing_is_allowed(engine: Engine) -> None:
    log = AuditLog(engine)
    log.close()
    assert not log.is_writing
    with pytest.raises(SourceError, match="the record of decisions: its writer has ended"):
        log.record(decision()).result(timeout=0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Search(), ["0003", "0002", "0001", "0000"]),
        (Search(limit=2), ["0003", "0002"]),
        (Search(principal="ada"), ["0002", "0000"]),
        (Search(principal="bob"), ["0003", "0001"]),
        (Search(action="mlflow:Get*"), ["0002", "0001", "0000"]),
        (Search(action="mlflow:GetRun", decision="deny"), ["0001"]),
        (Search(since="2026-11-22T04:00:02.000000Z"), ["0003", "0002"]),
        (Search(principal="nobody"), []),
    ],
)
def test_the_record_is_searched(engine: Engine, wanted: Search, found: list[str]) -> None:
    log = AuditLog(engine)
    log.record(decision(0))
    log.record(decision(1, principal="bob", decision="DENY"))
    log.record(decision(2))
    log.record(decision(3, principal="job/a/b", on_behalf_of="bob", action="mlflow:CreateRun"))
    log.close()
    records = search(engine, wanted)
    assert [record["request_id"] for record in records] == found
    assert json.dumps(records)
