"""The life of one supervised process, as a table of allowed moves.

Pure: time comes in as an argument, in seconds of a clock that only moves forward. `supervisor.py` turns what happens to
real processes into events; nothing else changes a state. To add a state, add its moves here and its meaning to `State`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"  # for those that it needs
    STARTING = "starting"  # runs, has not answered yet
    READY = "ready"  # has answered a real request
    PAUSED = "paused"  # ended by itself; started again after a pause
    STOPPING = "stopping"  # was told to stop
    STOPPED = "stopped"
    FAILED = "failed"  # given up; the platform cannot run


class Event(StrEnum):
    """What can happen to a process."""

    SPAWNED = "spawned"
    ANSWERED = "answered"
    ENDED = "ended"
    OVERDUE = "overdue"  # no answer within its time
    EXHAUSTED = "exhausted"  # ended too often within the window
    STOP = "stop"


MOVES: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.WAITING, Event.SPAWNED): State.STARTING,
        (State.WAITING, Event.STOP): State.STOPPED,
        (State.STARTING, Event.ANSWERED): State.READY,
        (State.STARTING, Event.ENDED): State.PAUSED,
        (State.STARTING, Event.OVERDUE): State.FAILED,
        (State.STARTING, Event.STOP): State.STOPPING,
        (State.READY, Event.ENDED): State.PAUSED,
        (State.READY, Event.STOP): State.STOPPING,
        (State.PAUSED, Event.SPAWNED): State.STARTING,
        (State.PAUSED, Event.EXHAUSTED): State.FAILED,
        (State.PAUSED, Event.STOP): State.STOPPED,
        (State.STOPPING, Event.ENDED): State.STOPPED,
    }
)
RUNNING = frozenset({State.STARTING, State.READY, State.STOPPING})
OVER = frozenset({State.STOPPED, State.FAILED})


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How often and how fast a process that ended by itself is started again. Pauses double up to the longest."""

    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 30.0
    most_ends: int = 5
    window_seconds: float = 120.0

    def pause_after(self, ends: tuple[float, ...], now: float) -> float | None:
        """Seconds to wait before the next start; None where it ended too often within the window."""
        recent = [at for at in ends if now - at <= self.window_seconds]
        if len(recent) >= self.most_ends:
            return None
        return float(min(self.first_pause_seconds * 2 ** max(0, len(recent) - 1), self.longest_pause_seconds))


@dataclass(frozen=True, slots=True)
class Life:
    """The state of one process, since when, when it ended by itself so far, and how often it was started."""

    state: State = State.WAITING
    since: float = 0.0
    ends: tuple[float, ...] = ()
    starts: int = 0

    def after(self, event: Event, now: float) -> "Life":
        """The life once the event happened; a move that the table does not allow is an error of ours."""
        try:
            state = MOVES[self.state, event]
        except KeyError:
            message = f"no move from {self.state} on {event}"
            raise ValueError(message) from None
        ends = (*self.ends, now) if event is Event.ENDED else self.ends
        return replace(self, state=state, since=now, ends=ends, starts=self.starts + (event is Event.SPAWNED))

    def seconds_in_state(self, now: float) -> float:
        """How long it has been so."""
        return now - self.since
