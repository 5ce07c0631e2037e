"""Bearer tokens that the platform itself issues: to people, to steps of jobs, and to its services."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from joserfc.jwk import OKPKey
from starlette.types import Scope

from cloister.access import tokens
from cloister.access.principals import Principal
from cloister.errors import RefusedError
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.headers import Headers, bearer_token
from cloister.gateway.identity.identified import Identified, unauthenticated
from cloister.gateway.identity.people import Jobs, People

_KEPT: Final = 10_000


class OwnTokens:
    """The way of `Authorization: Bearer` with a token of this platform."""

    def __init__(self, key: OKPKey, people: People, jobs: Jobs, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._people = people
        self._jobs = jobs
        self._clock = clock
        self._read: dict[str, tokens.Claims] = {}

    def speaks(self, headers: Headers) -> bool:
        """Where there is an Authorization header that no other way claimed."""
        return "authorization" in headers

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Whom the token speaks for, as that stands now."""
        del scope
        token = bearer_token(headers)
        if token is None:
            raise unauthenticated(reason="the Authorization header carries no bearer token")
        claims = self._claims(token)
        principal = claims.principal
        if principal.kind == "job":
            return Identified(principal, claims.authenticated_at, behind=await self._submitter(claims))
        if principal.kind == "user":
            principal = await self._people.person(principal.name, claims.issued_at)
        return Identified(principal, claims.authenticated_at)

    async def _submitter(self, claims: tokens.Claims) -> Principal:
        """Whom a step acts for: it is let in while its job goes on, and its submitter is as when it was issued."""
        job = claims.principal.name.removeprefix("job/").partition("/")[0]
        if not await self._jobs.goes_on(job):
            raise unauthenticated(reason=f'the job "{job}" has ended, or there is none of that name')
        return await self._people.person(claims.principal.on_behalf_of, claims.issued_at)

    def _claims(self, token: str) -> tokens.Claims:
        """The claims of a token. Its signature is checked once, its end at each request."""
        now = self._clock()
        kept = self._read.get(token)
        if kept is not None and now < kept.expires_at:
            return kept
        try:
            claims = tokens.read(token, self._key, now=now)
        except RefusedError as error:
            raise UnauthenticatedError(error.faults) from error
        if len(self._read) >= _KEPT:
            self._read.clear()
        self._read[token] = claims
        return claims
