"""Endpoints ask the gateway's own guard: issuers, kept policies and signatures count there as they do before MLflow."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import RefusedError, SourceError
from cloister.gateway.config import GatewaySettings
from cloister.gateway.faults import answer
from cloister.gateway.identity.users import ensure_users
from cloister.gateway.passing.promised import PromisedBodies
from cloister.gateway.policies import kept
from cloister.gateway.policies.kept import Putting, Target
from cloister.gateway.record.search import Search, search
from cloister.gateway.rights.opening import Guarding, open_guard
from cloister.serving.admission import INVOKE, Guarded, resource_of
from cloister.store import migrate, open_store

_KEY = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
_ISSUER = "https://login.example.test"
_AWAY = "http://127.0.0.1:9"
_NOW = datetime.now(UTC)


@pytest.fixture
def guarding(tmp_path: Path) -> Iterator[Guarding]:
    """The guard that the router's process makes."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [_KEY.as_dict(private=False)]}))
    settings = {
        "issuers": [
            {"name": "corp", "issuer": _ISSUER, "audiences": ["ml"], "keys_file": f"{tmp_path}/keys.json"},
            {"name": "away", "issuer": _AWAY, "audiences": ["ml"]},
        ],
        "role_of_group": {"corp:scorers": "admin"},
    }
    engine = open_store(f"sqlite:///{tmp_path}/c.db")
    migrate(engine, "gateway")
    ensure_users(engine, {"people": ["nick"]}, now=_NOW)
    made = open_guard(
        GatewaySettings.model_validate_json(json.dumps(settings)), engine, tmp_path / "key", lambda: datetime.now(UTC)
    )
    yield made
    made.guard.audit.close()
    engine.dispose()


def invoked(guarding: Guarding, token: str) -> int:
    """The status that whoever invokes the endpoint `churn` gets."""

    async def invoke(request: Request) -> Response:
        try:
            return PlainTextResponse(await Guarded(guarding.guard).admit(request, INVOKE, resource_of("churn")))
        except RefusedError as error:
            return answer(error)

    app = Starlette(routes=[Route("/", invoke, methods=["POST"])], middleware=[Middleware(PromisedBodies)])

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as http:
            return (await http.post("/", headers={"authorization": f"Bearer {token}"})).status_code

    return asyncio.run(ask())


def of_issuer(*groups: str, **changed: object) -> str:
    issued = int(time.time()) - 5
    claims = {"iss": _ISSUER, "aud": "ml", "sub": "1", "preferred_username": "ada", "groups": list(groups)}
    return jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, "iat": issued, "exp": issued + 600, **changed}, _KEY)


def test_an_issuers_person_invokes_where_the_role_of_its_group_says_so(guarding: Guarding) -> None:
    assert invoked(guarding, of_issuer("scorers")) == 200
    assert invoked(guarding, of_issuer("others")) == 403
    assert invoked(guarding, of_issuer("scorers", aud="other")) == 401
    assert invoked(guarding, of_issuer("scorers", iss="https://evil.example.test")) == 401


def test_an_issuer_that_is_away_is_on_record_before_anything_is_made(guarding: Guarding) -> None:
    token = of_issuer("scorers", iss=_AWAY)

    async def ask() -> None:
        scope = {
            "type": "http",
            "method": "PUT",
            "path": "/",
            "headers": [(b"authorization", f"Bearer {token}".encode())],
        }
        with pytest.raises(SourceError):
            await Guarded(guarding.guard).recognize(Request(scope))
        await guarding.fetcher.close()

    asyncio.run(ask())
    (record,) = search(guarding.guard.engine, Search())
    assert (record["decision"], record["rule"], record["principal"]) == ("DENY", "Source", "-")


def test_a_kept_policy_counts_at_an_endpoint_within_a_second(guarding: Guarding) -> None:
    guard = guarding.guard
    token = issue(Principal("nick", "user"), guard.key, now=datetime.now(UTC), lifetime_seconds=600)
    assert invoked(guarding, token) == 403
    statement = {"Effect": "Allow", "Action": INVOKE, "Resource": resource_of("churn")}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kept.put(guard.engine, Putting("scorers", text, "to score"), now=_NOW, by="ada")
    kept.attach(guard.engine, "scorers", Target("user", "nick"), now=_NOW, by="ada")
    time.sleep(1)
    assert invoked(guarding, token) == 200
