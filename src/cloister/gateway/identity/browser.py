"""A browser's session: its cookie vouches for the person, and requests from other sites are refused."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

import anyio.to_thread
from sqlalchemy import Engine
from starlette.types import Scope

from cloister.errors import Fault, RefusedError
from cloister.gateway.identity.cookies import SESSION_COOKIE
from cloister.gateway.identity.headers import Headers
from cloister.gateway.identity.identified import Identified, unauthenticated
from cloister.gateway.identity.people import People
from cloister.gateway.identity.remembering import Remembering
from cloister.gateway.identity.sessions import Session, find_session

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class BrowserSessions:
    """The way of the session cookie."""

    def __init__(self, engine: Engine, people: People, clock: Callable[[], datetime]) -> None:
        async def ask(cookie: str) -> Session | None:
            return await anyio.to_thread.run_sync(partial(find_session, engine, cookie, now=clock()))

        self._people = people
        self._sessions = Remembering(ask, clock)

    def speaks(self, headers: Headers) -> bool:
        """Where there is a session cookie."""
        return SESSION_COOKIE.bare in headers.get("cookie", "")

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Whose session it is."""
        if scope["method"] not in _SAFE_METHODS:
            refuse_other_sites(scope, headers)
        session = await self._sessions.of(SESSION_COOKIE.of(scope, headers) or "")
        if session is None:
            raise unauthenticated(reason="the session has ended")
        return Identified(await self._people.person(session.user, None), session.authenticated_at)

    def forget(self) -> None:
        """Look every session up again at the next request."""
        self._sessions.forget()


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
