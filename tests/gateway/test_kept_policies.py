"""Policies in the database: versions, attachments, and how soon a change counts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event, update

from cloister.access.decision import Request
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal, job_step
from cloister.cli.policy import policy
from cloister.errors import RefusedError, SpecError
from cloister.gateway.policies import kept
from cloister.gateway.policies.kept import Putting, Target
from cloister.gateway.policies.standing import StandingPolicies
from cloister.gateway.tables import POLICIES
from cloister.store import migrate, open_store
from cloister.verdict import Answer

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

_NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


def document(effect: str = "Allow", action: str = "mlflow:DeleteRun", resource: str = "*") -> str:
    statement = {"Sid": "One", "Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


def put(engine: Engine, name: str = "p", text: str | None = None, reason: str = "why", day: date | None = None) -> int:
    return kept.put(engine, Putting(name, text or document(), reason, day), now=_NOW, by="ada", taken=("narrow",))


def test_every_version_stays_and_the_newest_counts(engine: Engine) -> None:
    day = date(2027, 3, 31)
    assert (put(engine), put(engine, text=document("Deny"), reason="stricter", day=day), put(engine, "q")) == (1, 2, 1)
    assert kept.current(engine, "p") == kept.Version("p", 2, document("Deny"), "ada", _NOW, "stricter", day)
    assert kept.version(engine, "p", 1) == kept.Version("p", 1, document(), "ada", _NOW, "why", None)
    assert [(one.policy, one.number) for one in kept.list_current(engine)] == [("p", 2), ("q", 1)]


def test_a_deleted_policy_keeps_its_history_and_may_come_back(engine: Engine) -> None:
    put(engine)
    assert kept.remove(engine, "p", reason="no longer", now=_NOW, by="ada") == 2
    assert kept.list_current(engine) == []
    with pytest.raises(SpecError, match='policy "p": does not exist'):
        kept.current(engine, "p")
    assert put(engine) == 3
    assert [(one.number, one.document is None, one.reason) for one in kept.history(engine, "p")] == [
        (1, False, "why"),
        (2, True, "no longer"),
        (3, False, "why"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "reason", "fault"),
    [
        ("a/b", None, "why", 'policy "a/b": is no name of a policy'),
        ("", None, "why", 'policy "": is no name of a policy'),
        ("reader", None, "why", 'policy "reader": is the name of a role that comes with Cloister or from a file'),
        ("narrow", None, "why", 'policy "narrow": is the name of a role that comes with Cloister or from a file'),
        ("p", "{", "why", "policy p: is not JSON"),
        ("p", document("allow"), "why", "policy p /Statement/0/Effect: is 'allow'"),
        ("p", None, " ", 'policy "p": comes without a reason'),
    ],
)
def test_what_is_not_kept(engine: Engine, name: str, text: str | None, reason: str, fault: str) -> None:
    before = kept.revision(engine)
    with pytest.raises(SpecError) as caught:
        put(engine, name, text, reason)
    assert str(caught.value).startswith(fault)
    assert (kept.everything(engine).versions, kept.revision(engine)) == ((), before)


def test_attachments_come_and_go_and_hold_a_policy_back_from_deletion(engine: Engine) -> None:
    put(engine)
    readers, ada = Target("group", "readers"), Target("user", "ada")
    for target in (readers, ada, ada):
        kept.attach(engine, "p", target, now=_NOW, by="ada")
    assert kept.attachments(engine, "p") == [readers, ada]
    with pytest.raises(SpecError, match="is attached to group/readers, user/ada"):
        kept.remove(engine, "p", reason="", now=_NOW, by="ada")
    kept.detach(engine, "p", ada)
    with pytest.raises(SpecError, match="is not attached to user/ada"):
        kept.detach(engine, "p", ada)
    with pytest.raises(SpecError, match='policy "nothing": does not exist'):
        kept.attach(engine, "nothing", ada, now=_NOW, by="ada")
    assert kept.attachments(engine, "p") == [readers]


@pytest.mark.parametrize(
    ("principal", "roles", "names"),
    [
        (Principal("ada", "user", ("readers",)), ("reader",), ["by-group", "by-role", "by-user"]),
        (Principal("bob", "user", ("readers",)), (), ["by-group"]),
        (Principal("bob", "user"), ("reader",), ["by-role"]),
        (job_step("j", "s", "ada"), ("job",), ["by-job"]),
        (Principal("ada", "service"), ("service",), []),
        (Principal("ada", "workload"), (), ["by-user"]),
    ],
)
def test_whom_a_policy_speaks_for(
    engine: Engine, principal: Principal, roles: tuple[str, ...], names: list[str]
) -> None:
    targets = {"by-group": "group/readers", "by-user": "user/ada", "by-role": "role/reader", "by-job": "role/job"}
    for name, text in targets.items():
        put(engine, name)
        kept.attach(engine, name, kept.target_of(*text.split("/")), now=_NOW, by="ada")
    standing = StandingPolicies(engine, lambda: 0.0)
    anyio.run(standing.refresh)
    assert [one.name for one in standing.now.speaking_for(principal, roles)] == names


def test_a_change_counts_in_another_process_after_half_a_second_and_costs_one_query_till_then(engine: Engine) -> None:
    put(engine)
    ada, now, queries = Principal("ada", "user"), [100.0], list[str]()
    standing = StandingPolicies(engine, lambda: now[0])

    @event.listens_for(engine, "before_cursor_execute")
    def _count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        queries.append(statement)

    async def asked(at: float) -> tuple[int, int]:
        """How many policies speak, and how many queries ten requests at that time cost."""
        now[0] = at
        queries.clear()
        for _ in range(10):
            await standing.refresh()
        return len(standing.now.speaking_for(ada, ())), len(queries)

    assert anyio.run(asked, 100.0) == (0, 3)
    kept.attach(engine, "p", Target("user", "ada"), now=_NOW, by="ada")
    assert [anyio.run(asked, at) for at in (100.4, 100.6, 101.0, 101.2)] == [(0, 0), (1, 3), (1, 0), (1, 1)]


def test_a_document_that_can_no_longer_be_read_denies_everything(engine: Engine) -> None:
    put(engine)
    kept.attach(engine, "p", Target("user", "ada"), now=_NOW, by="ada")
    with engine.begin() as connection:
        connection.execute(update(POLICIES).values(document='{"Version": "2030-01-01"}'))
    standing, ada = StandingPolicies(engine, lambda: 0.0), Principal("ada", "user")
    anyio.run(standing.refresh)
    verdict = PolicySet(standing.now.speaking_for(ada, ())).decide(Request(ada, "mlflow:GetRun", "run/a/1"))
    assert (verdict.answer, verdict.trace[0].rule and verdict.trace[0].rule.name) == (
        Answer.DENY,
        "policy p, statement TheDocumentCannotBeRead",
    )


def run(running: Running, who: str, *words: str) -> Result:
    environment = {"CLOISTER_URL": running.url, "CLOISTER_TOKEN": running.token(who)}
    return CliRunner().invoke(policy, words, env=environment)


@pytest.mark.platform
def test_a_policy_is_kept_attached_and_counts_at_once(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "makers.json"
    file.write_text(document(action="mlflow:CreateExperiment", resource="experiment/kept-*"))
    words = ["put", "makers", str(file), "--reason", "readers may start", "--review", "2020-01-31"]
    assert run(running, "ada", *words).stderr == "makers has version 1\n"
    with running.http("rita") as http:

        def make(name: str) -> int:
            return http.post("/api/2.0/mlflow/experiments/create", json={"name": name}).status_code

        assert make("kept-1") == 403
        assert run(running, "ada", "attach", "makers", "group/ml-readers").stderr == (
            "makers speaks for group/ml-readers\n"
        )
        assert (make("kept-2"), make("other")) == (200, 403)
        listed = [line.split("  ") for line in run(running, "ada", "list").stdout.splitlines()]
        assert ["makers", "version 1", "group/ml-readers", "(review was due 2020-01-31)"] in [
            [part.strip() for part in line if part.strip()] for line in listed
        ]
        file.write_text(document("Deny", "mlflow:SearchRuns"))
        assert run(running, "ada", "put", "makers", str(file), "--reason", "stop").exit_code == 0
        assert make("kept-3") == 403
        assert run(running, "ada", "detach", "makers", "group/ml-readers").exit_code == 0
        assert run(running, "ada", "delete", "makers", "--reason", "a trial").stderr == "makers is deleted\n"
    shown = json.loads(run(running, "ada", "history", "makers", "--format", "json").stdout)
    assert [(one["version"], one["created_by"], one["reason"], one["deleted"]) for one in shown] == [
        (1, "ada", "readers may start", False),
        (2, "ada", "stop", False),
        (3, "ada", "a trial", True),
    ]
    first = run(running, "ada", "show", "makers", "--version", "1")
    assert json.loads(first.stdout)["Statement"][0]["Action"] == "mlflow:CreateExperiment"
    record = [one for one in running.records(40) if one["action"] == "cloister:ManagePolicy"]
    assert [(one["principal"], one["method"], one["path"]) for one in record] == [
        ("ada", "DELETE", "/cloister/v1/policies/makers"),
        ("ada", "DELETE", "/cloister/v1/policies/makers/attachments/group/ml-readers"),
        ("ada", "POST", "/cloister/v1/policies"),
        ("ada", "PUT", "/cloister/v1/policies/makers/attachments/group/ml-readers"),
        ("ada", "POST", "/cloister/v1/policies"),
    ]


@pytest.mark.platform
def test_a_change_by_another_process_counts_within_a_second(running: Running) -> None:
    put(running.engine, "elsewhere", document("Deny", "mlflow:AccessUI"))
    with running.http("rita") as http:
        assert http.get("/version").status_code == 200
        kept.attach(running.engine, "elsewhere", Target("user", "rita"), now=_NOW, by="ada")
        begun = time.monotonic()
        try:
            while http.get("/version").status_code != 403:
                assert time.monotonic() - begun < 1
                time.sleep(0.05)
        finally:
            kept.detach(running.engine, "elsewhere", Target("user", "rita"))


@pytest.mark.platform
@pytest.mark.parametrize(
    ("who", "words", "error", "message"),
    [
        ("rita", ["list"], RefusedError, "no statement lets rita do cloister:ReadPolicy on policy/*"),
        ("rita", ["attach", "p", "user/rita"], RefusedError, "rita do cloister:ManagePolicy on policy/p"),
        ("ada", ["attach", "p", "team/x"], SpecError, '"team": is nothing that a policy is attached to'),
        ("ada", ["attach", "p", "rita"], SpecError, '"rita": is nothing that a policy is attached to'),
        ("ada", ["show", "never"], SpecError, 'policy "never": does not exist'),
        ("ada", ["history", "never"], SpecError, 'policy "never": never was there'),
    ],
)
def test_what_is_refused(running: Running, who: str, words: list[str], error: type[Exception], message: str) -> None:
    result = run(running, who, *words)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
