"""Logging in at an issuer: the browser is sent there, comes back with a code, and gets a session here."""

from datetime import timedelta
from functools import partial
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.errors import CloisterError, SourceError
from cloister.gateway import faults
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.attempts import LIFETIME_SECONDS, Attempt
from cloister.gateway.identity.claims import Vouched
from cloister.gateway.identity.code_flow import CodeFlow
from cloister.gateway.identity.cookies import ATTEMPT_COOKIE, SESSION_COOKIE
from cloister.gateway.identity.directory import admit, join_groups
from cloister.gateway.identity.identified import unauthenticated
from cloister.gateway.identity.sessions import close_session, open_session
from cloister.gateway.identity.users import find_user
from cloister.gateway.pages.frame import HEADERS
from cloister.gateway.pages.login import Login, own_path
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_RULE: Final = Rule("OpenID Connect")
_ACTION: Final = "cloister:LogIn"


class IssuerLogin:
    """The two routes of one issuer: there, and back."""

    def __init__(self, guard: Guard, flow: CodeFlow, login: Login) -> None:
        self._guard = guard
        self._flow = flow
        self._login = login
        self._path = f"/cloister/login/{flow.issuer.name}"

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [
            Route(self._path, self.go, methods=["GET"]),
            Route(f"{self._path}/callback", self.come_back, methods=["GET"]),
        ]

    async def go(self, request: Request) -> Response:
        """The browser sent to the issuer, with what it needs to come back."""
        attempt = Attempt.begin(own_path(request.query_params.get("next", "/")))
        try:
            address = await self._flow.address(attempt, self._redirect_uri(request))
        except SourceError as error:
            return self._failed(request, attempt, error)
        response = RedirectResponse(address, 303, HEADERS)
        ATTEMPT_COOKIE.set(response, request.scope, attempt.cookie, seconds=LIFETIME_SECONDS)
        return response

    async def come_back(self, request: Request) -> Response:
        """A session for whom the issuer vouches for; the login page, with the reason, where it does not."""
        facts = RequestFacts.of(request.scope)
        attempt = Attempt.read(ATTEMPT_COOKIE.of(request.scope, request.headers) or "")
        try:
            person, name = await self._who(request, attempt)
        except CloisterError as error:
            await self._guard.record_refusal(error, facts, action=_ACTION)
            return self._failed(request, attempt, error)
        await self._record(name, facts)
        cookie = await anyio.to_thread.run_sync(partial(self._open, request, person, name))
        self._guard.forget()
        response = RedirectResponse(own_path(attempt.following if attempt else "/"), 303, HEADERS)
        SESSION_COOKIE.set(response, request.scope, cookie, seconds=self._flow.login.session_seconds)
        ATTEMPT_COOKIE.remove(response, request.scope)
        return response

    async def _who(self, request: Request, attempt: Attempt | None) -> tuple[Vouched, str]:
        """Whom the issuer vouches for, and the name that the person has here. Raises CloisterError."""
        if attempt is None:
            raise self._flow.refused(reason="it was not begun in this browser, or too long ago")
        answer = dict(request.query_params)
        if len(answer) != len(request.query_params.multi_items()):
            raise self._flow.refused(reason="the answer says something twice")
        person = await self._flow.redeem(answer, attempt, self._redirect_uri(request))
        name = await anyio.to_thread.run_sync(partial(admit, self._guard.engine, person, now=self._guard.clock()))
        user = await anyio.to_thread.run_sync(find_user, self._guard.engine, name)
        if user is None or user.disabled:
            raise unauthenticated(reason=f'the user "{name}" is not let in')
        return person, name

    def _open(self, request: Request, person: Vouched, name: str) -> str:
        """The cookie of a new session; the one that the browser had before ends."""
        if before := SESSION_COOKIE.of(request.scope, request.headers):
            close_session(self._guard.engine, before)
        join_groups(self._guard.engine, name, person.groups)
        return open_session(
            self._guard.engine,
            name,
            now=self._guard.clock(),
            lifetime=timedelta(seconds=self._flow.login.session_seconds),
            authenticated_at=person.authenticated_at,
        )

    async def _record(self, name: str, facts: RequestFacts) -> None:
        text = f"{self._flow.issuer.name} vouches for {name}"
        verdict = Verdict(Answer.ALLOW, text, (Step(Layer.AUTHENTICATION, name, Outcome.PASS, text, _RULE),))
        await self._guard.record(verdict, Principal(name, "user"), _ACTION, "server", facts)

    def _failed(self, request: Request, attempt: Attempt | None, error: CloisterError) -> Response:
        fault = error.faults[0]
        message = f"{fault.thing}: {fault.reason}"
        following = attempt.following if attempt else "/"
        response = self._login.page(request, following, message, faults.status_of(error))
        ATTEMPT_COOKIE.remove(response, request.scope)
        return response

    def _redirect_uri(self, request: Request) -> str:
        """Where the issuer sends the browser back to; the Host header was checked to be a name of ours."""
        return f"{str(request.base_url).rstrip('/')}{self._path}/callback"
