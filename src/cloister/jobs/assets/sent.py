"""Who has sent what. A hash is no secret: runs, lists of files and logs hold it. So it opens what it names to nobody
but whoever has sent that.
"""

import time
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.jobs.assets.tables import SENT
from cloister.jobs.records.clock import Clock

# The code of a job, or files that were put in one place.
Sort = Literal["snapshot", "place"]


class Senders:
    """The rows."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, sort: Sort, digest: str, sender: str) -> None:
        """Keep that this one has sent it."""
        if self.has_sent(sort, digest, sender):
            return
        row = {"sort": sort, "digest": digest, "sender": sender, "sent_at": self._clock()}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(SENT).values(row))
        except IntegrityError:
            # At the same moment, twice.
            return

    def has_sent(self, sort: Sort, digest: str, sender: str) -> bool:
        """Whether this one has sent it."""
        here = (SENT.c.sort == sort, SENT.c.digest == digest, SENT.c.sender == sender)
        with self._engine.connect() as connection:
            return connection.execute(sa.select(SENT.c.digest).where(*here)).first() is not None
