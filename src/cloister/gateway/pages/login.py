"""Logging in and out: a form for browsers, a token for the command line and MLflow's client."""

import hmac
import math
import secrets
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from cloister.access import tokens
from cloister.access.principals import Principal
from cloister.errors import Fault, RefusedError
from cloister.gateway.faults import ThrottledError, UnauthenticatedError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.browser import refuse_other_sites
from cloister.gateway.identity.code_flow import CodeFlow
from cloister.gateway.identity.cookies import FORM_COOKIE, SESSION_COOKIE
from cloister.gateway.identity.directory import issuer_of
from cloister.gateway.identity.sessions import LIFETIME, close_session, open_session
from cloister.gateway.identity.throttle import Throttle
from cloister.gateway.identity.users import find_user, password_matches
from cloister.gateway.mlflow.canonical import ambiguous, read_json
from cloister.gateway.pages.frame import HEADERS, read_form
from cloister.gateway.pages.login_pages import logged_out_page, login_page, logout_page
from cloister.gateway.passing.forwarding import check_json_type, read_body
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_LARGEST_FORM: Final = 8192
_TOKEN_LIFETIME: Final = timedelta(hours=12)
_LONGEST_TOKEN_LIFETIME: Final = timedelta(days=7)
_FORM_SECONDS: Final = 3600
_RULE: Final = Rule("password")


