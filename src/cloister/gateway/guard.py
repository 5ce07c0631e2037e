"""Who asks, and whether they may: the one guard of MLflow's routes and of the control API.

`authenticate` finds out who sends a request, `record` puts a verdict on record before anything comes of it, `require`
does both around one decision and raises where the answer is no.
"""

import math
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from joserfc.jwk import OKPKey
from sqlalchemy import Engine
from starlette.types import Scope

from cloister.access.conditions import Context
from cloister.access.decision import is_explicit_deny
from cloister.access.duties import Duties
from cloister.access.policies import Policy
from cloister.access.policy_set import PolicySet, compiled
from cloister.access.principals import Principal
from cloister.access.roles import policies_of, roles_of
from cloister.errors import CloisterError, Fault, RefusedError, SourceError
from cloister.gateway.faults import ThrottledError, UnauthenticatedError
from cloister.gateway.identity.browser import BrowserSessions
from cloister.gateway.identity.fronted import Fronted
from cloister.gateway.identity.headers import read_headers
from cloister.gateway.identity.identified import Identified, Way, unauthenticated
from cloister.gateway.identity.issued_tokens import IssuedTokens
from cloister.gateway.identity.own_tokens import OwnTokens
from cloister.gateway.identity.people import Jobs, People
from cloister.gateway.identity.signed_requests import SignedRequests
from cloister.gateway.identity.trusted import Trusted
from cloister.gateway.passing.promised import PROMISED
from cloister.gateway.policies.standing import Stand, StandingPolicies
from cloister.gateway.record.writing import AuditLog, Decision
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.surroundings import surroundings
from cloister.gateway.server.limits import Limits, Rate
from cloister.gateway.watching.counting import HELD_BACK, decisions
from cloister.gateway.watching.tracing import note
from cloister.verdict import Answer, Verdict

# What conditions see of a thing that somebody owns.
OWNED = "cloister:Owned"
_NOT_OWNED = ("false",)
_LONGEST_PATH = 500
_ANYONE = "-"
_KEPT_SETS = 10_000
# Where a scope keeps the numbers of the records whose outcome is still to be noted.
DECIDED = "cloister.decided"
See = Callable[[Asker], Awaitable[Context]]


# Starts anywhere, so that no two processes give the same.
_IDS = count(secrets.randbits(64))


def _new_id() -> str:
    return f"{next(_IDS) % 2**64:016x}"


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
        return cls(scope["method"], path[:_LONGEST_PATH], client[0] if client else _ANYONE, _new_id())


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict that is on record under `number`."""

    verdict: Verdict
    number: int

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes."""
        return self.verdict.answer is Answer.ALLOW


