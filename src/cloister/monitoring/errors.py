"""Refusals of this room that callers tell apart: what is asked for is not there, or stands against what is there."""

from typing import ClassVar

from cloister.errors import SpecError


class NotFoundError(SpecError):
    """The monitor or run that was named does not exist."""

    status: ClassVar[int] = 404


class ConflictError(SpecError):
    """The request is well formed and stands against the present state."""

    status: ClassVar[int] = 409
