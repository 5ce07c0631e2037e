"""Bearer tokens that other issuers sign: of people, of workloads in CI, of Kubernetes service accounts."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import anyio.to_thread
from sqlalchemy import Engine
from starlette.types import Scope

from cloister.access import tokens
from cloister.access.principals import Principal
from cloister.gateway.identity.checking import check_bearer
from cloister.gateway.identity.claims import Vouched
from cloister.gateway.identity.directory import admit
from cloister.gateway.identity.headers import Headers, bearer_token
from cloister.gateway.identity.identified import Identified
from cloister.gateway.identity.people import People
from cloister.gateway.identity.signed import claimed_issuer, not_taken, shown
from cloister.gateway.identity.trusted import Trusted

_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Checked:
    """A token whose signature held against the keys of that version; `name` is who it speaks of here."""

    found: Vouched
    name: str
    keys_version: int


class IssuedTokens:
    """The way of `Authorization: Bearer` with a token of an issuer that the configuration names."""

    def __init__(self, engine: Engine, people: People, clock: Callable[[], datetime]) -> None:
        self._issuers: Mapping[str, Trusted] = {}
        self._engine = engine
        self._people = people
        self._clock = clock
        # By digest: what is kept here opens nothing.
        self._checked: dict[bytes, _Checked] = {}
        self._claimed: dict[bytes, str | None] = {}

    def trust(self, issuers: Mapping[str, Trusted]) -> None:
        """From now on tokens of these issuers are taken, by the URL that they name themselves by."""
        self._issuers = issuers

    def speaks(self, headers: Headers) -> bool:
        """Where the bearer token says that somebody else than the platform issued it."""
        token = bearer_token(headers)
        return token is not None and self._claim(token) not in (None, tokens.ISSUER)

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Whom the token speaks for; a person only while it is let in here."""
        del scope
        token = bearer_token(headers) or ""
        claimed = self._claim(token)
        trusted = self._issuers.get(claimed or "")
        if trusted is None:
            raise not_taken(reason=f'is of the issuer "{shown(claimed)}", which is not trusted here')
        checked = await self._check(token, trusted)
        found = checked.found
        if trusted.issuer.kind == "workload":
            return Identified(Principal(checked.name, "workload", found.groups, tags=found.tags), found.issued_at)
        await self._people.person(checked.name, found.issued_at)
        # The groups of this token, not those of the newest login: it may have been made with fewer.
        return Identified(Principal(checked.name, "user", found.groups, tags=found.tags), found.authenticated_at)

    def _claim(self, token: str) -> str | None:
        """Who issued the token, as it says itself; it is read once."""
        digest = hashlib.sha256(token.encode()).digest()
        if digest not in self._claimed:
            if len(self._claimed) >= _KEPT:
                self._claimed.clear()
            self._claimed[digest] = claimed_issuer(token)
        return self._claimed[digest]

    async def _check(self, token: str, trusted: Trusted) -> _Checked:
        """The token, whose signature is checked once as long as the issuer's keys stay, and its end each time."""
        digest = hashlib.sha256(token.encode()).digest()
        await trusted.discovery.keys.current()
        kept = self._checked.get(digest)
        if kept is not None and kept.keys_version == trusted.discovery.keys.version:
            if kept.found.expires_at <= self._clock():
                raise not_taken(reason=f"expired at {kept.found.expires_at:%Y-%m-%d %H:%M:%S} UTC")
            return kept
        checked = await self._read(token, trusted)
        if len(self._checked) >= _KEPT:
            self._checked.clear()
        self._checked[digest] = checked
        return checked

    async def _read(self, token: str, trusted: Trusted) -> _Checked:
        now = self._clock()
        found = await check_bearer(token, trusted, now)
        version = trusted.discovery.keys.version
        if trusted.issuer.kind == "workload":
            return _Checked(found, found.name, version)
        name = await anyio.to_thread.run_sync(partial(admit, self._engine, found, now=now))
        return _Checked(found, name, version)
