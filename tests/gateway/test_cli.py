"""`cloister user` and `cloister audit` against a running gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cloister.cli.audit import audit
from cloister.cli.user import user
from cloister.errors import RefusedError, SpecError

if TYPE_CHECKING:
    import click
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform


def run(running: Running, who: str, command: click.Command, *words: str, stdin: str = "") -> Result:
    environment = {"CLOISTER_URL": running.url, "CLOISTER_TOKEN": running.token(who)}
    return CliRunner().invoke(command, words, env=environment, input=stdin)


def test_a_user_is_added_shut_out_and_let_in_again(running: Running) -> None:
    added = run(running, "ada", user, "add", "paul", "--group", "ml-readers")
    assert added.exit_code == 0
    assert len(added.stdout.strip()) >= 16
    assert added.stderr == "the password of paul, shown this once:\n"
    listed = run(running, "ada", user, "list").stdout.splitlines()
    assert ["paul", "reader", "[ml-readers]"] in [line.split() for line in listed]
    assert run(running, "ada", user, "disable", "paul").stderr == "paul is shut out\n"
    assert "[ml-readers] (disabled)" in run(running, "ada", user, "list").stdout
    assert run(running, "ada", user, "enable", "paul").stderr == "paul is let in again\n"
    changed = run(running, "ada", user, "passwd", "paul", "--password-stdin", stdin="correct horse\n")
    assert (changed.stdout, changed.stderr) == ("", "the password of paul is set\n")
    with running.http() as http:
        assert http.post("/cloister/v1/token", json={"user": "paul", "password": "correct horse"}).status_code == 200
    shown = json.loads(run(running, "ada", user, "list", "--format", "json").stdout)
    assert {"name": "paul", "groups": ["ml-readers"], "roles": ["reader"], "disabled": False} in shown


@pytest.mark.parametrize(
    ("who", "words", "error", "message"),
    [
        ("rita", ["list"], RefusedError, "no statement lets rita do cloister:ManageUser on user/*"),
        ("ada", ["add", "abe"], SpecError, 'user "abe": exists already'),
        ("ada", ["add", "x", "--group", "nowhere"], SpecError, 'group "nowhere": does not exist'),
        ("ada", ["disable", "nobody"], SpecError, 'user "nobody": does not exist'),
    ],
)
def test_what_is_refused(running: Running, who: str, words: list[str], error: type[Exception], message: str) -> None:
    result = run(running, who, user, *words)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)


def test_the_record_is_searched_and_verified(running: Running) -> None:
    with running.http("rita") as http:
        http.post("/api/2.0/mlflow/experiments/create", json={"name": "by the reader"})
    found = run(running, "ada", audit, "--principal", "rita", "--action", "mlflow:Create*", "--limit", "1").stdout
    assert found.rstrip().endswith(
        "DENY       rita  mlflow:CreateExperiment  experiment/by the reader  "
        "[no statement lets rita do mlflow:CreateExperiment on experiment/by the reader]"
    )
    words = ["--principal", "rita", "--decision", "deny", "--since", "2026-01-01", "--limit", "1", "--format", "json"]
    (record,) = json.loads(run(running, "ada", audit, *words).stdout)
    assert (record["principal"], record["decision"], record["status"]) == ("rita", "DENY", None)
    assert run(running, "ada", audit, "verify").stdout.endswith(" records hold\n")
