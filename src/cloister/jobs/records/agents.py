"""What the database holds of agents: who they are, what they serve, and their signs of life."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault
from cloister.jobs.errors import MissingError
from cloister.jobs.records.clock import Clock
from cloister.jobs.records.tables import AGENT

# An agent that serves it takes what no other agent serves by name.
ANY_COMPUTE = "*"


class AgentState(StrEnum):
    """What an agent says of itself; whether it is alive is for others to see."""

    ACTIVE = "Active"
    DRAINING = "Draining"
    STOPPED = "Stopped"
    DRAINED = "Drained"


GONE = frozenset({AgentState.STOPPED, AgentState.DRAINED})
# Those that leave, or have left, for good: what they served by name is for others again.
_LEAVING = frozenset({AgentState.DRAINING, AgentState.DRAINED})


@dataclass(frozen=True, slots=True)
class Sighting:
    """An agent as somebody last saw it: its name, which process of that name it is, and how far it had counted."""

    name: str
    incarnation: str
    beat: int

    @property
    def still(self) -> "sa.ColumnElement[bool]":
        """Holds of the database while it has shown no sign since: what is written because it is gone hangs on that."""
        moved = sa.or_(AGENT.c.incarnation != self.incarnation, AGENT.c.beat != self.beat)
        return sa.not_(sa.exists().where(AGENT.c.name == self.name, moved))


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent: which process it is, what it serves, and when it was last seen alive."""

    name: str
    incarnation: str
    host: str
    process: int
    state: AgentState
    beat: int
    computes: tuple[str, ...]
    labels: Mapping[str, str]
    places: int
    orchestrates: bool
    isolation: str
    started_at: float
    seen_at: float

    @property
    def sighting(self) -> Sighting:
        """What tells whether it has moved since."""
        return Sighting(self.name, self.incarnation, self.beat)

    @property
    def has_left(self) -> bool:
        """Whether it said that it is gone."""
        return self.state in GONE

    @property
    def works(self) -> bool:
        """Whether it runs steps."""
        return self.places > 0


def taken_computes(agents: tuple[AgentRecord, ...], by: str) -> frozenset[str]:
    """The computes that agents other than `by` serve by name, and that `*` therefore leaves to them."""
    others = (a for a in agents if a.name != by and a.works and a.state not in _LEAVING)
    return frozenset(compute for a in others for compute in a.computes if compute != ANY_COMPUTE)


class AgentRecords:
    """The rows of agents. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def all(self) -> tuple[AgentRecord, ...]:
        """Every agent that was ever seen, by name."""
        with self._engine.connect() as connection:
            return tuple(_agent(row) for row in connection.execute(sa.select(AGENT).order_by(AGENT.c.name)).mappings())

    def register(self, agent: AgentRecord, *, instead_of: str) -> bool:
        """Write the agent down in the place of the incarnation that was seen, empty for none; False where another one
        was quicker.
        """
        now = self._clock()
        values: dict[str, object] = {key: getattr(agent, key) for key in AgentRecord.__slots__}
        values |= {"computes": json.dumps(agent.computes), "labels": json.dumps(dict(agent.labels), sort_keys=True)}
        values |= {"started_at": now, "seen_at": now}
        here = (AGENT.c.name == agent.name, AGENT.c.incarnation == instead_of)
        try:
            with self._engine.begin() as connection:
                if connection.execute(sa.update(AGENT).where(*here).values(values)).rowcount == 1:
                    return True
                connection.execute(sa.insert(AGENT).values(values))
                return True
        except IntegrityError:
            return False

    def beat(self, name: str, incarnation: str) -> bool:
        """Say that an agent is alive; False where its name is another's by now."""
        values = {"beat": AGENT.c.beat + 1, "seen_at": self._clock()}
        return self._update(values, AGENT.c.name == name, AGENT.c.incarnation == incarnation)

    def leave(self, name: str, incarnation: str, state: AgentState) -> bool:
        """Say that an agent is gone."""
        return self._update({"state": state}, AGENT.c.name == name, AGENT.c.incarnation == incarnation)

    def drain(self, name: str) -> AgentRecord:
        """Ask an agent to finish what it runs and to leave; one that is gone counts as drained. MissingError."""
        gone = AGENT.c.state.in_(GONE)
        if not self._update({"state": AgentState.DRAINED}, AGENT.c.name == name, gone):
            self._update({"state": AgentState.DRAINING}, AGENT.c.name == name, sa.not_(gone))
        for agent in self.all():
            if agent.name == name:
                return agent
        raise MissingError(Fault(f'agent "{name}"', "there is none of that name", "see: cloister agent list"))

    def _update(self, values: dict[str, object], *here: "sa.ColumnElement[bool]") -> bool:
        with self._engine.begin() as connection:
            return connection.execute(sa.update(AGENT).where(*here).values(values)).rowcount == 1


def _agent(row: "sa.RowMapping") -> AgentRecord:
    told = {
        "state": AgentState(row["state"]),
        "computes": tuple(json.loads(row["computes"])),
        "labels": json.loads(row["labels"]),
    }
    return AgentRecord(**dict(row) | told)
