"""Bearer tokens: what holds, and each way in which one does not."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from cloister.access.principals import Principal, job_step, service
from cloister.access.tokens import issue, read, verify
from cloister.errors import RefusedError, SpecError

_KEY = OKPKey.generate_key("Ed25519")
_OTHER = OKPKey.generate_key("Ed25519")
_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_ADA = Principal("ada", "user", ("ml-admins",))


def _token(principal: Principal = _ADA, seconds: int = 60) -> str:
    return issue(principal, _KEY, now=_NOW, lifetime_seconds=seconds)


def _signed(key: OKPKey = _KEY, header: dict[str, str] | None = None, **changed: object) -> str:
    claims = {
        "iss": "cloister",
        "aud": "cloister",
        "sub": "ada",
        "kind": "user",
        "groups": [],
        "act_for": "",
        "jti": "1",
        "iat": _NOW.timestamp(),
        "exp": int(_NOW.timestamp()) + 60,
    }
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode(header or {"alg": "Ed25519"}, claims, key, algorithms=["Ed25519"])


def _unsigned() -> str:
    parts = ({"alg": "none"}, {"sub": "admin", "iss": "cloister", "aud": "cloister"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def _hmac_with_the_public_key() -> str:
    secret = OctKey.import_key(json.dumps(_KEY.as_dict(private=False)))
    return jwt.encode({"alg": "HS256"}, {"sub": "admin"}, secret)


@pytest.mark.parametrize("principal", [_ADA, job_step("train", "fit", "ada"), service("serving")])
def test_a_token_speaks_for_its_principal(principal: Principal) -> None:
    claims = read(_token(principal), _KEY, now=_NOW + timedelta(seconds=59))
    assert claims.principal == principal
    assert claims.issued_at == _NOW
    assert claims.expires_at == _NOW + timedelta(seconds=60)


def test_two_tokens_have_different_ids() -> None:
    later = issue(_ADA, _KEY, now=_NOW + timedelta(microseconds=1), lifetime_seconds=60)
    assert read(_token(), _KEY, now=_NOW).token_id != read(later, _KEY, now=_NOW).token_id


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param("", "it is not a JSON Web Token", id="empty"),
        pytest.param("abc", "it is not a JSON Web Token", id="one part"),
        pytest.param("a.b.c.d", "it is not a JSON Web Token", id="four parts"),
        pytest.param("a." * 9000, "it is not a JSON Web Token", id="endless"),
        pytest.param("a.b.c", "malformed", id="parts that are no base64 JSON"),
        pytest.param("é.ü.ß", "malformed", id="not ASCII"),
        pytest.param(_token()[:-4] + "AAAA", "malformed", id="another signature"),
        pytest.param(_signed(_OTHER), "malformed", id="signed with another key"),
        pytest.param(_unsigned(), "malformed", id="algorithm none"),
        pytest.param(_hmac_with_the_public_key(), "malformed", id="HMAC with the public key"),
        pytest.param(_signed(iss="elsewhere"), "another system", id="another issuer"),
        pytest.param(_signed(aud="elsewhere"), "another system", id="another audience"),
        pytest.param(_signed(aud=["cloister", "elsewhere"]), "another system", id="several audiences"),
        pytest.param(_signed(exp=int(_NOW.timestamp())), "expired at 2026-11-22 04:00:00 UTC", id="expired"),
        pytest.param(_signed(iat=_NOW.timestamp() + 60), "issued in the future", id="from the future"),
        pytest.param(_signed(exp=None), "not those of a Cloister token", id="without an end"),
        pytest.param(_signed(exp="soon"), "not those of a Cloister token", id="with an end that is no time"),
        pytest.param(_signed(exp=10**30), "not those of a Cloister token", id="with an end beyond all time"),
        pytest.param(_signed(jti=None), "not those of a Cloister token", id="without an id"),
        pytest.param(_signed(kind="root"), "not those of a Cloister token", id="an unknown kind"),
        pytest.param(_signed(groups="ml-admins"), "not those of a Cloister token", id="groups that are a text"),
        pytest.param(_signed(sub=""), "not those of a Cloister token", id="nobody"),
        pytest.param(_signed(sub="ada\n"), "not those of a Cloister token", id="a name that would break a log line"),
        pytest.param(_signed(act_for="bob"), "not those of a Cloister token", id="a user who acts for another"),
    ],
)
def test_tokens_that_do_not_hold(token: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason) as caught:
        verify(token, _KEY, now=_NOW)
    fault = caught.value.faults[0]
    assert fault.thing == "bearer token"
    assert fault.mend
    assert token == "" or token not in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1, 31 * 24 * 3600])
def test_lifetimes_that_are_refused(seconds: int) -> None:
    with pytest.raises(SpecError, match="out of bounds"):
        _token(seconds=seconds)
