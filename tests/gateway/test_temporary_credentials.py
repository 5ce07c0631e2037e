"""Temporary credentials, as unmodified boto3 gets and uses them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

pytest.importorskip("boto3", reason="not run: AWS's clients are not installed (dependency group aws)")
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
Key = tuple[str, str]
GET = "/api/2.0/mlflow/experiments/get?experiment_id=0"
IAM = "arn:aws:iam::000000000000:"


def sts(running: Running, key: Key, token: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    return boto3.client(
        "sts",
        endpoint_url=running.url,
        region_name="us-east-1",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}, proxies={}),
    )


def trust(*principals: str, effect: str = "Allow", condition: object = None) -> dict[str, object]:
    statement = {"Effect": effect, "Action": "sts:AssumeRole", "Principal": {"AWS": [IAM + one for one in principals]}}
    return statement | ({"Condition": condition} if condition else {})


def put(running: Running, name: str, *statements: dict[str, object], group: str = "ml-readers") -> int:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    with running.http("ada") as http:
        return http.put(f"/cloister/v1/roles/{name}", json={"groups": [group], "trust": document}).status_code


@pytest.fixture(scope="module")
def trusted(running: Running) -> Iterator[None]:
    external = {"StringEquals": {"sts:ExternalId": "vendor-7"}}
    assert put(running, "of-mia", trust("user/mia"), group="ml-readers") == 200
    assert put(running, "of-vendor", trust("user/mia", condition=external)) == 200
    assert put(running, "of-members", trust("group/ml-members"), trust("user/max", effect="Deny")) == 200
    assert put(running, "of-all", trust("root")) == 200
    assert put(running, "of-approvers", trust("user/mia", "user/abe"), group="ml-approvers") == 200
    assert put(running, "of-job", trust("workload/nightly")) == 200
    yield
    with running.http("ada") as http:
        for role in http.get("/cloister/v1/roles").json()["roles"]:
            http.delete(f"/cloister/v1/roles/{role['name']}")


def assumed(running: Running, key: Key, role: str, **more: object) -> tuple[Key, str]:
    answer = sts(running, key).assume_role(RoleArn=f"{IAM}role/{role}", RoleSessionName="s1", **more)
    made = answer["Credentials"]
    return (made["AccessKeyId"], made["SecretAccessKey"]), made["SessionToken"]


def test_boto3_learns_who_it_is(running: Running) -> None:
    with running.key_of("mia") as key:
        told = sts(running, key).get_caller_identity()
        assert {name: told[name] for name in ("Account", "Arn", "UserId")} == {
            "Account": "000000000000",
            "Arn": f"{IAM}user/mia",
            "UserId": "mia",
        }


@pytest.mark.usefixtures("trusted")
def test_boto3_assumes_a_role_and_has_the_rights_of_the_role_alone(running: Running) -> None:
    with running.key_of("mia") as key:
        role, token = assumed(running, key, "of-mia")
        assert sts(running, role, token).get_caller_identity()["Arn"] == (
            "arn:aws:sts::000000000000:assumed-role/of-mia/s1"
        )
        assert running.send(role, "GET", GET, token=token).status_code == 200
        last = running.last_record()
        assert (last["principal"], last["on_behalf_of"]) == ("role/of-mia/s1", "mia")
        create = "/api/2.0/mlflow/experiments/create"
        assert running.send(key, "POST", create, b'{"name": "of the role of mia"}').status_code == 200
        assert running.send(role, "POST", create, b'{"name": "of role"}', token=token).status_code == 403


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("owner", "role", "external", "taken"),
    [
        ("mia", "of-mia", None, True),
        ("max", "of-mia", None, False),
        ("mia", "of-vendor", "vendor-7", True),
        ("mia", "of-vendor", "vendor-8", False),
        ("mia", "of-vendor", None, False),
        ("mia", "of-members", None, True),
        ("max", "of-members", None, False),  # an explicit deny wins
        ("rita", "of-members", None, False),
        ("rita", "of-all", None, False),  # the account is trusted, but rita's own policies do not allow it
        ("ada", "of-all", None, True),
        ("mia", "nothing", None, False),
    ],
)
def test_who_may_assume_which_role(
    running: Running, owner: str, role: str, external: str | None, *, taken: bool
) -> None:
    with running.key_of(owner) as key:
        more = {"ExternalId": external} if external else {}
        if taken:
            assert assumed(running, key, role, **more)[0][0].startswith("CLST")
            return
        with pytest.raises(ClientError) as error:
            assumed(running, key, role, **more)
        assert error.value.response["Error"]["Code"] == "AccessDenied"
        last = running.last_record()
        assert (last["principal"], last["action"], last["resource"], last["decision"]) == (
            owner,
            "sts:AssumeRole",
            f"role/{role}",
            "DENY",
        )


@pytest.mark.usefixtures("trusted")
def test_what_is_not_served_is_refused_and_not_passed_over(running: Running) -> None:
    arn = f"{IAM}role/of-mia"
    with running.key_of("mia") as key:
        calls: list[dict[str, object]] = [
            {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
            {"Tags": [{"Key": "team", "Value": "x"}]},
            {"DurationSeconds": 43200},
            {"RoleSessionName": "a b"},
            {"RoleArn": f"{IAM}user/mia-and-more"},
        ]
        for more in calls:
            with pytest.raises(ClientError) as error:
                sts(running, key).assume_role(**{"RoleArn": arn, "RoleSessionName": "s1"} | more)
            assert error.value.response["Error"]["Code"] == "ValidationError"
        with pytest.raises(ClientError) as error:
            sts(running, key).get_federation_token(Name="mia")
        assert error.value.response["Error"]["Code"] == "ValidationError"
        with pytest.raises(ClientError) as error:
            sts(running, (key[0], key[1] + "x")).get_caller_identity()
        assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"
        bare = requests.post(running.url + "/", data={"Action": "GetCallerIdentity"}, timeout=60)
        assert (bare.status_code, bare.headers["content-type"]) == (403, "text/xml; charset=utf-8")


@pytest.mark.usefixtures("trusted")
def test_a_role_leads_to_no_other_and_its_token_to_nothing_else(running: Running) -> None:
    with running.key_of("mia") as key:
        role, token = assumed(running, key, "of-mia")
        with pytest.raises(ClientError) as error:
            sts(running, role, token).assume_role(RoleArn=f"{IAM}role/of-mia", RoleSessionName="s2")
        assert error.value.response["Error"]["Code"] == "AccessDenied"
        forgeries = [(role, ""), (role, token[:-4] + "AAAA"), (key, token), (("CLST" + "A" * 16, role[1]), token)]
        for forged_key, forged in forgeries:
            assert running.send(forged_key, "GET", GET, token=forged).status_code == 401
        # What is signed for one service is not for the other.
        assert running.send(key, "POST", "/cloister/sts").status_code == 403


def test_credentials_of_ones_own_for_a_while(running: Running) -> None:
    with running.key_of("rita") as key:
        made = sts(running, key).get_session_token(DurationSeconds=900)["Credentials"]
        session = made["AccessKeyId"], made["SecretAccessKey"]
        assert running.send(session, "GET", GET, token=made["SessionToken"]).status_code == 200
        assert running.last_record()["principal"] == "rita"


@pytest.mark.usefixtures("trusted")
def test_temporary_credentials_end_with_their_key_their_person_and_their_role(running: Running) -> None:
    with running.http("ada") as http, running.key_of("mia") as key:
        assert put(running, "short", trust("user/mia")) == 200
        role, token = assumed(running, key, "short")
        assert running.send(role, "GET", GET, token=token).status_code == 200
        http.delete("/cloister/v1/roles/short")
        time.sleep(1)
        assert running.send(role, "GET", GET, token=token).status_code == 401
        role, token = assumed(running, key, "of-mia")
        http.put(f"/cloister/v1/keys/{key[0]}/active", json={"active": False})
        time.sleep(1)
        assert running.send(role, "GET", GET, token=token).status_code == 401


@pytest.mark.usefixtures("trusted")
def test_who_assumes_a_role_of_approvers_does_not_approve_their_own(running: Running) -> None:
    """The person behind the role counts, and a person who had no part may approve by way of it."""
    with running.http("mia") as http, running.key_of("mia") as mia, running.key_of("abe") as abe:
        api = "/api/2.0/mlflow/"
        made = http.post(api + "experiments/create", json={"name": "behind roles"}).json()["experiment_id"]
        run = http.post(api + "runs/create", json={"experiment_id": made}).json()["run"]["info"]
        http.post(api + "registered-models/create", json={"name": "behind"})
        version = {"name": "behind", "source": run["artifact_uri"], "run_id": run["run_id"]}
        assert http.post(api + "model-versions/create", json=version).status_code == 200
        move = json.dumps({"name": "behind", "version": "1", "stage": "Production"}).encode()
        answers = []
        for key in (mia, abe):
            role, token = assumed(running, key, "of-approvers")
            answers.append(running.send(role, "POST", api + "model-versions/transition-stage", move, token=token))
        assert [answer.status_code for answer in answers] == [403, 200]
        assert "may not approve it" in answers[0].json()["faults"][0]["reason"]


def test_trust_that_cannot_be_understood_is_refused(running: Running) -> None:
    good = trust("user/mia")
    for bad in (
        good | {"Principal": "*"},
        good | {"Principal": {"AWS": "*"}},
        good | {"Principal": {"Service": "ec2.amazonaws.com"}},
        good | {"Action": "sts:*"},
        good | {"Resource": "*"},
        good | {"Condition": {"StringEquals": {"sts:Nothing": "x"}}},
        {name: value for name, value in good.items() if name != "Principal"},
    ):
        assert put(running, "bad", bad) == 400


def test_a_stolen_session_cannot_be_made_to_live_on(running: Running) -> None:
    with running.key_of("rita") as key:
        made = sts(running, key).get_session_token()["Credentials"]
        session = made["AccessKeyId"], made["SecretAccessKey"]
        with pytest.raises(ClientError) as error:
            sts(running, session, made["SessionToken"]).get_session_token()
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    assert "lead to no others" in error.value.response["Error"]["Message"]


def test_the_name_of_a_session_gives_nobody_what_another_made(running: Running) -> None:
    """Whoever assumes a role chooses the name of the session, so two people may choose the same."""
    assert put(running, "shared", trust("user/mia", "user/max"), group="ml-members") == 200
    api = "/api/2.0/mlflow/"
    with running.key_of("mia") as mia, running.key_of("max") as max_:
        role, token = assumed(running, mia, "shared")
        made = running.send(role, "POST", api + "experiments/create", b'{"name": "by a session"}', token=token)
        read = f"{api}experiments/get?experiment_id={made.json()['experiment_id']}"
        answers = [running.send(role, "GET", read, token=token)]
        role, token = assumed(running, max_, "shared")
        answers.append(running.send(role, "GET", read, token=token))
    assert [answer.status_code for answer in answers] == [200, 403]
    with running.http("mia") as http:
        assert http.get(read).status_code == 200
