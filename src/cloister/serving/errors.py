"""Refusals of this room that callers tell apart: what is asked for is not there, or stands against what is there."""

from typing import ClassVar

from starlette.responses import Response

from cloister.errors import CloisterError, SourceError, SpecError
from cloister.gateway import faults


class NotFoundError(SpecError):
    """The endpoint or deployment that was named does not exist."""

    status: ClassVar[int] = 404


class ConflictError(SpecError):
    """The request is well formed and stands against the present state."""

    status: ClassVar[int] = 409


class UnavailableError(SourceError):
    """No worker can answer now; a later request may succeed."""

    status: ClassVar[int] = 503


class TimedOutError(SourceError):
    """The worker did not answer in time."""

    status: ClassVar[int] = 504


class TooLargeError(SpecError):
    """The request's body is above the limit."""

    status: ClassVar[int] = 413


def status_of(error: CloisterError) -> int:
    """The HTTP status that tells who has to act."""
    own = getattr(error, "status", None)
    return own if isinstance(own, int) else faults.status_of(error)


def answer(error: CloisterError) -> Response:
    """The HTTP answer that tells an error, in the gateway's form."""
    response = faults.answer(error)
    response.status_code = status_of(error)
    if isinstance(error, UnavailableError):
        response.headers["retry-after"] = "1"
    return response
