"""The gateway's cookies: for this site alone, out of scripts' reach, and over TLS under a name that only we can set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from starlette.responses import Response
from starlette.types import Scope

from cloister.gateway.identity.headers import cookie_named

_TLS: Final = "https"


@dataclass(frozen=True, slots=True)
class Cookie:
    """One of them. Under TLS the prefix `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis)."""

    bare: str
    samesite: Literal["lax", "strict"]

    def name(self, scope: Scope) -> str:
        """Its name for whoever asks over this connection."""
        return f"__Host-{self.bare}" if scope.get("scheme") == _TLS else self.bare

    def of(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """Its value in a request, or None."""
        return cookie_named(headers, self.name(scope))

    def set(self, response: Response, scope: Scope, value: str, *, seconds: int) -> None:
        """Let the browser keep a value."""
        response.set_cookie(
            self.name(scope),
            value,
            max_age=seconds,
            httponly=True,
            samesite=self.samesite,
            secure=scope.get("scheme") == _TLS,
        )

    def remove(self, response: Response, scope: Scope) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.name(scope), httponly=True, secure=scope.get("scheme") == _TLS)


# Lax: a login ends with a way back from the issuer's site, and links from elsewhere should find the person logged in.
SESSION_COOKIE: Final = Cookie("cloister_session", "lax")
ATTEMPT_COOKIE: Final = Cookie("cloister_attempt", "lax")
FORM_COOKIE: Final = Cookie("cloister_form", "strict")
