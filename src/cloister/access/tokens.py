"""Bearer tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037; algorithm name after RFC 9864).

Pure: the key and the time come in as arguments. A token says who its bearer is and until when, nothing about rights;
those are looked up at each request, so that a changed role counts at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from cloister.access.principals import Kind, Principal
from cloister.errors import Fault, RefusedError, SpecError

ISSUER = "cloister"
AUDIENCE = "cloister"
_ALGORITHM = "Ed25519"
# Clocks of two processes on one machine agree; replicas are given this much.
_SKEW = timedelta(seconds=30)
# Longer than any token of ours; longer input is not worth parsing.
_LONGEST_TOKEN = 8192
_LONGEST_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    principal: Principal
    token_id: str
    issued_at: datetime
    expires_at: datetime
    # When its bearer showed who it is: when it was issued, or before that.
    authenticated_at: datetime


def issue(
    principal: Principal,
    key: OKPKey,
    *,
    now: datetime,
    lifetime_seconds: int,
    authenticated_at: datetime | None = None,
) -> str:
    """A token for the principal that holds from `now` for the lifetime. Raises SpecError on a useless lifetime.

    `authenticated_at` is when the principal showed who it is, where that was before now.
    """
    lifetime = timedelta(seconds=lifetime_seconds)
    if not timedelta(0) < lifetime <= _LONGEST_LIFETIME:
        raise SpecError(
            Fault(
                thing="token",
                reason=f"a lifetime of {lifetime_seconds} seconds is out of bounds",
                mend=f"ask for 1 to {int(_LONGEST_LIFETIME.total_seconds())} seconds",
            )
        )
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.name,
        "kind": principal.kind,
        "groups": list(principal.groups),
        "act_for": principal.on_behalf_of,
        "iat": now.timestamp(),
        "exp": int((now + lifetime).timestamp()),
    }
    if authenticated_at is not None:
        claims["auth_time"] = authenticated_at.timestamp()
    claims["jti"] = hashlib.sha256(json.dumps(claims, sort_keys=True).encode()).hexdigest()[:32]
    header = {"alg": _ALGORITHM, "typ": "JWT", "kid": key.thumbprint()}
    return jwt.encode(header, claims, key, algorithms=[_ALGORITHM])


def verify(token: str, key: OKPKey, *, now: datetime) -> Principal:
    """The principal that the token speaks for. Raises RefusedError where the token does not hold."""
    return read(token, key, now=now).principal


def read(token: str, key: OKPKey, *, now: datetime) -> Claims:
    """The claims of the token. Raises RefusedError where it is malformed, forged, not ours or out of its time."""
    claims = _signed_claims(token, key)
    if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
        raise _refusal(
            reason="it was issued by or for another system", mend="use a token of this platform: cloister login"
        )
    parsed = _parse(claims)
    if parsed.expires_at <= now:
        raise _refusal(
            reason=f"it expired at {parsed.expires_at:%Y-%m-%d %H:%M:%S} UTC", mend="get a new one: cloister login"
        )
    if parsed.issued_at > now + _SKEW:
        raise _refusal(reason="it was issued in the future", mend="set the clock of the machine that issued it")
    return parsed


def _signed_claims(token: str, key: OKPKey) -> Mapping[str, object]:
    if len(token) > _LONGEST_TOKEN or token.count(".") != 2:  # noqa: PLR2004 - header, payload, signature
        raise _refusal(
            reason="it is not a JSON Web Token", mend="pass the token as cloister login printed it, in one piece"
        )
    try:
        return jwt.decode(token, key, algorithms=[_ALGORITHM]).claims
    except (JoseError, ValueError) as error:
        # One answer for every way of being unreadable: a forger learns nothing from the difference.
        raise _refusal(
            reason="it is malformed, or its signature is not this platform's", mend="get a new one: cloister login"
        ) from error


def _parse(claims: Mapping[str, object]) -> Claims:
    """The claims as values; a signed token with other contents is refused as well (another use of the same key)."""
    name, kind, groups, token_id = (claims.get(field) for field in ("sub", "kind", "groups", "jti"))
    act_for, issued, expires = (claims.get(field) for field in ("act_for", "iat", "exp"))
    authenticated = claims.get("auth_time", issued)
    try:
        if (
            not isinstance(name, str)
            or not isinstance(act_for, str)
            or not isinstance(token_id, str)
            or not isinstance(groups, list)
            or not all(isinstance(group, str) for group in groups)
            or not isinstance(issued, int | float)
            or not isinstance(authenticated, int | float)
            or not isinstance(expires, int)
        ):
            raise TypeError  # noqa: TRY301 - one way out for every misfit
        return Claims(
            principal=Principal(name=name, kind=_kind(kind), groups=tuple(groups), on_behalf_of=act_for),
            token_id=token_id,
            issued_at=datetime.fromtimestamp(issued, UTC),
            expires_at=datetime.fromtimestamp(expires, UTC),
            authenticated_at=datetime.fromtimestamp(authenticated, UTC),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise _refusal(
            reason="its claims are not those of a Cloister token", mend="get a new one: cloister login"
        ) from error


def _kind(kind: object) -> Kind:
    for known in get_args(Kind):
        if kind == known:
            return known  # type: ignore[no-any-return]  # get_args loses the literal
    raise ValueError


def _refusal(*, reason: str, mend: str) -> RefusedError:
    return RefusedError(Fault(thing="bearer token", reason=reason, mend=mend))
