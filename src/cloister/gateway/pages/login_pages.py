"""The pages of logging in and out."""

import html
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse

from cloister.gateway.pages.frame import page

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
    return page("Log in", told + links + (_OR if links and asked else "") + asked, status)


def logout_page() -> HTMLResponse:
    """The page that asks whether to log out."""
    return page("Log out", _LOG_OUT)


def logged_out_page(label: str, address: str) -> HTMLResponse:
    """The page after a session ended whose person is still logged in at the issuer."""
    told = f"<p>This session has ended. You are still logged in at {html.escape(label)}.</p>"
    return page(
        "Logged out", told + _link(address, f"Log out of {label} too") + _link("/cloister/login", "Log in again")
    )


def token_page() -> HTMLResponse:
    """The page that offers a token."""
    return page("Token", _OFFER)


def shown_token_page(user: str, token: str, until: str) -> HTMLResponse:
    """The page that shows one."""
    return page("Token", _GIVEN.format(user=html.escape(user), token=token, until=until), 200)


def _link(address: str, text: str) -> str:
    return f'<a class="button" href="{html.escape(address, quote=True)}">{html.escape(text)}</a>\n'
