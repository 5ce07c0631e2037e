"""A step's token holds while its job goes on and its submitter is let in, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from cloister.access.principals import Principal, job_step
from cloister.access.tokens import issue
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.users import ensure_users, set_disabled, set_password
from cloister.gateway.record.writing import AuditLog
from cloister.gateway.rights.asking import Asker
from cloister.store import migrate, open_store
from cloister.verdict import Answer

_START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_KEY = OKPKey.generate_key("Ed25519", private=True)
_STEP = job_step("pipe", "train", "ada")


class Platform:
    """A guard with a clock and jobs of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, _START
        self.unfinished = {"pipe"}
        self.asked: list[str] = []
        self.audit = AuditLog(engine)
        self.guard = Guard(engine=engine, key=_KEY, role_of_group={}, audit=self.audit, clock=lambda: self.now)
        self.guard.watch_jobs(self._is_unfinished)

    def _is_unfinished(self, job: str) -> bool:
        self.asked.append(job)
        return job in self.unfinished

    def comes_in(self, principal: Principal = _STEP) -> Principal:
        """Who is let in with a token from the start."""
        token = issue(principal, _KEY, now=_START, lifetime_seconds=86_400)
        headers = [(b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "GET", "headers": headers}
        return asyncio.run(self.guard.authenticate(scope)).principal


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    engine = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(engine, "gateway")
    ensure_users(engine, {"admins": ["ada"]}, now=_START)
    made = Platform(engine)
    yield made
    made.audit.close()
    engine.dispose()


def test_a_step_comes_in_while_its_job_goes_on(platform: Platform) -> None:
    assert [platform.comes_in() for _ in range(3)] == [_STEP] * 3
    assert platform.asked == ["pipe"]
    platform.now += timedelta(seconds=2)
    assert platform.comes_in() == _STEP
    assert platform.asked == ["pipe", "pipe"]


_ENDS: list[tuple[Callable[[Platform], object], Principal, str]] = [
    (lambda p: p.unfinished.clear(), _STEP, 'the job "pipe" has ended, or there is none of that name'),
    (lambda _: None, job_step("other", "train", "ada"), 'the job "other" has ended, or there is none of that name'),
    (lambda _: None, job_step("pipe", "train", "nobody"), 'the user "nobody" is not let in'),
    (lambda p: set_disabled(p.engine, "ada", disabled=True, now=p.now), _STEP, 'the user "ada" is not let in'),
    (
        lambda p: set_password(p.engine, "ada", None, now=p.now),
        _STEP,
        "the token is from before the user's last change",
    ),
]


@pytest.mark.parametrize(("change", "principal", "reason"), _ENDS)
def test_within_two_seconds_it_holds_no_longer(
    platform: Platform, change: Callable[[Platform], object], principal: Principal, reason: str
) -> None:
    assert platform.comes_in() == _STEP
    platform.now += timedelta(seconds=2)
    change(platform)
    with pytest.raises(UnauthenticatedError) as caught:
        platform.comes_in(principal)
    assert caught.value.faults[0].reason == reason


_OWNED: dict[str, tuple[str, ...]] = {"mlflow:Owned": ("true",)}
_ANOTHERS: dict[str, tuple[str, ...]] = {"mlflow:Owned": ("false",), "mlflow:ParentOwned": ("false",)}
_MAY: list[tuple[str, str, str, dict[str, tuple[str, ...]], str]] = [
    ("members", "mlflow:GetRun", "run/churn/1", _OWNED, "ALLOW"),
    ("members", "mlflow:GetRun", "run/churn/1", _ANOTHERS, "ada"),
    ("members", "mlflow:GetArtifact", "artifact/churn/1/model", _ANOTHERS, "ada"),
    ("members", "mlflow:CreateRun", "experiment/churn", _ANOTHERS, "ada"),
    ("members", "mlflow:CreateRun", "experiment/churn", _OWNED, "ALLOW"),
    ("members", "mlflow:CreateExperiment", "experiment/new", {}, "ALLOW"),
    ("members readers", "mlflow:GetRun", "run/churn/1", _ANOTHERS, "ALLOW"),
    ("members readers", "mlflow:CreateRun", "experiment/churn", _ANOTHERS, "ada"),
    ("admins", "mlflow:GetRun", "run/churn/1", _ANOTHERS, "ALLOW"),
    # What every step may is the most that one may.
    ("admins", "mlflow:DeleteRun", "run/churn/1", _OWNED, "job/pipe/train for ada"),
    ("", "mlflow:CreateExperiment", "experiment/new", {}, "ada"),
]


def _asker(platform: Platform) -> Asker:
    token = issue(_STEP, _KEY, now=_START, lifetime_seconds=86_400)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"authorization", f"Bearer {token}".encode())]}

    async def come_in() -> Asker:
        return await platform.guard.asker(await platform.guard.authenticate(scope), RequestFacts.of(scope))

    return asyncio.run(come_in())


@pytest.mark.parametrize(("groups", "action", "resource", "context", "answer"), _MAY)
def test_a_step_may_nothing_that_its_submitter_may_not(
    platform: Platform, groups: str, action: str, resource: str, context: dict[str, tuple[str, ...]], answer: str
) -> None:
    ensure_users(platform.engine, {group: ["ada"] for group in groups.split()}, now=_START)
    platform.guard.role_of_group.update(members="member", readers="reader", admins="admin")
    asker = _asker(platform)
    request = asker.asks(action, resource, context)
    refusal = f"no statement lets {answer} do {action} on {resource}"
    for verdict in (asker.answer(request), asker.of_object(request)):
        assert (verdict.answer, verdict.reason) == (
            (Answer.ALLOW, f"{_STEP} may {action} on {resource}") if answer == "ALLOW" else (Answer.DENY, refusal)
        )
