"""Refusals of this room that callers tell apart: what is asked for is not there, or stands against what is there."""

from typing import ClassVar

from cloister.errors import CloisterError, RefusedError, SourceError, SpecError


class NotFoundError(SpecError):
    """The endpoint or deployment that was named does not exist."""

    status: ClassVar[int] = 404


class ConflictError(SpecError):
    """The request is well formed and stands against the present state."""

    status: ClassVar[int] = 409


class UnauthenticatedError(RefusedError):
    """Nobody knows who asks: no token, or none that holds."""

    status: ClassVar[int] = 401


class UnavailableError(SourceError):
    """No worker can answer now; a later request may succeed."""

    status: ClassVar[int] = 503


class TimedOutError(SourceError):
    """The worker did not answer in time."""

    status: ClassVar[int] = 504


class TooLargeError(SpecError):
    """The request's body is above the limit."""

    status: ClassVar[int] = 413


_STATUS_OF_CLASS = ((RefusedError, 403), (SpecError, 400), (SourceError, 502))


def status_of(error: CloisterError) -> int:
    """The HTTP status that tells who has to act."""
    own = getattr(error, "status", None)
    if isinstance(own, int):
        return own
    return next((status for kind, status in _STATUS_OF_CLASS if isinstance(error, kind)), 500)


def document_of(error: CloisterError) -> dict[str, object]:
    """The faults as the API tells them, and the two fields that MLflow's clients read."""
    faults = [{"thing": fault.thing, "reason": fault.reason, "mend": fault.mend} for fault in error.faults]
    code = "BAD_REQUEST" if status_of(error) < 500 else "INTERNAL_ERROR"  # noqa: PLR2004 - HTTP's own bound
    return {"faults": faults, "error_code": code, "message": str(error)}
