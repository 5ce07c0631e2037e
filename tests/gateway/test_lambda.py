"""The Lambda authorizer: events as API Gateway sends them, tokens of a real issuer, IAM policies out."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from joserfc.jwk import RSAKey

from cloister.gateway.elsewhere.aws_lambda import Authorizer, AuthorizerConfig
from cloister.gateway.faults import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/"
_KEY = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "mlflow:Search*", "Resource": "experiment/open*"},
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": _ARN + "GET/version"},
    ],
}


@pytest.fixture
def authorizer(tmp_path: Path) -> Callable[[str], Authorizer]:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [_KEY.as_dict(private=False)]}))
    (tmp_path / "narrow.json").write_text(json.dumps(_POLICY))

    def make(before: str) -> Authorizer:
        issuer = {
            "name": "corp",
            "issuer": "https://login.example.test/pool",
            "audiences": ["mlflow"],
            "keys_file": f"{tmp_path}/keys.json",
            "groups_claim": "cognito:groups",
            "name_claim": "username",
        }
        roles = {"corp:admins": "admin", "corp:readers": "reader", "corp:approvers": "approver", "corp:few": "narrow"}
        config = {
            "issuers": [issuer],
            "role_of_group": roles,
            "policies": {"narrow": f"{tmp_path}/narrow.json"},
            "before": before,
        }
        return Authorizer(AuthorizerConfig.model_validate_json(json.dumps(config)))

    return make


def _token(*groups: str, **changed: object) -> str:
    from joserfc import jwt  # noqa: PLC0415 - for this alone

    claims = {
        "iss": "https://login.example.test/pool",
        "aud": "mlflow",
        "sub": "1",
        "username": "ada",
        "cognito:groups": list(groups),
        "iat": int(_NOW.timestamp()) - 10,
        "exp": int((_NOW + timedelta(hours=1)).timestamp()),
    }
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims | changed, _KEY)


def _event(token: str, method: str, path: str) -> dict[str, object]:
    """A REQUEST authorizer's event, as far as it is read."""
    return {
        "type": "REQUEST",
        "methodArn": _ARN + method + path,
        "path": path,
        "httpMethod": method,
        "headers": {"Authorization": f"Bearer {token}", "Host": "a1b2c3.execute-api"},
        "requestContext": {"identity": {"sourceIp": "10.1.2.3"}},
    }


_SEARCH = "/api/2.0/mlflow/runs/search"
_CREATE = "/api/2.0/mlflow/runs/create"
_MOVE = "/api/2.0/mlflow/model-versions/transition-stage"


@pytest.mark.parametrize(
    ("group", "method", "path", "before_gateway", "before_mlflow"),
    [
        ("admins", "POST", _CREATE, "Allow", "Deny"),
        ("admins", "POST", _SEARCH, "Allow", "Allow"),
        ("readers", "POST", _SEARCH, "Allow", "Allow"),
        ("readers", "GET", "/api/2.0/mlflow/experiments/get", "Allow", "Allow"),
        ("readers", "POST", _CREATE, "Deny", "Deny"),
        ("readers", "POST", "/graphql", "Allow", "Allow"),
        ("approvers", "POST", _MOVE, "Allow", "Deny"),
        ("approvers", "POST", _CREATE, "Deny", "Deny"),
        # Some experiments only: the gateway behind decides on which, and before MLflow nobody would.
        ("few", "POST", _SEARCH, "Allow", "Deny"),
        ("few", "GET", "/version", "Allow", "Allow"),
        ("nobody", "POST", _SEARCH, "Deny", "Deny"),
    ],
)
def test_an_iam_policy_comes_out(
    authorizer: Callable[[str], Authorizer],
    group: str,
    method: str,
    path: str,
    before_gateway: str,
    before_mlflow: str,
) -> None:
    for before, effect in (("gateway", before_gateway), ("mlflow", before_mlflow)):
        answer = asyncio.run(authorizer(before).answer(_event(_token(group), method, path), _NOW))
        statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": _ARN + method + path}
        assert answer["policyDocument"] == {"Version": "2012-10-17", "Statement": [statement]}, before
        assert answer["principalId"] == "corp:ada"


def test_the_event_of_a_token_authorizer_is_read_as_well(authorizer: Callable[[str], Authorizer]) -> None:
    event = {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {_token('readers')}",
        "methodArn": _ARN + "POST" + _SEARCH,
    }
    answer = asyncio.run(authorizer("gateway").answer(event, _NOW))
    assert '"Allow"' in json.dumps(answer)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        _token("admins", iss="https://login.example.test/other"),
        _token("admins", aud="other"),
        _token("admins", exp=int(_NOW.timestamp()) - 1),
        _token("admins")[:-8] + "AAAAAAAA",
    ],
    ids=["none", "no token", "issuer", "audience", "expired", "forged"],
)
def test_who_is_not_known_is_unauthorized(authorizer: Callable[[str], Authorizer], token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        asyncio.run(authorizer("gateway").answer(_event(token, "POST", _SEARCH), _NOW))


_PROGRAM = """
import json, sys
from cloister.gateway.elsewhere.aws_lambda import handler
loaded = {"mlflow", "azure", "uvicorn", "pandas"} & set(sys.modules)
answers = []
for event in json.load(sys.stdin):
    try:
        answers.append(handler(event, None))
    except PermissionError as error:
        answers.append(str(error))
json.dump([sorted(loaded), answers], open("answers.json", "w"))
"""


def test_the_function_of_lambda_refuses_what_it_cannot_judge_and_loads_little(
    authorizer: Callable[[str], Authorizer], tmp_path: Path
) -> None:
    config = authorizer("gateway")._config
    (tmp_path / "authorizer.json").write_text(config.model_dump_json())
    now = datetime.now(UTC)
    token = _token("admins", iat=int(now.timestamp()) - 5, exp=int(now.timestamp()) + 600)
    events = [
        _event(token, "POST", _CREATE),
        _event(token, "POST", "/api/2.0/mlflow/nothing/there"),
        _event(token, "GET", "/api/2.0/mlflow//experiments/get"),
        _event("x.y.z", "POST", _CREATE),
        {"methodArn": "arn:nonsense", "authorizationToken": f"Bearer {token}"},
    ]
    environment = {"CLOISTER_AUTHORIZER": f"{tmp_path}/authorizer.json", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run(
        [sys.executable, "-c", _PROGRAM], input=json.dumps(events).encode(), env=environment, cwd=tmp_path, check=True
    )
    loaded, answers = json.loads((tmp_path / "answers.json").read_text())
    effects = [one if isinstance(one, str) else one["policyDocument"]["Statement"][0]["Effect"] for one in answers]
    assert effects == ["Allow", "Deny", "Deny", "Unauthorized", "Deny"]
    assert loaded == []
