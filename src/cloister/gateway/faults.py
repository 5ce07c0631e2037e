"""Errors as HTTP answers: the same faults for our command line and, in MLflow's form, for MLflow's client and page."""

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from cloister.errors import CloisterError, Fault, RefusedError, SourceError, SpecError


class UnauthenticatedError(RefusedError):
    """Nobody is known to be asking: there is no token or session, or it does not hold."""


class UnknownRouteError(RefusedError):
    """The route is not served."""


class ThrottledError(RefusedError):
    """Too many tries; `wait_seconds` says when the next may come."""

    def __init__(self, fault: Fault, wait_seconds: int) -> None:
        super().__init__(fault)
        self.wait_seconds = wait_seconds


class TooLargeError(SpecError):
    """The body is larger than what is read for a decision."""


class StoreFullError(SourceError):
    """The artifact store has no room."""


# Who has to act, as HTTP tells it, and the error code that MLflow's client turns into its own exception. First match.
_ANSWERS: Final[tuple[tuple[type[CloisterError], int, str], ...]] = (
    (UnauthenticatedError, 401, "UNAUTHENTICATED"),
    (UnknownRouteError, 404, "ENDPOINT_NOT_FOUND"),
    (ThrottledError, 429, "REQUEST_LIMIT_EXCEEDED"),
    (RefusedError, 403, "PERMISSION_DENIED"),
    (TooLargeError, 413, "INVALID_PARAMETER_VALUE"),
    (SpecError, 400, "INVALID_PARAMETER_VALUE"),
    (StoreFullError, 507, "INTERNAL_ERROR"),
    (SourceError, 502, "TEMPORARILY_UNAVAILABLE"),
)


def store_fault(error: SQLAlchemyError) -> SourceError:
    """The error to tell where the platform's database fails; what it was about is not let in, and not passed on."""
    reason = f"cannot be used: {type(error).__name__}"
    return SourceError(Fault("the platform's database", reason, "look at its disk and its log, then try again"))


def status_of(error: CloisterError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status, _ in _ANSWERS if isinstance(error, kind)), 500)


def answer(error: CloisterError, headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP answer that tells an error."""
    code = next((code for kind, _, code in _ANSWERS if isinstance(error, kind)), "INTERNAL_ERROR")
    content = {
        "faults": [{"thing": f.thing, "reason": f.reason, "mend": f.mend} for f in error.faults],
        "error_code": code,
        "message": str(error),
    }
    extra = dict(headers or {})
    if isinstance(error, UnauthenticatedError):
        extra["www-authenticate"] = 'Bearer realm="cloister"'
    if isinstance(error, ThrottledError):
        extra["retry-after"] = str(error.wait_seconds)
    # In ASCII: what a fault quotes from a request may be no character of UTF-8.
    text = json.dumps(content)
    return Response(text, status_of(error), extra | {"cache-control": "no-store"}, "application/json")
