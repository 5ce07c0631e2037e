"""`cloister user` and `cloister audit` against a running gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cloister.cli.audit import audit
from cloister.cli.user import user
from cloister.errors import RefusedError, SpecError
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.record.anchors import sign_anchor

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


def test_the_record_is_paged_through_exported_and_held_against_anchors(running: Running, tmp_path: Path) -> None:
    with running.http("rita") as http:
        ids = [http.get("/api/2.0/mlflow/experiments/search?max_results=1").headers["x-request-id"] for _ in range(3)]
    words = ["--principal", "rita", "--limit", "3", "--format", "json"]
    at_once = json.loads(run(running, "ada", audit, *words).stdout)
    assert [record["request_id"] for record in at_once] == ids[::-1]
    with running.http("ada") as http:
        page = http.get("/cloister/v1/audit", params={"principal": "rita", "limit": 2}).json()
        rest = http.get("/cloister/v1/audit", params={"principal": "rita", "limit": 1, "before": page["next"]}).json()
    assert [record["request_id"] for record in (*page["records"], *rest["records"])] == ids[::-1]
    found = run(running, "ada", audit, "--request-id", ids[1]).stdout.splitlines()
    assert len(found) == 1

    exported = run(running, "ada", audit, "export", "--principal", "rita", "--since", "2026-01-01").stdout
    assert [json.loads(line)["request_id"] for line in exported.splitlines()][-3:] == ids
    event = json.loads(run(running, "ada", audit, "export", "--request-id", ids[0], "--format", "ocsf").stdout)
    assert (event["class_uid"], event["type_uid"], event["action"], event["status"]) == (
        6003,
        600302,
        "Allowed",
        "Success",
    )
    assert event["actor"] == {"user": {"name": "rita"}, "app_name": "rita"}
    assert event["api"]["response"] == {"code": 200}

    line = run(running, "ada", audit, "anchor").stdout
    kept = tmp_path / "anchors"
    kept.write_text(line)
    assert run(running, "ada", audit, "verify", "--anchors", str(kept)).stdout.endswith(
        "records hold, and 1 anchors with them\n"
    )
    other = load_or_create_key(tmp_path / "other.jwk")
    kept.write_text(sign_anchor(1, "0" * 64, other, now=datetime.now(UTC)))
    refused = run(running, "ada", audit, "verify", "--anchors", str(kept))
    assert "anchor in line 1: is not signed by this platform" in str(refused.exception)
    kept.write_text(sign_anchor(1, "0" * 64, running.key, now=datetime.now(UTC)))
    broken = run(running, "ada", audit, "verify", "--anchors", str(kept))
    assert isinstance(broken.exception, RefusedError)
    assert "record 1 is not the one that was anchored at" in str(broken.exception)


@pytest.mark.parametrize("words", [["export"], ["anchor"], ["verify"], []])
def test_only_who_may_read_the_record_reads_it(running: Running, words: list[str]) -> None:
    assert "no statement lets rita do cloister:ReadAudit on audit" in str(run(running, "rita", audit, *words).exception)


def test_what_a_request_to_the_platform_itself_came_to_is_recorded(running: Running) -> None:
    run(running, "ada", user, "disable", "nobody")
    (record,) = json.loads(
        run(running, "ada", audit, "--resource", "user/nobody", "--limit", "1", "--format", "json").stdout
    )
    assert (record["action"], record["status"], record["outcome"]) == ("cloister:ManageUser", 400, "answered")
