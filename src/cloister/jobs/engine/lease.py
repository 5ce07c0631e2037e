"""Who is alive, by counters alone: no clock of one machine is compared with that of another, and none can jump.

Each agent raises its counter every BEAT_SECONDS. Others take it for gone when the counter stood still for GONE_SECONDS
of their own monotonic clock. It gives its work up itself at LOST_SECONDS without a beat, which is sooner: by the time
somebody else begins, its commands are dead. Pure: times come in as arguments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cloister.jobs.records.agents import AgentRecord, Sighting

BEAT_SECONDS = 2.0
LOST_SECONDS = 6.0
GONE_SECONDS = 8.0


@dataclass(slots=True)
class Lease:
    """An agent's own right to its work. `beaten_at` is when the last beat that succeeded was begun."""

    beaten_at: float

    def is_due(self, now: float) -> bool:
        """Whether it is time for the next beat."""
        return now - self.beaten_at >= BEAT_SECONDS

    def is_lost(self, now: float) -> bool:
        """Whether others may take the work over soon, or have."""
        return now - self.beaten_at >= LOST_SECONDS


@dataclass(slots=True)
class Peers:
    """The agents as one of them sees them."""

    _signs: dict[str, tuple[Sighting, float]] = field(default_factory=dict)

    def gone(self, agents: Iterable[AgentRecord], begun: float, over: float) -> frozenset[Sighting]:
        """Those that said so, and those whose counter stood still for too long since we watch it.

        They were read between `begun` and `over`. A counter stands still from the end of the read that found it until
        the begin of the next one: whoever is stopped during a read must not take the time that it missed for silence.
        """
        found = set()
        for agent in agents:
            seen = agent.sighting
            if agent.name not in self._signs or self._signs[agent.name][0] != seen:
                self._signs[agent.name] = (seen, over)
            if agent.has_left or begun - self._signs[agent.name][1] >= GONE_SECONDS:
                found.add(seen)
        return frozenset(found)
