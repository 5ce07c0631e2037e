"""A bearer token for whoever is logged in with a browser: an identity provider's people have no password for one."""

from functools import partial
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloister.access import tokens
from cloister.access.principals import Principal
from cloister.errors import RefusedError, SourceError
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.cookies import SESSION_COOKIE
from cloister.gateway.identity.identified import unauthenticated
from cloister.gateway.identity.sessions import Session, find_session
from cloister.gateway.pages.frame import HEADERS
from cloister.gateway.pages.login_pages import shown_token_page, token_page
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_PATH: Final = "/cloister/token"
_RULE: Final = Rule("session")


class SessionTokens:
    """The page that shows a token which holds no longer than the session that it is asked for with."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [Route(_PATH, self.offer, methods=["GET"]), Route(_PATH, self.show, methods=["POST"])]

    async def offer(self, request: Request) -> Response:
        """The page with the button; the login page for who has no session."""
        try:
            await self._session(request)
        except UnauthenticatedError:
            return RedirectResponse(f"/cloister/login?next={_PATH}", 303, HEADERS)
        return token_page()

    async def show(self, request: Request) -> Response:
        """A new token, on record before it is shown."""
        try:
            principal, session = await self._session(request)
        except (RefusedError, SourceError) as error:
            await self._guard.record_refusal(error, RequestFacts.of(request.scope))
            raise
        now = self._guard.clock()
        token = tokens.issue(
            Principal(principal.name, "user", principal.groups),
            self._guard.key,
            now=now,
            lifetime_seconds=max(1, int((session.ends_at - now).total_seconds())),
            # Asking for a token is no new proof of who asks.
            authenticated_at=session.authenticated_at,
        )
        text = f"the session of {principal.name} gave a token"
        verdict = Verdict(Answer.ALLOW, text, (Step(Layer.AUTHENTICATION, principal.name, Outcome.PASS, text, _RULE),))
        await self._guard.record(verdict, principal, "cloister:LogIn", "server", RequestFacts.of(request.scope))
        return shown_token_page(principal.name, token, f"{session.ends_at:%Y-%m-%d %H:%M} UTC")

    async def _session(self, request: Request) -> tuple[Principal, Session]:
        """Who asks, with a session. A token gets nobody another one, or it could live for ever."""
        identified = await self._guard.authenticate(request.scope)
        cookie = SESSION_COOKIE.of(request.scope, request.headers) or ""
        find = partial(find_session, self._guard.engine, cookie, now=self._guard.clock())
        session = await anyio.to_thread.run_sync(find)
        if session is None or session.user != identified.principal.name:
            raise unauthenticated(reason="tokens are given to whoever is logged in with a browser")
        return identified.principal, session
