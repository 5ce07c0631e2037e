"""`cloister policy try` and `simulate`, and `cloister who-can`, against a running gateway."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cloister.cli.policy import policy
from cloister.cli.who_can import who_can
from cloister.errors import RefusedError, SpecError
from cloister.gateway.policies import kept
from cloister.gateway.policies.kept import Putting, Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import click
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
_MOVE = "mlflow:TransitionModelVersionStage"
_RULE = r"\[policy promoters, statement One\]"
_MEND = "  mend: ask an administrator for a role that allows {move}\n"
_ADMIN = "policy admin, statement Everything"
_OF_ADMINS = ["group/ml-admins has the role admin"]
_API = "arn:aws:execute-api:eu-west-1:111122223333:m1f2l3o4w5/prod"
_PROMOTE = f"{_API}/POST/api/2.0/mlflow/model-versions/transition-stage"
_STAGING = {"StringEquals": {"mlflow:Stage": "Staging"}}


def document(action: str, resource: str, **more: object) -> str:
    statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def run(running: Running, who: str, command: click.Command, *words: str) -> Result:
    environment = {"CLOISTER_URL": running.url, "CLOISTER_TOKEN": running.token(who)}
    return CliRunner().invoke(command, words, env=environment)


@pytest.fixture(scope="module")
def promoters(running: Running) -> Iterator[str]:
    """A kept policy that lets readers promote to staging."""
    text = document(_MOVE, "model-version/asked/*", Condition=_STAGING)
    kept.put(running.engine, Putting("promoters", text, "asked"), now=_NOW, by="ada")
    readers = Target("group", "ml-readers")
    kept.attach(running.engine, "promoters", readers, now=_NOW, by="ada")
    time.sleep(1)  # within which a change of the database counts at a gateway that has asked before
    yield "promoters"
    kept.detach(running.engine, "promoters", readers)


def test_who_can_names_everybody_with_what_makes_it_so(running: Running, promoters: str) -> None:
    result = run(running, "ada", who_can, _MOVE, "model-version/asked/1", "--format", "json")
    found = {
        one["principal"]: (one["kind"], one["answer"], one["rule"], one["through"], one["hangs_on"])
        for one in json.loads(result.stdout)["principals"]
    }
    by_role, by_call = "policy approver, statement RegisterAndPromote", "policy call-approver, statement /Statement/0"
    wanted = {
        "ada": ("user", "ALLOW", _ADMIN, _OF_ADMINS, []),
        "abe": ("user", "ALLOW", by_role, ["group/ml-approvers has the role approver"], []),
        "rita": (
            "user",
            "UNKNOWN",
            f"policy {promoters}, statement One",
            ["attached to group/ml-readers"],
            ["mlflow:Stage"],
        ),
        "cora": ("user", "ALLOW", by_call, ["group/ml-call-approvers has the role call-approver"], []),
        "group/ml-admins": ("group", "ALLOW", _ADMIN, _OF_ADMINS, []),
    }
    assert {name: found.get(name) for name in wanted} == wanted
    assert not {"nora", "nick", "carl", "job/any/any"} & set(found)
    assert result.exit_code == 11


def test_who_can_in_words(running: Running) -> None:
    result = run(running, "ada", who_can, "cloister:ReadAudit", "audit")
    assert result.exit_code == 0
    lines = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert ["ALLOW", "ada", "policy admin, statement Everything  (group/ml-admins has the role admin)"] in lines
    assert run(running, "ada", who_can, "cloister:Nothing", "x").stdout.count("policy admin")


@pytest.mark.parametrize(
    ("principal", "context", "code", "told"),
    [
        ("rita", ["mlflow:Stage=Staging"], 0, "ALLOW  rita may {move} on {it}  [policy promoters, statement One]\n"),
        (
            "rita",
            ["mlflow:Stage=Production"],
            10,
            f"DENY  no statement lets rita do {{move}} on {{it}}  [deny by default]\n{_MEND}",
        ),
        (
            "cora",
            [],
            0,
            f"ALLOW  cora may execute-api:Invoke on {_PROMOTE}  [policy call-approver, statement /Statement/0]\n",
        ),
        (
            "group/ml-approvers",
            [],
            0,
            "ALLOW  group/ml-approvers may {move} on {it}  [policy approver, statement RegisterAndPromote]\n",
        ),
        (
            "job/j/s",
            [],
            10,
            f"DENY  no statement lets job/j/s do {{move}} on {{it}}  [deny by default]\n{_MEND}",
        ),
    ],
)
@pytest.mark.usefixtures("promoters")
def test_simulation(running: Running, principal: str, context: list[str], code: int, told: str) -> None:
    words = ["simulate", "--principal", principal, "--action", _MOVE, "--resource", "model-version/asked/1"]
    more = [word for pair in context for word in ("--context", pair)]
    result = run(running, "ada", policy, *words, *more)
    assert (result.exit_code, result.stdout) == (code, told.format(move=_MOVE, it="model-version/asked/1"))


def test_a_trial_tells_who_gains_and_who_loses_and_changes_nothing(
    running: Running, promoters: str, tmp_path: Path
) -> None:
    before = kept.revision(running.engine)
    file = tmp_path / f"{promoters}.json"
    file.write_text(document(_MOVE, "model-version/asked/*"))
    told = run(running, "ada", policy, "try", str(file)).stdout
    # Others may be readers as well by now.
    gains = rf"group/ml-readers, ([a-z]+, )*rita(, [a-z]+)*  gains  on model-version/asked/\*  {_RULE}\n  {_MOVE}\n"
    assert re.fullmatch(gains, told), told
    other = run(running, "ada", policy, "try", str(file), "--name", "new", "--attach", "user/nora", "--format", "json")
    assert json.loads(other.stdout) == {
        "changes": [
            {
                "change": "gains",
                "principals": ["nora"],
                "actions": [_MOVE],
                "resource": "model-version/asked/*",
                "when": "",
                "rule": "policy new, statement One",
            }
        ],
        "concerned": 1,
    }
    nobody = run(running, "ada", policy, "try", str(file), "--name", "new")
    assert nobody.stderr == "attached to nobody: nothing changes; see --attach\n"
    assert kept.revision(running.engine) == before


def test_a_document_answers_without_a_platform(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(document("mlflow:GetRun", "run/${aws:username}/*"))
    words = ["simulate", "--principal", "eve", "--action", "mlflow:GetRun", "--policy", str(file), "--format", "json"]
    answers = {
        resource: json.loads(CliRunner().invoke(policy, [*words, "--resource", resource]).stdout)
        for resource in ("run/eve/1", "run/bob/1")
    }
    assert {resource: (found["answer"], found["rule"]) for resource, found in answers.items()} == {
        "run/eve/1": ("ALLOW", "policy mine, statement One"),
        "run/bob/1": ("DENY", "deny by default"),
    }


@pytest.mark.parametrize(
    ("who", "command", "words", "error", "message"),
    [
        ("rita", who_can, ["mlflow:GetRun", "run/a/1"], RefusedError, "rita do cloister:ReadPolicy on policy/*"),
        ("ada", who_can, ["mlflow:GetRun"], SpecError, "mlflow:GetRun: is asked about no resource"),
        (
            "ada",
            policy,
            ["simulate", "--principal", "ghost", "--action", "mlflow:GetRun", "--resource", "run/a/1"],
            SpecError,
            'principal "ghost": is not known',
        ),
        (
            "ada",
            policy,
            ["simulate", "--principal", "ada", "--action", "a:B", "--resource", "x", "--context", "stage"],
            SpecError,
            'context "stage": is no KEY=VALUE',
        ),
    ],
)
def test_what_is_refused(
    running: Running, who: str, command: click.Command, words: list[str], error: type[Exception], message: str
) -> None:
    result = run(running, who, command, *words)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
