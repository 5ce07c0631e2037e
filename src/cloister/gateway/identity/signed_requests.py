"""Requests that are signed with an access key, as AWS's clients sign them (Signature Version 4).

A signature binds method, path, query, host, time and body. Who has seen a request can send the same one again within
five minutes, which is what a client's own retries do; it cannot make another one of it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import anyio.to_thread
from sqlalchemy import Engine
from starlette.types import Scope

from cloister.access import sigv4
from cloister.access.principals import Principal
from cloister.access.sigv4 import Claim, Sent
from cloister.errors import RefusedError
from cloister.gateway.access_keys import kept, roles, temporary
from cloister.gateway.access_keys.kept import AccessKey
from cloister.gateway.access_keys.roles import AssumableRole
from cloister.gateway.access_keys.sealing import Sealer
from cloister.gateway.access_keys.signing import Signing
from cloister.gateway.access_keys.temporary import Temporary
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.headers import Headers
from cloister.gateway.identity.identified import Identified
from cloister.gateway.identity.people import People
from cloister.gateway.identity.remembering import Remembering

# Where a scope keeps what was signed for: `sts`, or nothing; and the digest of a body that was read already.
SERVICE: Final = "cloister.service"
BODY_SHA256: Final = "cloister.body_sha256"
# Where a scope keeps the access key that a request was signed with in the end.
SOURCE: Final = "cloister.source_key"
# Whether a scope's request was signed with temporary credentials.
TEMPORARY: Final = "cloister.temporary"
_NOTE_EVERY: Final = timedelta(minutes=1)
_KEPT: Final = 10_000


class SignedRequests:
    """The way of `Authorization: AWS4-HMAC-SHA256`."""

    def __init__(self, engine: Engine, people: People, clock: Callable[[], datetime]) -> None:
        async def key(key_id: str) -> AccessKey | None:
            return await anyio.to_thread.run_sync(kept.find, engine, key_id)

        async def role(name: str) -> AssumableRole | None:
            return await anyio.to_thread.run_sync(roles.find, engine, name)

        self._engine = engine
        self._people = people
        self._clock = clock
        self._keys = Remembering(key, clock)
        self._roles = Remembering(role, clock)
        self._noted: dict[str, datetime] = {}
        self.signing = Signing()
        self._sealer: Sealer | None = None

    def take(self, signing: Signing, sealer: Sealer) -> None:
        """From now on signed requests are taken."""
        self.signing = signing
        self._sealer = sealer

    @property
    def sealer(self) -> Sealer:
        """What secrets are sealed with. Raises RefusedError where signed requests are not taken."""
        if self._sealer is None:
            raise sigv4.refused(reason="is not taken here: the gateway has no sealing keys")
        return self._sealer

    def speaks(self, headers: Headers) -> bool:
        """Where the Authorization header begins as a signature's does."""
        return headers.get("authorization", "").startswith(sigv4.SCHEME)

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Who signed the request, as that stands now, and the digest that the body is held to."""
        try:
            return await self._identify(scope, headers)
        except UnauthenticatedError:
            raise
        except RefusedError as error:
            raise UnauthenticatedError(error.faults) from error

    async def _identify(self, scope: Scope, headers: Headers) -> Identified:
        claim = sigv4.read_claim(headers["authorization"])
        services = (scope[SERVICE],) if SERVICE in scope else self.signing.services
        sigv4.check_scope(claim, regions=self.signing.regions, services=services)
        sigv4.check_coverage(claim, (name.decode("latin-1").lower() for name, _ in scope["headers"]))
        now = self._clock()
        sigv4.signed_at(claim, headers, now=now)
        promised = self._promised(scope, headers)
        secret, key, session = await self._credentials(claim, headers, now)
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        sent = Sent(scope["method"], path, scope["query_string"].decode("latin-1"), headers, promised)
        if not sigv4.holds(claim, sent, secret):
            raise sigv4.refused(reason="does not have the signature that its key makes of what was sent")
        principal = await self._principal(key, session)
        scope[SOURCE], scope[TEMPORARY] = key.id, session is not None
        await self._note(key, now)
        return Identified(
            principal, session.issued if session else None, None if promised == sigv4.UNSIGNED else promised
        )

    def _promised(self, scope: Scope, headers: Headers) -> str:
        told, read = headers.get("x-amz-content-sha256"), scope.get(BODY_SHA256)
        if told == sigv4.UNSIGNED:
            if not self.signing.unsigned_payload or read is not None:
                raise sigv4.refused(reason="leaves its body out of what it signs")
            return told
        if read is not None and told not in (None, read):
            raise sigv4.refused(reason="has another body than the one that was signed")
        if read is None and told != sigv4.EMPTY_SHA256 and not _declares_body(headers):
            if told is not None:
                raise sigv4.refused(reason="has another body than the one that was signed")
            return sigv4.EMPTY_SHA256
        if read is None and told is None:
            raise sigv4.refused(reason="has a body, and does not say which one in a header (x-amz-content-sha256)")
        return str(read or told)

    async def _credentials(
        self, claim: Claim, headers: Headers, now: datetime
    ) -> tuple[str, AccessKey, Temporary | None]:
        """The secret that the request must be signed with, the access key behind it, and the session that it is of."""
        token = headers.get("x-amz-security-token")
        session = None
        if claim.key_id.startswith(temporary.PREFIX):
            opened = partial(temporary.open_token, token or "", claim.key_id, self.sealer)
            session = await anyio.to_thread.run_sync(opened)
            if session is None:
                raise sigv4.refused(reason="has no session token (x-amz-security-token) of its access key")
            if session.expires <= now:
                raise sigv4.refused(reason=f"is signed with credentials that ended at {session.expires:%H:%M:%S} UTC")
        elif token is not None:
            raise sigv4.refused(reason="has a session token, which does not belong to its access key")
        key = await self._keys.of(session.source if session else claim.key_id)
        if key is None or not key.active:
            raise sigv4.refused(reason=f"is signed with the access key {claim.key_id}, which does not count here")
        secret = session.secret if session else await self._secret(key)
        return secret, key, session

    async def _secret(self, key: AccessKey) -> str:
        return (await anyio.to_thread.run_sync(self.sealer.open, key.sealed, key.id)).decode()

    async def _principal(self, key: AccessKey, session: Temporary | None) -> Principal:
        """Whom the key speaks for now, or who has assumed a role with it."""
        if key.is_workload:
            owner = Principal(key.owner, "workload", key.groups, on_behalf_of=key.created_by)
        else:
            owner = await self._people.person(key.owner, session.issued if session else None)
        if session is None or not session.role:
            return owner
        role = await self._roles.of(session.role)
        if role is None:
            raise sigv4.refused(reason=f'is of the role "{session.role}", which is no longer there')
        name, behind = f"role/{session.role}/{session.session}", owner.on_behalf_of or owner.name
        return Principal(name, "role" if owner.kind == "user" else "workload", role.groups, on_behalf_of=behind)

    async def _note(self, key: AccessKey, now: datetime) -> None:
        if self._noted.get(key.id, now - 2 * _NOTE_EVERY) + _NOTE_EVERY <= now:
            if len(self._noted) >= _KEPT:
                self._noted.clear()
            self._noted[key.id] = now
            await anyio.to_thread.run_sync(partial(kept.used, self._engine, key.id, now=now))

    def forget(self) -> None:
        """Look every key and role up again at the next request."""
        self._keys.forget()
        self._roles.forget()


def _declares_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