class Login:
    """The routes of logging in and out; `local` says whether passwords of this platform are taken at all."""

    def __init__(self, guard: Guard, flows: Collection[CodeFlow] = (), *, local: bool = True) -> None:
        self._guard = guard
        self._throttle = Throttle(guard.engine)
        self._flows = {f"/cloister/login/{flow.issuer.name}": flow for flow in flows}
        self._local = local

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [
            Route("/cloister/login", self.form, methods=["GET"]),
            Route("/cloister/login", self.log_in, methods=["POST"]),
            Route("/cloister/logout", self.ask_log_out, methods=["GET"]),
            Route("/cloister/logout", self.log_out, methods=["POST"]),
            Route("/cloister/v1/token", self.token, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """The login form."""
        return self.page(request, request.query_params.get("next", "/"), "", 200)

    async def log_in(self, request: Request) -> Response:
        """A session for the right password; the form again, with the reason, for a wrong one."""
        refuse_other_sites(request.scope, request.headers)
        fields = await read_form(request)
        following = fields.get("next", "/")
        sent, kept = fields.get("form", ""), FORM_COOKIE.of(request.scope, request.headers) or ""
        if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
            return self.page(request, following, "The form was out of date; please try again.", 403)
        try:
            user = await self._checked(request, fields.get("user", ""), fields.get("password", ""))
        except ThrottledError as error:
            return self.page(request, following, f"Too many tries; wait {error.wait_seconds} seconds.", 429)
        except RefusedError:
            return self.page(request, following, "The user or the password is not right.", 401)
        now = self._guard.clock()
        cookie = await anyio.to_thread.run_sync(lambda: open_session(self._guard.engine, user, now=now))
        response = RedirectResponse(own_path(following), 303, HEADERS)
        SESSION_COOKIE.set(response, request.scope, cookie, seconds=int(LIFETIME.total_seconds()))
        FORM_COOKIE.remove(response, request.scope)
        return response

    async def ask_log_out(self, _request: Request) -> Response:
        """A page with the button that logs out; MLflow's own page has none."""
        return logout_page()

    async def log_out(self, request: Request) -> Response:
        """The session ended, everywhere; whoever came from an issuer may log out there as well."""
        refuse_other_sites(request.scope, request.headers)
        response: Response = RedirectResponse("/cloister/login", 303, HEADERS)
        if cookie := SESSION_COOKIE.of(request.scope, request.headers):
            user = await anyio.to_thread.run_sync(close_session, self._guard.engine, cookie)
            self._guard.forget()
            response = await self._out_there(request, user) or response
        SESSION_COOKIE.remove(response, request.scope)
        return response

    async def _out_there(self, request: Request, user: str) -> Response | None:
        """The page that leads to the end of the session at the user's issuer, where there is one that can be ended."""
        issuer = await anyio.to_thread.run_sync(issuer_of, self._guard.engine, user)
        flow = next((flow for flow in self._flows.values() if flow.issuer.issuer == issuer), None)
        back = str(request.base_url).rstrip("/") + "/cloister/login"
        address = await flow.end_session_address(back) if flow else ""
        return logged_out_page(flow.label, address) if flow and address else None

    async def token(self, request: Request) -> Response:
        """A bearer token for user and password: {"user", "password", "lifetime_seconds"?} -> {"token", ...}."""
        check_json_type(request.scope["headers"])
        document = read_json(await read_body(request.receive, _LARGEST_FORM), empty_is_object=False)
        name, password = document.get("user"), document.get("password")
        seconds = document.get("lifetime_seconds", int(_TOKEN_LIFETIME.total_seconds()))
        if not isinstance(name, str) or not isinstance(password, str):
            raise ambiguous(thing="user and password", reason="are no texts")
        if not isinstance(seconds, int) or not 0 < seconds <= int(_LONGEST_TOKEN_LIFETIME.total_seconds()):
            raise ambiguous(thing="lifetime_seconds", reason="is not between one second and seven days")
        user = await self._checked(request, name, password)
        found = await anyio.to_thread.run_sync(find_user, self._guard.engine, user)
        now = self._guard.clock()
        principal = Principal(user, "user", found.groups if found else ())
        token = tokens.issue(principal, self._guard.key, now=now, lifetime_seconds=seconds)
        expires = now + timedelta(seconds=seconds)
        content = {"token": token, "user": user, "expires_at": f"{expires:%Y-%m-%dT%H:%M:%SZ}"}
        return JSONResponse(content, headers={"cache-control": "no-store"})

    async def _checked(self, request: Request, name: str, password: str) -> str:
        """The name, where the password is right; on record either way. Raises RefusedError."""
        if not self._local:
            reason = "logs in elsewhere: this platform takes no passwords"
            raise RefusedError(Fault(f'user "{name[:100]}"', reason, "see /cloister/login for where"))
        facts = RequestFacts.of(request.scope)
        known_as = name[:200]
        begin = partial(self._throttle.begin, known_as, facts.source, self._guard.clock())
        if wait := math.ceil(await anyio.to_thread.run_sync(begin)):
            fault = Fault(f'user "{name[:100]}"', "has failed to log in too often", f"wait {wait} seconds")
            raise ThrottledError(fault, wait)
        matches = await anyio.to_thread.run_sync(password_matches, self._guard.engine, name, password)
        await self._record(name[:100], facts, matches=matches)
        if not matches:
            reason = "is unknown, shut out, or has another password"
            fault = Fault(f'user "{name[:100]}"', reason, "try again, or ask an administrator for a new password")
            raise UnauthenticatedError(fault)
        succeeded = partial(self._throttle.succeeded, known_as, facts.source, self._guard.clock())
        await anyio.to_thread.run_sync(succeeded)
        return name

    async def _record(self, name: str, facts: RequestFacts, *, matches: bool) -> None:
        readable = "".join(letter if letter.isprintable() else "?" for letter in name) or "-"
        text = f"the password of {readable} is {'right' if matches else 'not right'}"
        outcome = Outcome.PASS if matches else Outcome.REFUSE
        step = Step(Layer.AUTHENTICATION, readable, outcome, text, _RULE)
        verdict = Verdict(Answer.ALLOW if matches else Answer.DENY, text, (step,))
        await self._guard.record(verdict, Principal(readable, "user"), "cloister:LogIn", "server", facts)

    def page(self, request: Request, following: str, message: str, status: int) -> Response:
        """The page of logging in, with a message."""
        path = own_path(following)
        form = secrets.token_urlsafe(24) if self._local else None
        links = {f"{address}?{urlencode({'next': path})}": flow.label for address, flow in self._flows.items()}
        response = login_page(links, form, following=path, message=message, status=status)
        if form:
            FORM_COOKIE.set(response, request.scope, form, seconds=_FORM_SECONDS)
        return response


def own_path(path: str) -> str:
    """The path to go on to, where it is one of ours; `//host` and backslashes would lead elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and not path.startswith("/cloister/log") else "/"
