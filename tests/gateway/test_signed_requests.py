"""Requests that are signed with an access key, against a real gateway and a real MLflow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pytest
import requests
from click.testing import CliRunner, Result

from cloister.cli.key import key as key_command
from cloister.gateway.access_keys.sealing import Sealer, UnsealedError, new_key
from cloister.gateway.tables import ACCESS_KEYS

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform


def settle(folder: Path) -> None:
    """Back once MLflow has taken its part of a broken upload away, or after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and [*folder.rglob("*")]:
        time.sleep(0.1)


GET = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def reasons(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["faults"][0]["reason"] if answer.status_code >= 400 else ""


def test_a_key_speaks_for_its_owner_and_stands_on_record(running: Running) -> None:
    with running.key_of("rita") as key:
        assert running.send(key, "GET", GET).json()["experiment"]["experiment_id"] == "0"
        last = running.last_record()
        assert (last["principal"], last["action"], last["decision"]) == ("rita", "mlflow:GetExperiment", "ALLOW")
        refused = running.send(key, "POST", "/api/2.0/mlflow/experiments/create", b'{"name": "of-rita"}')
        assert refused.status_code == 403


def test_another_body_than_the_one_that_was_signed_changes_nothing(running: Running) -> None:
    with running.key_of("ada") as key:
        path = "/api/2.0/mlflow/experiments/create"
        answer = running.send(key, "POST", path, b'{"name": "signed"}', sent=b'{"name": "forged"}')
        assert reasons(answer) == (401, "has another body than the one that was signed")
        forged = running.send(key, "GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=forged")
        assert forged.status_code == 404
        assert running.send(key, "POST", path, b'{"name": "signed"}').status_code == 200
        # The same for the control API.
        roles = "/cloister/v1/users"
        answer = running.send(key, "POST", roles, b'{"name": "sig"}', sent=b'{"name": "fgd"}')
        assert reasons(answer) == (401, "has another body than the one that was signed")
        assert running.send(key, "GET", roles).status_code == 200


@pytest.mark.parametrize("size", [10, 3 * 1024 * 1024], ids=["small", "large"])
def test_of_a_file_with_another_content_than_was_signed_nothing_is_kept(running: Running, size: int) -> None:
    with running.key_of("ada") as key:
        run = running.send(key, "POST", "/api/2.0/mlflow/runs/create", b'{"experiment_id": "0"}').json()["run"]["info"]
        path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run['run_id']}/artifacts/{size}.bin"
        answer = running.send(key, "PUT", path, b"a" * size, sent=b"a" * (size - 1) + b"b")
        assert reasons(answer) == (401, "has another body than the one that was signed")
        folder = running.home / "artifacts" / "0" / run["run_id"] / "artifacts"
        settle(folder)
        assert [*folder.rglob("*")] == []
        assert running.send(key, "PUT", path, b"a" * size).status_code == 200
        assert (folder / f"{size}.bin").read_bytes() == b"a" * size
        assert running.send(key, "GET", path).content == b"a" * size


