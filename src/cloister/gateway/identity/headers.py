"""A request's headers by name, where they have one reading."""

from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from cloister.errors import Fault
from cloister.gateway.faults import UnauthenticatedError

Headers = Mapping[str, str]
# Of two of these nobody knows which one counts.
_SINGLE: Final = frozenset({"authorization", "host", "cookie", "origin", "sec-fetch-site"})


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers by lower-case name. Raises UnauthenticatedError where one that identifies stands twice."""
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name = raw_name.decode("latin-1").lower()
        if name in found and (name in _SINGLE or name.startswith("x-amz-")):
            mend = "log in: cloister login, or /cloister/login in a browser"
            raise UnauthenticatedError(Fault("request", f"the header {name} stands twice", mend))
        found[name] = raw_value.decode("latin-1")
    return found


def bearer_token(headers: Headers) -> str | None:
    """The token of an `Authorization: Bearer` header, or None where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie_named(headers: Headers, name: str) -> str | None:
    """The value of a cookie, or None where it is not there."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None
