"""What to do where the database does not answer, because it restarts or is busy."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

ERROR_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0
_Made = TypeVar("_Made")


def first_line(error: SQLAlchemyError) -> str:
    """What the database says, in one line."""
    return str(error).partition("\n")[0]


def insist(act: Callable[[], _Made]) -> _Made:
    """What the act returns, tried again for a minute: for what a command has come to, which would have to run again
    otherwise. The act is fenced, so it may come late.
    """
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return act()
        except SQLAlchemyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(ERROR_PAUSE_SECONDS)