def test_mlflows_own_client_signs_and_is_let_in(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(
        "requests_auth_aws_sigv4", reason="not run: AWS's clients are not installed (dependency group aws)"
    )
    with running.key_of("ada") as (key_id, secret):
        for name, value in {
            "MLFLOW_TRACKING_AWS_SIGV4": "true",
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        client = mlflow.MlflowClient(running.url)
        created = client.create_run(client.create_experiment("of the stock client"))
        client.log_param(created.info.run_id, "a", "b")
        client.log_metric(created.info.run_id, "m", 1.5)
        found = client.get_run(created.info.run_id).data
        assert (found.params, found.metrics["m"]) == ({"a": "b"}, 1.5)
        assert running.last_record()["principal"] == "ada"


def test_mlflows_signer_signs_no_body_of_a_get_so_there_can_be_none(running: Running) -> None:
    signers = pytest.importorskip(
        "requests_auth_aws_sigv4", reason="not run: AWS's clients are not installed (dependency group aws)"
    )
    with running.key_of("ada") as (key_id, secret):
        signer = signers.AWSSigV4(
            "execute-api", region="us-east-1", aws_access_key_id=key_id, aws_secret_access_key=secret
        )
        url = running.url + "/api/2.0/mlflow/experiments/get"
        bare = requests.get(url, params={"experiment_id": "0"}, auth=signer, timeout=60)
        assert bare.status_code == 200
        answer = requests.get(url, json={"experiment_id": "0"}, auth=signer, timeout=60)
        assert answer.status_code == 400


def test_the_same_request_may_come_again_but_not_for_another(running: Running) -> None:
    with running.key_of("ada") as key:
        first = running.send(key, "GET", GET)
        assert first.status_code == 200
        headers = dict(first.request.headers)
        assert requests.get(running.url + GET, headers=headers, timeout=60).status_code == 200
        other = requests.get(running.url + GET.replace("=0", "=1"), headers=headers, timeout=60)
        assert reasons(other) == (401, "does not have the signature that its key makes of what was sent")


def test_a_change_of_a_key_or_its_owner_counts_within_a_second(running: Running) -> None:
    with running.http("ada") as http, running.key_of("key/nightly", "ml-readers") as key:
        assert running.send(key, "GET", GET).status_code == 200
        last = running.last_record()
        assert (last["principal"], last["on_behalf_of"]) == ("key/nightly", "ada")
        http.put(f"/cloister/v1/keys/{key[0]}/active", json={"active": False})
        time.sleep(1)
        assert running.send(key, "GET", GET).status_code == 401
        listed = http.get("/cloister/v1/keys", params={"owner": "key/nightly"}).json()["keys"]
        assert [(one["id"], one["active"], one["created_by"]) for one in listed] == [(key[0], False, "ada")]
        assert listed[0]["last_used_at"] is not None
    with running.http("ada") as http, running.key_of("max") as key:
        http.put("/cloister/v1/users/max/disabled", json={"disabled": True})
        try:
            assert running.send(key, "GET", GET).status_code == 401
        finally:
            http.put("/cloister/v1/users/max/disabled", json={"disabled": False})


def test_whose_keys_somebody_may_make(running: Running) -> None:
    def status(by: str, owner: str, *groups: str) -> int:
        with running.http(by) as http:
            made = http.post("/cloister/v1/keys", json={"owner": owner, "groups": list(groups)})
        if made.status_code == 201:
            with running.http("ada") as http:
                http.delete(f"/cloister/v1/keys/{made.json()['id']}")
        return made.status_code

    assert status("rita", "rita") == 201
    assert status("rita", "ada") == 403
    assert status("nora", "nora") == 403
    assert status("ada", "nobody") == 400
    assert status("ada", "rita", "ml-admins") == 400
    with running.key_of("mia"), running.key_of("mia"):
        assert status("mia", "mia") == 400


def test_a_secret_is_sealed_at_rest_and_sealed_anew(running: Running) -> None:
    with running.key_of("ada") as (key_id, secret), running.engine.connect() as connection:
        row = connection.execute(ACCESS_KEYS.select().where(ACCESS_KEYS.c.id == key_id)).one()
        assert secret not in str(tuple(row))
        for file in (running.home / "state").iterdir():
            assert secret.encode() not in file.read_bytes()
        assert secret not in (running.home / "gateway.log").read_text()
    old, new = new_key("old"), new_key("new")
    sealed = Sealer(lambda: old).seal(b"secret", "a")
    ring = Sealer(lambda: f"{new}\n{old}\n")
    assert ring.open(sealed, "a") == b"secret"
    again = ring.seal(ring.open(sealed, "a"), "a")
    assert (again.partition(".")[0], Sealer(lambda: new).open(again, "a")) == ("new", b"secret")
    for sealer, text, bound_to in (
        (Sealer(lambda: new), sealed, "a"),
        (ring, sealed, "b"),
        (ring, sealed[:-4] + "AAAA", "a"),
        (ring, "new" + sealed[3:], "a"),
        (ring, "", "a"),
    ):
        with pytest.raises(UnsealedError):
            sealer.open(text, bound_to)


def test_the_command_line_makes_and_ends_keys(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOISTER_URL", running.url)
    monkeypatch.setenv("CLOISTER_TOKEN", running.token("alan"))

    def run(*words: str) -> Result:
        result = CliRunner().invoke(key_command, words, catch_exceptions=False)
        assert result.exit_code == 0
        return result

    made = dict(line.split("=", 1) for line in run("create", "--owner", "alan").stdout.splitlines())
    key = made["AWS_ACCESS_KEY_ID"], made["AWS_SECRET_ACCESS_KEY"]
    assert running.send(key, "GET", GET).status_code == 200
    assert run("disable", key[0]).stderr == f"{key[0]} counts no longer\n"
    assert running.send(key, "GET", GET).status_code == 401
    assert run("list", "--owner", "alan").stdout.split()[:2] == [key[0], "disabled"]
    run("enable", key[0])
    assert "secrets are sealed with the newest key" in run("reseal").stderr
    assert running.send(key, "GET", GET).status_code == 200
    run("delete", key[0])
    assert run("list", "--owner", "alan").stdout == ""