class Guard:
    """The guard of one process."""

    def __init__(  # noqa: PLR0913 - what a guard is made of, by keyword
        self,
        *,
        engine: Engine,
        key: OKPKey,
        role_of_group: Mapping[str, str],
        audit: AuditLog,
        duties: Duties | None = None,
        own_roles: Mapping[str, Policy] | None = None,
        limits: Limits | None = None,
        fronted: Fronted | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.engine = engine
        self.audit = audit
        self.duties = duties or Duties()
        self.clock = clock
        self.key = key
        self.role_of_group = dict(role_of_group)
        self.own_roles = dict(own_roles or {})
        limits = limits or Limits()
        self._known = Rate(limits.rate, limits.burst, time.monotonic)
        self._unknown = Rate(limits.unknown_rate, limits.unknown_burst, time.monotonic)
        self.standing = StandingPolicies(engine, time.monotonic)
        # Whoever fills it from another thread fills that of the revision in hand.
        self._sets: tuple[Stand, dict[Principal, PolicySet]] = (self.standing.now, {})
        self._people = People(engine, clock)
        self._jobs = Jobs(clock)
        self._sessions = BrowserSessions(engine, self._people, clock)
        self._issued = IssuedTokens(engine, self._people, clock)
        self.signed = SignedRequests(engine, self._people, clock)
        self._fronted = fronted or Fronted()
        self._ways: tuple[Way, ...] = (
            self._fronted,
            self.signed,
            self._issued,
            OwnTokens(key, self._people, self._jobs, clock),
            self._sessions,
        )

    def watch_jobs(self, is_unfinished: Callable[[str], bool]) -> None:
        """From now on a step's token holds only while its job has not ended, which `is_unfinished` tells of a name."""
        self._jobs.watch(is_unfinished)

    def trust(self, issuers: Mapping[str, Trusted]) -> None:
        """From now on the tokens of these issuers are taken, by the URL that they name themselves by."""
        self._issued.trust(issuers)

    def policies(self, principal: Principal) -> PolicySet:
        """The policies that speak for the principal: of its roles, and those that are attached, as they stand now."""
        now = self.standing.now
        of, sets = self._sets
        if of is not now:
            sets = {}
            self._sets = (now, sets)
        kept = sets.get(principal)
        if kept is None:
            of_roles = policies_of(principal, self.role_of_group, self.own_roles)
            attached = now.speaking_for(principal, roles_of(principal, self.role_of_group))
            kept = compiled((*of_roles, *attached))
            if len(sets) >= _KEPT_SETS:
                sets.clear()
            sets[principal] = kept
        return kept

    async def authenticate(self, scope: Scope) -> Identified:
        """Who sends a request.

        Raises UnauthenticatedError, RefusedError on a request from another site, ThrottledError on one too many.
        """
        try:
            identified = await self._identify(scope)
        except (UnauthenticatedError, SourceError):
            # Whoever cannot be asked about has proved nothing either.
            address = (scope.get("client") or (_ANYONE,))[0]
            _hold_back(address, self._unknown.take(address), "unknown")
            raise
        name = identified.principal.name
        _hold_back(name, self._known.take(name), "known")
        return identified

    async def _identify(self, scope: Scope) -> Identified:
        headers = self._fronted.believed(scope, read_headers(scope["headers"]))
        for way in self._ways:
            if way.speaks(headers):
                return await way.identify(scope, headers)
        raise unauthenticated(reason="there is neither a bearer token nor a session")

    async def require(
        self, scope: Scope, action: str, resource: str = "server", context: Context | None = None
    ) -> Principal:
        """The principal of a request that may do this. Raises what `authenticate` raises, and RefusedError."""

        async def told(_asker: Asker) -> Context:
            return context or {}

        return (await self.admit(scope, action, resource, told)).principal

    async def admit(self, scope: Scope, action: str, resource: str, see: See) -> Asker:
        """Who asks, where it may do this; `see` tells what conditions may look at of the resource."""
        facts = RequestFacts.of(scope)
        try:
            identified = await self.authenticate(scope)
            if identified.body_sha256 not in (None, scope.get(PROMISED)):
                raise unauthenticated(reason="its body is not held against its signature here")
        except (RefusedError, SourceError) as error:
            await self.record_refusal(error, facts)
            raise
        asker = await self.asker(identified, facts)
        context = await see(asker)
        verdict = asker.of_object(asker.asks(action, resource, context))
        decided = await self.record(verdict, asker.principal, action, resource, facts)
        if not decided.allowed:
            raise refusal(decided.verdict, resource, anothers=context.get(OWNED) == _NOT_OWNED)
        scope.get(DECIDED, []).append(decided.number)
        return asker

    async def asker(self, identified: Identified, facts: RequestFacts) -> Asker:
        """Who asks, with the policies that speak for it and what conditions may look at of every request."""
        await self.standing.refresh()
        around = surroundings(identified, facts.source, self.clock())
        behind = await self.asker(Identified(identified.behind), facts) if identified.behind else None
        return Asker(identified.principal, self.policies(identified.principal), around, behind=behind)

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
        """Put a refusal that came before any decision on record: nobody known, unknown route, ambiguous request.

        A throttled request was not judged, and is not recorded: a flood must not fill the record.
        """
        if isinstance(error, ThrottledError):
            return
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
        self._people.forget()
        self.standing.forget()
        self._sessions.forget()
        self.signed.forget()

    async def _write(self, decision: Decision) -> int:
        decisions(decision.action, decision.decision).inc()
        note({"cloister.request_id": decision.request_id, "cloister.action": decision.action})
        return await self.audit.recorded(decision)


def _hold_back(who: str, wait_seconds: float, kind: str) -> None:
    if wait_seconds > 0:
        HELD_BACK.labels(kind).inc()
        fault = Fault(who, "asks more often than the gateway answers", "wait, and send fewer requests at a time")
        raise ThrottledError(fault, math.ceil(wait_seconds))


def refusal(verdict: Verdict, resource: str, *, anothers: bool = False) -> RefusedError:
    """The error that tells a verdict other than ALLOW.

    What is another's and what is not there are told alike: nobody learns from a refusal that there is such a thing,
    and whoever mistypes a name of their own is told that it may be that.
    """
    mend = verdict.mend or "ask an administrator"
    if anothers and not is_explicit_deny(verdict):
        return RefusedError(
            Fault(resource, f"{verdict.reason}, or there is no such thing", f"check the name, or {mend}")
        )
    return RefusedError(Fault(resource, verdict.reason, mend))
