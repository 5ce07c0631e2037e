"""Logging in and out: a form for browsers, a token for the command line and MLflow's client."""

import hmac
import html
import json
import math
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from cloister.access import tokens
from cloister.access.principals import Principal
from cloister.errors import Fault, RefusedError
from cloister.gateway.canonical import ambiguous, read_json
from cloister.gateway.faults import ThrottledError, UnauthenticatedError
from cloister.gateway.forwarding import check_json_type, read_body
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.identity.browser import refuse_other_sites
from cloister.gateway.identity.sessions import COOKIE, LIFETIME, close_session, open_session
from cloister.gateway.throttle import Throttle
from cloister.gateway.users import find_user, password_matches
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_FORM_COOKIE: Final = "cloister_form"
_LARGEST_FORM: Final = 8192
_TRIES_OF_A_USER: Final = 5
# Many people may share one address.
_TRIES_OF_AN_ADDRESS: Final = 30
_TOKEN_LIFETIME: Final = timedelta(hours=12)
_LONGEST_TOKEN_LIFETIME: Final = timedelta(days=7)
_RULE: Final = Rule("password")
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Under "no-referrer" a browser sends "Origin: null" with the form, and we could not tell it from another site.
    "referrer-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
_FRAME: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Cloister</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: #f4f5f7; color: #1b1f24; }}
main {{ background: #fff; border: 1px solid #d8dde3; border-radius: 8px; padding: 32px; width: 320px; }}
h1 {{ font-size: 20px; margin: 0 0 4px; }}
p {{ margin: 0 0 20px; color: #57606a; }}
p.fault {{ color: #b3261e; }}
label {{ display: block; margin-bottom: 16px; }}
input {{ box-sizing: border-box; width: 100%; padding: 8px 10px; font: inherit; border: 1px solid #8c959f;
  border-radius: 6px; }}
button {{ width: 100%; padding: 10px; font: inherit; color: #fff; background: #0b5cad; border: 0; border-radius: 6px; }}
</style></head><body><main>
<h1>Cloister</h1>
{content}
</main></body></html>
"""
_LOG_IN: Final = """{message}
<form method="post" action="/cloister/login">
<input type="hidden" name="form" value="{form}"><input type="hidden" name="next" value="{next}">
<label>User<input name="user" autocomplete="username" autofocus required></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>"""
_LOG_OUT: Final = """<p>End this session?</p>
<form method="post" action="/cloister/logout"><button>Log out</button></form>"""


class Login:
    """The routes of logging in and out, with the memory of failed tries."""

    def __init__(self, guard: Guard, clock: Callable[[], float], *, https: bool) -> None:
        self._guard = guard
        self._by_user = Throttle(clock, _TRIES_OF_A_USER)
        self._by_address = Throttle(clock, _TRIES_OF_AN_ADDRESS)
        self._https = https

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
        return self._form(request.query_params.get("next", "/"), "", 200)

    async def log_in(self, request: Request) -> Response:
        """A session for the right password; the form again, with the reason, for a wrong one."""
        refuse_other_sites(request.scope, {name.lower(): value for name, value in request.headers.items()})
        fields = await _form_fields(request)
        following = fields.get("next", "/")
        sent, kept = fields.get("form", ""), request.cookies.get(_FORM_COOKIE, "")
        if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
            return self._form(following, "The form was out of date; please try again.", 403)
        try:
            user = await self._checked(request, fields.get("user", ""), fields.get("password", ""))
        except ThrottledError as error:
            return self._form(following, f"Too many tries; wait {error.wait_seconds} seconds.", 429)
        except RefusedError:
            return self._form(following, "The user or the password is not right.", 401)
        now = self._guard.clock()
        cookie = await anyio.to_thread.run_sync(lambda: open_session(self._guard.engine, user, now=now))
        response = RedirectResponse(_own_path(following), 303, _HEADERS)
        seconds = int(LIFETIME.total_seconds())
        response.set_cookie(COOKIE, cookie, max_age=seconds, httponly=True, samesite="lax", secure=self._https)
        response.delete_cookie(_FORM_COOKIE, path="/cloister/login")
        return response

    async def ask_log_out(self, _request: Request) -> Response:
        """A page with the button that logs out; MLflow's own page has none."""
        return HTMLResponse(_FRAME.format(title="Log out", content=_LOG_OUT), 200, _HEADERS)

    async def log_out(self, request: Request) -> Response:
        """The session ended, everywhere."""
        refuse_other_sites(request.scope, {name.lower(): value for name, value in request.headers.items()})
        if cookie := request.cookies.get(COOKIE):
            await anyio.to_thread.run_sync(close_session, self._guard.engine, cookie)
            self._guard.forget()
        response = RedirectResponse("/cloister/login", 303, _HEADERS)
        response.delete_cookie(COOKIE)
        return response

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
        facts = RequestFacts.of(request.scope)
        # A user from one address: else anybody who knows a name could keep its owner out.
        known_as = f"{name[:200]}\n{facts.source}"
        wait = math.ceil(max(self._by_user.wait_seconds(known_as), self._by_address.wait_seconds(facts.source)))
        if wait:
            fault = Fault(f'user "{name[:100]}"', "has failed to log in too often", f"wait {wait} seconds")
            raise ThrottledError(fault, wait)
        # Counted before the password is checked, so that tries at the same time count as well.
        self._by_user.failed(known_as)
        self._by_address.failed(facts.source)
        matches = await anyio.to_thread.run_sync(password_matches, self._guard.engine, name, password)
        await self._record(name[:100], facts, matches=matches)
        if not matches:
            reason = "is unknown, shut out, or has another password"
            fault = Fault(f'user "{name[:100]}"', reason, "try again, or ask an administrator for a new password")
            raise UnauthenticatedError(fault)
        self._by_user.succeeded(known_as)
        self._by_address.forgive(facts.source)
        return name

    async def _record(self, name: str, facts: RequestFacts, *, matches: bool) -> None:
        readable = "".join(letter if letter.isprintable() else "?" for letter in name) or "-"
        text = f"the password of {readable} is {'right' if matches else 'not right'}"
        outcome = Outcome.PASS if matches else Outcome.REFUSE
        step = Step(Layer.AUTHENTICATION, readable, outcome, text, _RULE)
        verdict = Verdict(Answer.ALLOW if matches else Answer.DENY, text, (step,))
        await self._guard.record(verdict, Principal(readable, "user"), "cloister:LogIn", "server", facts)

    def _form(self, following: str, message: str, status: int) -> Response:
        form = secrets.token_urlsafe(24)
        shown = f'<p class="fault">{html.escape(message)}</p>' if message else "<p>Log in to go on.</p>"
        content = _LOG_IN.format(message=shown, form=form, next=html.escape(_own_path(following), quote=True))
        response = HTMLResponse(_FRAME.format(title="Log in", content=content), status, _HEADERS)
        response.set_cookie(
            _FORM_COOKIE,
            form,
            max_age=3600,
            path="/cloister/login",
            httponly=True,
            samesite="strict",
            secure=self._https,
        )
        return response


def _own_path(path: str) -> str:
    """The path to go on to, where it is one of ours; `//host` and backslashes would lead elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and not path.startswith("/cloister/log") else "/"


async def _form_fields(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise ambiguous(thing="Content-Type", reason="is not that of the login form")
    body = await read_body(request.receive, _LARGEST_FORM)
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except (ValueError, json.JSONDecodeError) as error:
        raise ambiguous(thing="form", reason="cannot be read") from error
    return {name: values[0] for name, values in found.items() if len(values) == 1}
