"""The record of decisions: appended by several writers, searched, and every way of tampering located."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.exc import IntegrityError

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import SourceError, SpecError
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.record.anchors import read_anchors, sign_anchor
from cloister.gateway.record.search import Search, every, search
from cloister.gateway.record.verify import Anchor, Break, newest, verify_chain
from cloister.gateway.record.writing import AuditLog, Decision, record_digest
from cloister.gateway.tables import AUDIT
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


def without_triggers(engine: Engine) -> None:
    """As somebody does who owns the database."""
    with engine.begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))


def tamper(engine: Engine, *statements: str) -> None:
    without_triggers(engine)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()
        connection.execute(text("PRAGMA foreign_keys=ON"))


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


_SWAP = (
    "UPDATE gateway_audit SET number = -3 WHERE number = 3",
    "UPDATE gateway_audit SET number = 3 WHERE number = 4",
    "UPDATE gateway_audit SET number = 4 WHERE number = -3",
)
_TAMPERED = [
    (
        ("UPDATE gateway_audit SET decision = 'ALLOW ' WHERE number = 3",),
        2,
        "record 3 was changed after it was written",
    ),
    (("UPDATE gateway_audit SET reason = 'x' WHERE number = 5",), 4, "record 5 was changed after it was written"),
    (("DELETE FROM gateway_audit WHERE number = 3",), 2, "record 3 is missing; 4 comes next"),
    (("DELETE FROM gateway_audit WHERE number = 1",), 0, "record 1 is missing; 2 comes next"),
    (("UPDATE gateway_audit SET previous = digest WHERE number = 2",), 1, "record 2 does not follow from record 1"),
    (_SWAP, 2, "record 3 does not follow from record 2; the one that did stands at 4"),
    (
        ("UPDATE gateway_outcome SET status = 403 WHERE number = 4",),
        3,
        "the outcome of record 4 was changed after it was written",
    ),
]


@pytest.mark.parametrize(("statements", "good", "reason"), _TAMPERED)
def test_a_broken_chain_is_located(engine: Engine, statements: tuple[str, ...], good: int, reason: str) -> None:
    filled(engine)
    tamper(engine, *statements)
    assert verify_chain(engine) == (good, Break(good + 1, reason))


def test_a_record_put_in_between_is_found(engine: Engine) -> None:
    filled(engine, 2)
    tamper(engine, "DELETE FROM gateway_outcome", "UPDATE gateway_audit SET number = 3 WHERE number = 2")
    with engine.begin() as connection:
        row = decision(9).row()
        connection.execute(insert(AUDIT).values(number=2, previous="0" * 64, digest="1" * 64, **row))
    reason = "record 2 does not follow from record 1; the one that did stands at 3"
    assert verify_chain(engine) == (1, Break(2, reason))


def test_an_end_that_was_cut_off_is_found_by_an_anchor_alone(engine: Engine) -> None:
    filled(engine)
    number, digest = newest(engine)
    anchor = Anchor(number, digest, "2026-11-22T05:00:00Z")
    tamper(engine, "DELETE FROM gateway_outcome WHERE number > 3", "DELETE FROM gateway_audit WHERE number > 3")
    assert verify_chain(engine) == (3, None)
    reason = "records 4 to 5 are missing: 5 was anchored at 2026-11-22T05:00:00Z"
    assert verify_chain(engine, [anchor]) == (3, Break(4, reason))


def test_a_record_that_was_written_anew_as_a_whole_is_found_by_an_anchor_alone(engine: Engine) -> None:
    filled(engine)
    number, digest = newest(engine)
    anchor = Anchor(number, digest, "2026-11-22T05:00:00Z")
    assert verify_chain(engine, [anchor]) == (5, None)
    without_triggers(engine)
    previous = "0" * 64
    with engine.begin() as connection:
        for number in range(1, 6):
            row = decision(number, principal="somebody else").row()
            digest = record_digest(number, previous, row)
            values = {"previous": previous, "digest": digest, **row}
            connection.execute(update(AUDIT).where(AUDIT.c.number == number).values(**values))
            previous = digest
    assert verify_chain(engine) == (5, None)
    reason = "record 5 is not the one that was anchored at 2026-11-22T05:00:00Z: the record was written anew"
    assert verify_chain(engine, [anchor]) == (4, Break(5, reason))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gateway_audit SET reason = 'x' WHERE number = 1",
        "DELETE FROM gateway_audit WHERE number = 2",
        "INSERT OR REPLACE INTO gateway_audit SELECT * FROM gateway_audit WHERE number = 1",
        "UPDATE gateway_outcome SET status = 500",
        "DELETE FROM gateway_outcome",
        "INSERT OR REPLACE INTO gateway_outcome SELECT number, 500, digest FROM gateway_outcome WHERE number = 1",
    ],
)
def test_the_database_itself_refuses_changes(engine: Engine, statement: str) -> None:
    filled(engine, 2)
    with pytest.raises(IntegrityError, match="the record of decisions is append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    assert verify_chain(engine) == (2, None)


def test_anchors_are_read_back_with_what_a_log_puts_before_them(tmp_path: Path) -> None:
    key = load_or_create_key(tmp_path / "key.jwk")
    line = sign_anchor(7, "d" * 64, key, now=_NOW)
    anchor = Anchor(7, "d" * 64, "2026-11-22T04:00:00Z")
    assert read_anchors(f"{line}\n\nNov 22 04:00:00 host cloister-anchor: {line}\n", key) == [anchor, anchor]
    other = load_or_create_key(tmp_path / "other.jwk")
    token = issue(Principal("ada", "user"), key, now=_NOW, lifetime_seconds=60)
    forged = sign_anchor(7, "e" * 64, other, now=_NOW)
    with pytest.raises(SpecError) as caught:
        read_anchors(f"{line}\n{forged}\n{token}\nno anchor\n", key)
    assert [(fault.thing, fault.reason) for fault in caught.value.faults] == [
        (f"anchor in line {number}", "is not signed by this platform") for number in (2, 3, 4)
    ]


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
        (Search(until="2026-11-22T04:00:02.000000Z"), ["0001", "0000"]),
        (Search(resource="run/*"), ["0003", "0002", "0001", "0000"]),
        (Search(resource="run/*/2"), ["0002"]),
        (Search(resource="experiment/churn"), ["0003"]),
        (Search(resource="run_é%"), []),
        (Search(request_id="0002"), ["0002"]),
        (Search(before=3), ["0001", "0000"]),
        (Search(after=3), ["0003"]),
        (Search(principal="nobody"), []),
    ],
)
def test_the_record_is_searched(engine: Engine, wanted: Search, found: list[str]) -> None:
    log = AuditLog(engine)
    log.record(decision(0))
    log.record(decision(1, principal="bob", decision="DENY"))
    log.record(decision(2))
    log.record(
        decision(
            3,
            principal="job/a/b",
            on_behalf_of="bob",
            action="mlflow:CreateRun",
            resource="run/é/3, experiment/churn",
        )
    )
    log.close()
    records = search(engine, wanted)
    assert [record["request_id"] for record in records] == found
    assert [record["request_id"] for record in every(engine, wanted)][-wanted.limit :] == found[::-1]
    assert json.dumps(records)


def test_what_came_of_a_decision_is_told_and_unknown_where_nobody_noted_it(engine: Engine) -> None:
    log = AuditLog(engine)
    log.outcome(log.record(decision(0)).result(timeout=30), 200)
    log.record(decision(1))
    log.record(decision(2, decision="DENY"))
    log.record(decision(3, action="cloister:LogIn"))
    log.close()
    outcomes = [(record["status"], record["outcome"]) for record in every(engine, Search())]
    assert outcomes == [(200, "answered"), (None, "unknown"), (None, "refused"), (None, "decided")]
