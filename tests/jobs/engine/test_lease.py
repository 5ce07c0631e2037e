"""Who is alive: facts about counters on one clock that only moves forward."""

import pytest

from cloister.jobs.engine.lease import Lease, Peers
from cloister.jobs.records.agents import AgentRecord, AgentState, Sighting, taken_computes

A, B = "first process", "second process"


def agent(
    beat: int,
    incarnation: str = A,
    state: AgentState = AgentState.ACTIVE,
    *,
    name: str = "gpu1",
    computes: tuple[str, ...] = ("*",),
    places: int = 2,
    seen_at: float = 0.0,
) -> AgentRecord:
    return AgentRecord(
        name, incarnation, "host", 7, state, beat, computes, {}, places, orchestrates=True, isolation="",
        started_at=0.0, seen_at=seen_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        pytest.param([(0, agent(5))], False, id="one that is seen for the first time has time"),
        pytest.param([(0, agent(5)), (7.9, agent(5))], False, id="a counter that stood still for less than 8 s"),
        pytest.param([(0, agent(5)), (8, agent(5))], True, id="a counter that stood still for 8 s"),
        pytest.param([(0, agent(5)), (7.9, agent(6)), (15.8, agent(6))], False, id="each beat gives 8 s more"),
        pytest.param([(0, agent(5)), (8, agent(5)), (9, agent(6))], False, id="one that comes back is alive"),
        pytest.param([(0, agent(5)), (8, agent(5, B))], False, id="another process of the name is another agent"),
        pytest.param([(0, agent(5, state=AgentState.STOPPED))], True, id="one that said goodbye, at once"),
        pytest.param([(0, agent(5, state=AgentState.DRAINED))], True, id="one that was drained, at once"),
        pytest.param([(0, agent(5, state=AgentState.DRAINING))], False, id="one that drains still works"),
        pytest.param(
            [(0, agent(5)), (4, agent(6, seen_at=-3600)), (8, agent(7, seen_at=3600))],
            False,
            id="wall clocks that jump by an hour say nothing",
        ),
    ],
)
def test_who_is_gone(seen: list[tuple[float, AgentRecord]], gone: bool) -> None:
    peers, found = Peers(), frozenset[Sighting]()
    for now, record in seen:
        found = peers.gone([record], now, now)
    assert found == (frozenset({seen[-1][1].sighting}) if gone else frozenset())


@pytest.mark.parametrize(
    ("reads", "gone"),
    [
        pytest.param([(0, 0, 5), (1, 11, 5)], False, id="stopped after a read, it holds old news"),
        pytest.param([(0, 0, 4), (1, 11, 5), (11, 11, 5)], False, id="stopped before a read, its news is new"),
        pytest.param([(0, 0, 4), (1, 11, 5), (19, 19, 5)], True, id="8 s after its return it knows"),
    ],
)
def test_who_was_stopped_takes_nobody_for_gone(reads: list[tuple[float, float, int]], gone: bool) -> None:
    """Each read with its begin, its end and the counter that it found."""
    peers, found = Peers(), frozenset[Sighting]()
    for begun, over, beat in reads:
        found = peers.gone([agent(beat)], begun, over)
    assert bool(found) is gone


@pytest.mark.parametrize(
    ("now", "is_due", "is_lost"),
    [(0, False, False), (1.9, False, False), (2, True, False), (5.9, True, False), (6, True, True), (20, True, True)],
)
def test_an_agent_gives_up_before_others_take_over(now: float, is_due: bool, is_lost: bool) -> None:
    lease = Lease(beaten_at=0)
    assert (lease.is_due(now), lease.is_lost(now)) == (is_due, is_lost)


@pytest.mark.parametrize(
    ("others", "taken"),
    [
        pytest.param([], set(), id="nobody else: all is for *"),
        pytest.param([agent(1, computes=("gpu", "*"))], {"gpu"}, id="what another one names is its own"),
        pytest.param([agent(1, computes=("gpu",), state=AgentState.STOPPED)], {"gpu"}, id="also while it is away"),
        pytest.param([agent(1, computes=("gpu",), state=AgentState.DRAINING)], set(), id="but not once it is drained"),
        pytest.param([agent(1, computes=("gpu",), places=0)], set(), id="nor where it runs no steps"),
        pytest.param([agent(1, name="me", computes=("gpu",))], set(), id="our own name is not another's"),
    ],
)
def test_what_the_agent_of_every_compute_leaves_to_others(others: list[AgentRecord], taken: set[str]) -> None:
    assert taken_computes(tuple(others), by="me") == taken
