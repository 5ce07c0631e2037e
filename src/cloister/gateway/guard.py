"""Who asks, and whether they may: the one guard of MLflow's routes and of the control API.

`authenticate` turns a request into a principal, `decide` turns principal, action and resource into a verdict and writes
the audit record before it returns, `require` does both and raises where the answer is no.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import TypeVar

import anyio.to_thread
from joserfc.jwk import OKPKey
from sqlalchemy import Engine
from starlette.types import Scope

from cloister.access import tokens
from cloister.access.conditions import Context
from cloister.access.decision import Request, decide
from cloister.access.duties import Duties
from cloister.access.policies import Policy
from cloister.access.principals import Principal
from cloister.access.roles import policies_of
from cloister.errors import CloisterError, Fault, RefusedError
from cloister.gateway.audit import AuditLog, Decision
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.sessions import COOKIE, user_of_session
from cloister.gateway.users import User, find_user
from cloister.verdict import Answer, Verdict

_REMEMBER = timedelta(seconds=1)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_PATH = 500
_ANYONE = "-"
_KEPT = 10_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the record keeps of the request itself. The path is without its query, which may hold a person's data."""

    method: str
    path: str
    source: str
    request_id: str

    @classmethod
    def of(cls, scope: Scope) -> "RequestFacts":
        """The facts of an ASGI request; its id is new, whatever the caller claims."""
        client = scope.get("client")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        return cls(scope["method"], path[:_LONGEST_PATH], client[0] if client else _ANYONE, secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict that is on record under `number`."""

    verdict: Verdict
    number: int

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes."""
        return self.verdict.answer is Answer.ALLOW


@dataclass(frozen=True, slots=True)
class Session:
    """A principal, and whether a browser's cookie vouches for it (then requests from other sites are refused)."""

    principal: Principal
    by_cookie: bool


class Guard:
    """The guard of one process."""

    def __init__(
        self,
        *,
        engine: Engine,
        key: OKPKey,
        role_of_group: Mapping[str, str],
        audit: AuditLog,
        duties: Duties | None = None,
        own_roles: Mapping[str, Policy] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.engine = engine
        self.audit = audit
        self.duties = duties or Duties()
        self.clock = clock
        self.key = key
        self._role_of_group = dict(role_of_group)
        self._own_roles = dict(own_roles or {})
        self._users: dict[str, tuple[datetime, User | None]] = {}
        self._sessions: dict[str, tuple[datetime, str | None]] = {}
        self._tokens: dict[str, tokens.Claims] = {}
        self._is_unfinished: Callable[[str], bool] | None = None
        self._jobs: dict[str, tuple[datetime, bool]] = {}

    def watch_jobs(self, is_unfinished: Callable[[str], bool]) -> None:
        """From now on a step's token holds only while its job has not ended, which `is_unfinished` tells of a name."""
        self._is_unfinished = is_unfinished

    def policies(self, principal: Principal) -> tuple[Policy, ...]:
        """The policies that speak for the principal."""
        return policies_of(principal, self._role_of_group, self._own_roles)

    async def authenticate(self, scope: Scope) -> Principal:
        """The principal of a request. Raises UnauthenticatedError, or RefusedError on a request from another site."""
        headers = _headers(scope)
        bearer = headers.get("authorization")
        if bearer is not None:
            return await self._by_token(bearer)
        cookie = _session_cookie(headers)
        if cookie is None:
            raise _unauthenticated(reason="there is neither a bearer token nor a session")
        if scope["method"] not in _SAFE_METHODS:
            refuse_other_sites(scope, headers)
        return await self._by_cookie(cookie)

    async def decide(
        self,
        principal: Principal,
        action: str,
        resource: str,
        facts: RequestFacts,
        context: Context | None = None,
    ) -> Decided:
        """The verdict on one action on one resource, recorded."""
        verdict = decide(self.policies(principal), Request(principal, action, resource, context or {}))
        return await self.record(verdict, principal, action, resource, facts)

    async def require(
        self, scope: Scope, action: str, resource: str = "server", context: Context | None = None
    ) -> Principal:
        """The principal of a request that may do this. Raises what `authenticate` raises, and RefusedError."""
        facts = RequestFacts.of(scope)
        try:
            principal = await self.authenticate(scope)
        except RefusedError as error:
            await self.record_refusal(error, facts)
            raise
        decided = await self.decide(principal, action, resource, facts, context)
        if not decided.allowed:
            raise refusal(decided.verdict, resource)
        return principal

    async def record(
        self, verdict: Verdict, principal: Principal, action: str, resource: str, facts: RequestFacts
    ) -> Decided:
        """Put a verdict on record; it counts only once it is on disk."""
        step = verdict.first_refusal or verdict.trace[0]
        number = await self._write(
            Decision(
                at=self.clock(),
                principal=principal.name,
                on_behalf_of=principal.on_behalf_of,
                action=action,
                resource=resource,
                method=facts.method,
                path=facts.path,
                source=facts.source,
                decision=verdict.answer.value,
                reason=verdict.reason,
                rule=step.rule.name if step.rule else "",
                request_id=facts.request_id,
            )
        )
        return Decided(verdict, number)

    async def record_refusal(
        self, error: CloisterError, facts: RequestFacts, principal: Principal | None = None, action: str = _ANYONE
    ) -> None:
        """Put a refusal that came before any decision on record: nobody known, unknown route, ambiguous request."""
        fault = error.faults[0]
        await self._write(
            Decision(
                at=self.clock(),
                principal=principal.name if principal else _ANYONE,
                on_behalf_of=principal.on_behalf_of if principal else "",
                action=action,
                resource=_ANYONE,
                method=facts.method,
                path=facts.path,
                source=facts.source,
                decision=Answer.DENY.value,
                reason=f"{fault.thing}: {fault.reason}",
                rule=type(error).__name__.removesuffix("Error"),
                request_id=facts.request_id,
            )
        )

    def forget(self) -> None:
        """Look users and sessions up again at the next request (after a change through this process)."""
        self._users.clear()
        self._sessions.clear()

    async def _write(self, decision: Decision) -> int:
        return await asyncio.wrap_future(self.audit.record(decision))

    async def _by_token(self, header: str) -> Principal:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated(reason="the Authorization header carries no bearer token")
        claims = self._read_token(token.strip())
        if claims.principal.kind == "job":
            return await self._step(claims)
        if claims.principal.kind != "user":
            return claims.principal
        return await self._person(claims.principal.name, claims.issued_at)

    def _read_token(self, token: str) -> tokens.Claims:
        """The claims of a token. Its signature is checked once, its end at each request."""
        now = self.clock()
        kept = self._tokens.get(token)
        if kept is not None and now < kept.expires_at:
            return kept
        try:
            claims = tokens.read(token, self.key, now=now)
        except RefusedError as error:
            raise UnauthenticatedError(error.faults) from error
        _remember(self._tokens, token, claims)
        return claims

    async def _by_cookie(self, cookie: str) -> Principal:
        now = self.clock()
        kept = self._sessions.get(cookie)
        if kept is None or kept[0] < now:
            name = await anyio.to_thread.run_sync(lambda: user_of_session(self.engine, cookie, now=now))
            _remember(self._sessions, cookie, (now + _REMEMBER, name))
        else:
            name = kept[1]
        if name is None:
            raise _unauthenticated(reason="the session has ended")
        return await self._person(name, None)

    async def _step(self, claims: tokens.Claims) -> Principal:
        """The step of a job, while its job has not ended and its submitter is let in as when the token was issued."""
        job = claims.principal.name.removeprefix("job/").partition("/")[0]
        if not await self._job_goes_on(job):
            raise _unauthenticated(reason=f'the job "{job}" has ended, or there is none of that name')
        await self._person(claims.principal.on_behalf_of, claims.issued_at)
        return claims.principal

    async def _job_goes_on(self, job: str) -> bool:
        if self._is_unfinished is None:
            return True
        now = self.clock()
        kept = self._jobs.get(job)
        if kept is None or kept[0] < now:
            kept = now + _REMEMBER, await anyio.to_thread.run_sync(self._is_unfinished, job)
            _remember(self._jobs, job, kept)
        return kept[1]

    async def _person(self, name: str, since: datetime | None) -> Principal:
        """The person with the groups that count now, not those of when the token was issued."""
        now = self.clock()
        kept = self._users.get(name)
        if kept is None or kept[0] < now:
            user = await anyio.to_thread.run_sync(find_user, self.engine, name)
            _remember(self._users, name, (now + _REMEMBER, user))
        else:
            user = kept[1]
        if user is None or user.disabled:
            raise _unauthenticated(reason=f'the user "{name}" is not let in')
        if since is not None and since < user.valid_from:
            raise _unauthenticated(reason="the token is from before the user's last change")
        return Principal(name=user.name, kind="user", groups=user.groups)


def refusal(verdict: Verdict, resource: str) -> RefusedError:
    """The error that tells a verdict other than ALLOW."""
    return RefusedError(Fault(resource, verdict.reason, verdict.mend or "ask an administrator"))


def refuse_other_sites(scope: Scope, headers: Mapping[str, str]) -> None:
    """Raise RefusedError where a browser sends a change from another site: Fetch Metadata first, then Origin."""
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    own = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
    if site is not None and site != "same-origin":
        raise _other_site(reason=f"the browser says that it comes from another site ({site})")
    if origin is not None and origin != own:
        raise _other_site(reason=f"it comes from {origin}")
    if site is None and origin is None:
        raise _other_site(reason="the browser does not say where it comes from")


def _other_site(*, reason: str) -> RefusedError:
    return RefusedError(
        Fault("request with a session", reason, "send it from the platform's own pages, or use a token")
    )


def _unauthenticated(*, reason: str) -> UnauthenticatedError:
    return UnauthenticatedError(Fault("request", reason, "log in: cloister login, or /cloister/login in a browser"))


def _headers(scope: Scope) -> Mapping[str, str]:
    """The headers by name; of two Authorization, Host or Cookie headers nobody knows which counts."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        if name in found and name in ("authorization", "host", "cookie", "origin", "sec-fetch-site"):
            raise _unauthenticated(reason=f"the header {name} stands twice")
        found[name] = raw_value.decode("latin-1")
    return found


def _session_cookie(headers: Mapping[str, str]) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None


def _remember(kept: dict[str, _T], key: str, value: _T) -> None:
    if len(kept) >= _KEPT:
        kept.clear()
    kept[key] = value
