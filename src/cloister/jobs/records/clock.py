"""The clock that rows are stamped with."""

from collections.abc import Callable

# Seconds since 1970.
Clock = Callable[[], float]
