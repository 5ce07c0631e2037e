import pytest

from cloister.platform.lifecycle import MOVES, OVER, Event, Life, RestartPolicy, State

ALLOWED = """
waiting  spawned   starting
waiting  stop      stopped
starting answered  ready
starting ended     paused
starting overdue   failed
starting stop      stopping
ready    ended     paused
ready    stop      stopping
paused   spawned   starting
paused   exhausted failed
paused   stop      stopped
stopping ended     stopped
"""


def test_the_allowed_moves_are_these_and_no_others() -> None:
    rows = {(State(a), Event(b)): State(c) for a, b, c in (line.split() for line in ALLOWED.strip().splitlines())}
    assert dict(MOVES) == rows


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_a_life_follows_the_table_and_refuses_every_other_move(state: State, event: Event) -> None:
    life = Life(state, since=1.0)
    if (state, event) in MOVES:
        after = life.after(event, 2.0)
        assert (after.state, after.since) == (MOVES[state, event], 2.0)
        assert after.ends == ((2.0,) if event is Event.ENDED else ())
        assert after.starts == (1 if event is Event.SPAWNED else 0)
    else:
        with pytest.raises(ValueError, match=f"no move from {state} on {event}"):
            life.after(event, 2.0)


def test_nothing_leads_out_of_the_states_that_are_over() -> None:
    assert not [move for move in MOVES if move[0] in OVER]


@pytest.mark.parametrize(
    ("ends", "now", "pause"),
    [
        pytest.param((10.0,), 10.0, 1.0, id="the first pause"),
        pytest.param((9.0, 10.0), 10.0, 2.0, id="the second is twice as long"),
        pytest.param((8.0, 9.0, 10.0), 10.0, 3.0, id="never longer than the longest"),
        pytest.param((7.0, 8.0, 9.0, 10.0), 10.0, None, id="too often within the window: given up"),
        pytest.param((1.0, 2.0, 3.0, 200.0), 200.0, 1.0, id="what lies before the window is forgiven"),
    ],
)
def test_pauses_double_and_have_a_limit(ends: tuple[float, ...], now: float, pause: float | None) -> None:
    policy = RestartPolicy(first_pause_seconds=1, longest_pause_seconds=3, most_ends=4, window_seconds=100)
    assert policy.pause_after(ends, now) == pause
