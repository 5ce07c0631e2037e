"""The pages of logging in and out: one frame, no script, nothing loaded from anywhere."""

import html
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse

HEADERS: Final = {
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
p.or {{ margin: 20px 0; text-align: center; }}
label {{ display: block; margin-bottom: 16px; }}
input, textarea {{ box-sizing: border-box; width: 100%; padding: 8px 10px; font: inherit; border: 1px solid #8c959f;
  border-radius: 6px; }}
textarea {{ font: 12px/1.4 ui-monospace, monospace; resize: vertical; word-break: break-all; }}
button, a.button {{ box-sizing: border-box; display: block; width: 100%; padding: 10px; font: inherit; color: #fff;
  background: #0b5cad; border: 1px solid #0b5cad; border-radius: 6px; text-align: center; text-decoration: none; }}
a.button {{ margin-bottom: 12px; }}
p.or ~ form button {{ color: #0b5cad; background: #fff; }}
</style></head><body><main>
<h1>Cloister</h1>
{content}
</main></body></html>
"""
_FORM: Final = """<form method="post" action="/cloister/login">
<input type="hidden" name="form" value="{form}"><input type="hidden" name="next" value="{next}">
<label>User<input name="user" autocomplete="username" required{focus}></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>"""
_OR: Final = '<p class="or">or with a password of this platform</p>'
_LOG_OUT: Final = """<p>End this session?</p>
<form method="post" action="/cloister/logout"><button>Log out</button></form>"""
_OFFER: Final = """<p>A token for the command line and for MLflow's client, which holds as long as this session.</p>
<form method="post" action="/cloister/token"><button>Show a token</button></form>"""
_GIVEN: Final = """<p>It is {user}'s, holds until {until}, and is shown this once. Set
MLFLOW_TRACKING_TOKEN to it, or give it to <code>cloister login --token-stdin</code>.</p>
<textarea readonly rows="8" autofocus>{token}</textarea>"""


def login_page(
    issuers: Mapping[str, str], form: str | None, *, following: str, message: str, status: int
) -> HTMLResponse:
    """The page of logging in: a link for each issuer (label by address), and the form unless there is none."""
    told = f'<p class="fault">{html.escape(message)}</p>' if message else "<p>Log in to go on.</p>"
    links = "".join(_link(address, f"Log in with {label}") for address, label in issuers.items())
    asked = (
        ""
        if form is None
        else _FORM.format(form=form, next=html.escape(following, quote=True), focus="" if issuers else " autofocus")
    )
    return _page("Log in", told + links + (_OR if links and asked else "") + asked, status)


def logout_page() -> HTMLResponse:
    """The page that asks whether to log out."""
    return _page("Log out", _LOG_OUT, 200)


def logged_out_page(label: str, address: str) -> HTMLResponse:
    """The page after a session ended whose person is still logged in at the issuer."""
    told = f"<p>This session has ended. You are still logged in at {html.escape(label)}.</p>"
    return _page(
        "Logged out", told + _link(address, f"Log out of {label} too") + _link("/cloister/login", "Log in again"), 200
    )


def token_page() -> HTMLResponse:
    """The page that offers a token."""
    return _page("Token", _OFFER, 200)


def shown_token_page(user: str, token: str, until: str) -> HTMLResponse:
    """The page that shows one."""
    return _page("Token", _GIVEN.format(user=html.escape(user), token=token, until=until), 200)


def _link(address: str, text: str) -> str:
    return f'<a class="button" href="{html.escape(address, quote=True)}">{html.escape(text)}</a>\n'


def _page(title: str, content: str, status: int) -> HTMLResponse:
    return HTMLResponse(_FRAME.format(title=title, content=content), status, HEADERS)
