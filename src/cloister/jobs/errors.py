"""What the door to jobs refuses, finer than who has to act: the control API answers each with a status of its own."""

from cloister.errors import SpecError


class MissingError(SpecError):
    """There is no such job, step or snapshot."""


class ConflictError(SpecError):
    """It cannot be done as things stand: the name is taken, or the job has ended."""


class TooLargeError(SpecError):
    """What was sent is larger than is taken."""
