"""Queue, claim, end, put back: facts about rows, on both databases. What is overtaken changes nothing."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from cloister.jobs.compute.tables import COMPUTE
from cloister.jobs.planning.plan import Constant, FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.records.agents import AgentRecord, AgentRecords, AgentState, Sighting
from cloister.jobs.records.claims import Claim, Offer
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.records import Records
from cloister.jobs.records.results import Result
from cloister.jobs.records.status import JobStatus, StepStatus, Wish
from cloister.jobs.records.tables import JOB, RESULT

N, Q, R = StepStatus.NOT_STARTED, StepStatus.QUEUED, StepStatus.RUNNING
COMPLETED, FAILED, CANCELED = StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.CANCELED


def step(name: str, **more: object) -> PlannedStep:
    return PlannedStep(name, "true", **more)  # type: ignore[arg-type]  # a table's row


def owned(records: Records, *steps: PlannedStep, name: str = "j") -> Ownership:
    records.jobs.add(name, Plan("pipeline", "tests", steps), "0" * 64, "ada")
    return next(owner for owner in records.jobs.take(9, "head") if owner.job == name)


def offer(agent: str = "w", *computes: str, any_but: frozenset[str] | None = frozenset(), **labels: str) -> Offer:
    return Offer(agent, frozenset(computes), any_but, frozenset(labels.items()))


def seen(name: str) -> Sighting:
    return Sighting(name, "", 0)


def alive(name: str, incarnation: str = "first") -> AgentRecord:
    return AgentRecord(
        name, incarnation, "host", 7, AgentState.ACTIVE, 1, ("*",), {}, 1, orchestrates=True, isolation="",
        started_at=0.0, seen_at=0.0,
    )  # fmt: skip


def rows(records: Records, name: str = "j") -> list[tuple[str, StepStatus, int, str]]:
    found = records.jobs.find(name)
    assert found is not None
    return [(s.name, s.status, s.attempt, s.agent) for s in found.steps]


def test_a_step_is_queued_by_the_owner_claimed_by_one_agent_and_ended_by_it(records: Records) -> None:
    owner = owned(records, step("a"), step("b"))
    assert records.claims.claim(offer(), 9) == ()
    records.steps.queue(owner, ("a",))
    assert rows(records) == [("a", Q, 0, ""), ("b", N, 0, "")]
    (claim,) = records.claims.claim(offer("w1"), 9)
    assert (claim, records.claims.claim(offer("w2"), 9)) == (Claim("j", "a", "w1", 1), ())
    assert rows(records) == [("a", R, 1, "w1"), ("b", N, 0, "")]
    assert not records.claims.note(replace(claim, agent="w2"), process=8), "an attempt is one agent's"
    assert records.claims.note(claim, process=7, process_start="boot/1")
    assert records.claims.end(claim, FAILED, reason="it exited with code 3", exit_code=3)
    (ended, _) = records.jobs.find("j").steps  # type: ignore[union-attr]  # it is there
    assert (ended.status, ended.reason, ended.exit_code, ended.process) == (FAILED, "it exited with code 3", 3, 0)
    assert records.steps.ended("j") == {"a": FAILED}
    assert records.steps.count_ended(["j"]) == {"j": 1}


@pytest.mark.parametrize(
    ("given", "takes"),
    [
        pytest.param(offer(), {"any", "cpu", "gpu"}, id="* takes every compute"),
        pytest.param(offer(any_but=frozenset({"gpu"})), {"any", "cpu"}, id="but what others serve by name"),
        pytest.param(offer("w", "gpu", any_but=None), {"gpu"}, id="an agent of one compute takes that one"),
        pytest.param(offer("w", "gpu", any_but=frozenset({"gpu"})), {"any", "cpu", "gpu"}, id="and * beside it"),
        pytest.param(offer("w", any_but=None), set(), id="one that serves nothing takes nothing"),
        pytest.param(offer(cuda="12"), {"any", "cpu", "gpu", "cuda"}, id="labels that are asked for must be there"),
        pytest.param(offer(cuda="11"), {"any", "cpu", "gpu"}, id="with the same value"),
        pytest.param(offer(cuda="12", zone="a"), {"any", "cpu", "gpu", "cuda", "both"}, id="all of them"),
    ],
)
def test_what_an_agent_takes(records: Records, given: Offer, takes: set[str]) -> None:
    labels = {"cuda": (("cuda", "12"),), "both": (("zone", "a"), ("cuda", "12"))}
    steps = [step("any"), step("cpu", compute="cpu"), step("gpu", compute="gpu")]
    steps += [step(name, labels=wanted) for name, wanted in labels.items()]
    records.steps.queue(owned(records, *steps), [s.name for s in steps])
    assert {claim.step for claim in records.claims.claim(given, 9)} == takes


def test_low_priority_waits_for_the_rest_and_no_more_than_asked_for_is_taken(records: Records) -> None:
    owner = owned(records, step("low", low_priority=True), step("one"), step("two"), step("three"))
    records.steps.queue(owner, ("low", "one", "two", "three"))
    assert [claim.step for claim in records.claims.claim(offer(), 2)] == ["one", "two"]
    assert [(c.step, c.low_priority) for c in records.claims.claim(offer(), 9)] == [("three", False), ("low", True)]


def test_one_persons_many_steps_hold_up_no_others_few(records: Records) -> None:
    for name, person in (("many", "eve"), ("few", "ada")):
        names = [f"{name}{n}" for n in range(3)]
        records.jobs.add(name, Plan("pipeline", "tests", tuple(step(one) for one in names)), "0" * 64, person)
        (owner,) = records.jobs.take(9, "head")
        records.steps.queue(owner, names)
    assert [claim.step for claim in records.claims.claim(offer("w1"), 1)] == ["few0"]
    assert [claim.step for claim in records.claims.claim(offer("w2"), 4)] == ["many0", "few1", "many1", "few2"]
    assert [claim.step for claim in records.claims.claim(offer("w3"), 4)] == ["many2"]


def test_a_compute_has_so_many_places_however_many_agents_there_are(records: Records, store: sa.Engine) -> None:
    kept = {"document": "{}", "turn": 0, "created_by": "ada", "created_at": 0.0}
    with store.begin() as connection:
        connection.execute(sa.insert(COMPUTE).values(name="gpu", max_instances=2, **kept))
    steps = [step(f"gpu{n}", compute="gpu") for n in range(8)] + [step("cpu", compute="cpu")]
    owner = owned(records, *steps)
    records.steps.queue(owner, [s.name for s in steps])
    barrier, claims = threading.Barrier(4), list[Claim]()

    def take(agent: str) -> None:
        barrier.wait()
        claims.extend(records.claims.claim(offer(agent), 9))

    agents = [threading.Thread(target=take, args=(f"w{n}",)) for n in range(4)]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join()
    on_gpu = [claim for claim in claims if claim.step != "cpu"]
    assert (len(on_gpu), len(claims)) == (2, 3)
    assert not records.claims.has_waiting(offer()), "nobody makes room for what could not run anyway"
    records.claims.end(on_gpu[0], COMPLETED, reason="")
    assert [claim.step[:3] for claim in records.claims.claim(offer("w5"), 9)] == ["gpu"]


Act = Callable[[Records, Claim], object]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda r, c: r.claims.note(c, run_id="run"), id="note"),
        pytest.param(lambda r, c: r.claims.end(c, COMPLETED, reason=""), id="end"),
        pytest.param(lambda r, c: r.claims.requeue(c), id="put back"),
        pytest.param(lambda r, c: r.claims.is_held(c), id="hold"),
    ],
)
def test_an_attempt_that_was_taken_over_changes_nothing(records: Records, act: Act) -> None:
    records.steps.queue(owned(records, step("a")), ("a",))
    (old,) = records.claims.claim(offer("w1"), 1)
    assert records.claims.requeue_all(seen("w1"))
    assert (act(records, old), rows(records)) == (False, [("a", Q, 1, "")])
    (new,) = records.claims.claim(offer("w1"), 1)
    assert new == Claim("j", "a", "w1", 2)
    assert (act(records, old), rows(records)) == (False, [("a", R, 2, "w1")])
    records.claims.end(new, COMPLETED, reason="")
    assert (act(records, old), rows(records)) == (False, [("a", COMPLETED, 2, "w1")])


def results(store: sa.Engine) -> list[tuple[object, ...]]:
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(RESULT))]


OwnerAct = Callable[[Records, Ownership], object]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda r, o: r.steps.queue(o, ("a",)), id="queue"),
        pytest.param(lambda r, o: r.steps.settle(o, "a", CANCELED, "no"), id="settle"),
        pytest.param(lambda r, o: r.steps.drive(o, "a"), id="drive"),
        pytest.param(lambda r, o: r.steps.cancel(o, "no"), id="cancel"),
        pytest.param(lambda r, o: r.jobs.finish(o, JobStatus.FAILED, "no"), id="finish"),
        pytest.param(lambda r, o: r.jobs.note(o, run_id="no"), id="note"),
        pytest.param(lambda r, o: r.results.note(o, "a", "1" * 64, "eve"), id="note a result"),
        pytest.param(lambda r, o: r.results.note_maker(o, "a", Result("x", "y", "")), id="note its maker"),
    ],
)
@pytest.mark.parametrize("successor", ["next", "head"])
def test_an_owner_that_was_succeeded_changes_nothing(
    records: Records, store: sa.Engine, act: OwnerAct, successor: str
) -> None:
    """By another agent, or by itself after a database that was gone."""
    stale = owned(records, step("a"))
    assert records.jobs.adopt({seen("head")}, successor, but=()) == (Ownership("j", successor, 2),)
    records.results.note(Ownership("j", successor, 2), "a", "0" * 64, "ada")
    before = records.jobs.find("j"), results(store)
    assert not act(records, stale)
    assert (records.jobs.find("j"), results(store)) == before


@pytest.mark.parametrize(
    ("owner", "orphans_of", "adopted"),
    [
        pytest.param("head", {"head"}, True, id="the owner is gone"),
        pytest.param("", set(), True, id="nobody owns it"),
        pytest.param("head", {"else"}, False, id="another one is gone"),
        pytest.param("next", set(), True, id="our own, but not in memory"),
    ],
)
def test_which_jobs_are_adopted(records: Records, owner: str, orphans_of: set[str], adopted: bool) -> None:
    records.jobs.add("j", Plan("pipeline", "tests", (step("a"),)), "0" * 64, "ada")
    records.jobs.take(1, owner or "head")
    if not owner:
        records.jobs.release("head")
    wanted = (Ownership("j", "next", 2),) if adopted else ()
    gone = {seen(name) for name in orphans_of}
    assert records.jobs.adopt(gone, "next", but=()) == wanted
    assert records.jobs.adopt(gone, "next", but=wanted) == ()


@pytest.mark.parametrize(
    ("since", "is_gone"),
    [
        pytest.param(lambda _agents: None, True, id="silent since"),
        pytest.param(lambda agents: agents.beat("w", "first"), False, id="it came back"),
        pytest.param(lambda agents: agents.register(alive("w", "next"), instead_of="first"), False, id="begun anew"),
        pytest.param(lambda agents: agents.register(alive("x"), instead_of=""), True, id="another one is alive"),
    ],
)
def test_nothing_is_taken_from_an_agent_that_has_shown_a_sign_since_it_was_taken_for_gone(
    records: Records, since: Callable[[AgentRecords], object], is_gone: bool
) -> None:
    """Whoever looked may itself have been stopped between its look and its deed, for longer than a lease."""
    assert records.agents.register(alive("w"), instead_of="")
    records.jobs.add("j", Plan("pipeline", "tests", (step("a"),)), "0" * 64, "ada")
    (owner,) = records.jobs.take(1, "w")
    records.steps.queue(owner, ("a",))
    records.claims.claim(offer("w"), 1)
    (before,) = records.agents.all()
    since(records.agents)
    assert records.claims.requeue_all(before.sighting) == is_gone
    assert rows(records) == ([("a", Q, 1, "")] if is_gone else [("a", R, 1, "w")])
    assert records.jobs.adopt({before.sighting}, "x", but=()) == ((Ownership("j", "x", 2),) if is_gone else ())


def test_a_job_in_memory_is_not_adopted_again_and_an_ended_one_never(records: Records) -> None:
    owner = owned(records, step("a"))
    assert records.jobs.adopt((), "head", but=(owner,)) == ()
    records.jobs.finish(owner, JobStatus.COMPLETED, "")
    assert records.jobs.adopt((seen("head"),), "next", but=()) == ()


def test_nobodys_jobs_take_more_places_than_they_leave_free(records: Records) -> None:
    plan = Plan("pipeline", "tests", (step("a"),))
    names = {"eve": [f"e{n}" for n in range(9)], "ada": ["f0", "f1", "f2"], "bo": ["g0", "g1"]}
    for person, jobs in names.items():
        for name in jobs:
            records.jobs.add(name, plan, "0" * 64, person)
    assert [owner.job for owner in records.jobs.take(8, "head")] == ["e0", "e1", "e2", "e3", "f0", "f1", "g0"]
    assert records.jobs.take(1, "head") == (), "each holds one, and one stays free for who comes"
    records.jobs.finish(Ownership("e0", "head", 1), JobStatus.COMPLETED, "")
    assert [owner.job for owner in records.jobs.take(2, "head")] == ["g1"]
    assert [owner.job for owner in records.jobs.take(1, "other")] == ["e4"], "places of another agent are others"


@pytest.mark.parametrize(
    ("before", "status", "wish"),
    [
        pytest.param("waiting", CANCELED, None, id="one that waits is cancelled at once"),
        pytest.param("queued", CANCELED, None, id="so is one in the queue"),
        pytest.param("running", R, Wish.CANCEL, id="the agent of a running one is asked"),
        pytest.param("gone", CANCELED, None, id="and where that agent is gone, it is cancelled, not queued"),
        pytest.param("driven", R, None, id="one that its owner drives is for the owner to end"),
        pytest.param("ended", COMPLETED, None, id="one that has ended stays so"),
    ],
)
def test_cancelling(records: Records, before: str, status: StepStatus, wish: Wish | None) -> None:
    owner = owned(records, step("a"))
    if before == "driven":
        records.steps.drive(owner, "a")
    elif before != "waiting":
        records.steps.queue(owner, ("a",))
    if before in ("running", "gone", "ended"):
        (claim,) = records.claims.claim(offer(), 1)
        if before == "ended":
            records.claims.end(claim, COMPLETED, reason="")
    records.steps.cancel(owner, "canceled by ada")
    if before == "gone":
        records.claims.requeue_all(seen("w"))
    found = records.jobs.find("j")
    assert found is not None
    assert found.steps[0].status is status
    assert found.steps[0].reason == ("" if status is COMPLETED else "canceled by ada")
    assert list(records.claims.held("w").values()) == ([wish] if wish else [])


def test_only_what_must_not_wait_wants_room(records: Records) -> None:
    owner = owned(records, step("low", low_priority=True), step("high"))
    records.steps.queue(owner, ("low", "high"))
    high, low = records.claims.claim(offer(), 9)
    assert (high.low_priority, low.low_priority) == (False, True)
    records.claims.requeue(low)
    assert rows(records) == [("low", Q, 1, ""), ("high", R, 1, "w")]
    assert not records.claims.has_waiting(offer()), "one of low priority waits for nobody's place"
    records.claims.requeue(high)
    assert records.claims.has_waiting(offer())


def test_a_job_that_is_cancelled_twice_is_ended_by_its_agents_and_by_nobody_else(records: Records) -> None:
    owner = owned(records, step("a"), step("b"))
    records.steps.queue(owner, ("a",))
    (claim,) = records.claims.claim(offer(), 9)
    records.jobs.cancel("j", "ada")
    records.jobs.cancel("j", "bo")
    found = records.jobs.find("j")
    assert found is not None
    assert (found.status, found.canceled_by) == (JobStatus.CANCEL_REQUESTED, "ada")
    assert rows(records) == [("a", R, 1, "w"), ("b", N, 0, "")]
    records.steps.cancel(owner, found.reason)
    assert records.claims.end(claim, CANCELED)
    assert records.jobs.finish(owner, JobStatus.CANCELED, found.reason)
    records.jobs.cancel("j", "bo")
    ended = records.jobs.find("j")
    assert ended is not None
    assert (ended.status, ended.canceled_by, ended.reason) == (JobStatus.CANCELED, "ada", "canceled by ada")


@contextmanager
def beside(store: sa.Engine, act: Callable[[], object]) -> Iterator[None]:
    """Let it happen once, after the first transaction of what is done here."""
    left = [act]

    def happen(*_of_the_pool: object) -> None:
        while left:
            left.pop()()

    sa.event.listen(store.pool, "checkin", happen)
    yield
    sa.event.remove(store.pool, "checkin", happen)


@pytest.mark.parametrize("first", ["put back", "cancel"])
def test_a_step_is_put_back_and_cancelled_at_once_and_is_cancelled(
    records: Records, store: sa.Engine, first: str
) -> None:
    owner = owned(records, step("a"))
    records.steps.queue(owner, ("a",))
    (claim,) = records.claims.claim(offer(), 9)
    acts: dict[str, Callable[[], object]] = {
        "put back": partial(records.claims.requeue, claim),
        "cancel": partial(records.steps.cancel, owner, "canceled by ada"),
    }
    one = acts.pop(first)
    with beside(store, *acts.values()):
        one()
    found = records.jobs.find("j")
    assert found is not None
    assert (found.steps[0].status, found.steps[0].reason) == (CANCELED, "canceled by ada")


def test_what_the_owner_drives_is_no_agents(records: Records) -> None:
    """A sweep: its trials are claimed, it is not, and where an agent dies it goes on with its owner."""
    owner = owned(records, step("sweep"), step("after"))
    assert records.steps.drive(owner, "sweep")
    trials = [step("sweep.trial_1", compute="gpu"), step("sweep.trial_10"), step("sweep.trial_2")]
    records.steps.bring_forth(owner, "sweep", trials)
    records.steps.bring_forth(owner, "sweep", trials[:1])
    records.steps.queue(owner, [trial.name for trial in trials])
    assert [name for name, *_ in rows(records)] == [
        "sweep", "sweep.trial_1", "sweep.trial_2", "sweep.trial_10", "after",
    ]  # fmt: skip
    claims = records.claims.claim(offer("w", "gpu", any_but=None), 9)
    assert claims == (Claim("j", "sweep.trial_1", "w", 1),)
    found = records.jobs.find("j")
    assert found is not None
    assert found.planned("sweep.trial_1") == trials[0]
    assert [s.parent for s in found.steps] == ["", "sweep", "sweep", "sweep", ""]
    assert not records.claims.requeue_all(seen("head"))
    assert records.steps.settle(owner, "sweep", COMPLETED, run_id="best")
    assert not records.steps.drive(owner, "sweep"), "it has ended"
    assert not records.steps.settle(owner, "sweep.trial_1", CANCELED, "no"), "an agent runs it"


def test_a_clock_that_jumps_by_an_hour_changes_nothing_but_the_times_that_are_told(store: sa.Engine) -> None:
    times = itertools.cycle([5000.0, 1400.0, 8600.0])
    records = Records(store, lambda: next(times))
    records.jobs.add("j", Plan("pipeline", "tests", (step("a"), step("b"))), "0" * 64, "ada")
    (owner,) = records.jobs.take(1, "head")
    records.steps.queue(owner, ("a",))
    records.steps.queue(owner, ("b",))
    first = {claim.step: claim for claim in records.claims.claim(offer(), 9)}
    assert first == {name: Claim("j", name, "w", 1) for name in ("a", "b")}
    assert records.claims.requeue_all(seen("w"))
    (again, other) = sorted(records.claims.claim(offer("w2"), 9), key=lambda claim: claim.step)
    assert (again, other) == (Claim("j", "a", "w2", 2), Claim("j", "b", "w2", 2))
    assert [records.claims.end(claim, COMPLETED, reason="") for claim in (first["a"], again, other)] == [
        False, True, True,
    ]  # fmt: skip
    assert records.jobs.finish(owner, JobStatus.COMPLETED, "")
    with store.begin() as connection:
        connection.execute(sa.delete(JOB))


def test_what_runs_in_a_step_of_the_plan_is_what_the_plan_says(records: Records) -> None:
    made = PlannedOutput("data", "uri_folder")
    word = PlannedInput("word", "string", Constant("hello"))
    first = PlannedStep("first", "echo ${{inputs.word}}", (word,), (made,))
    second = PlannedStep("second", "true", (PlannedInput("data", "uri_folder", FromStep("first", "data")),))
    owned(records, first, second)
    found = records.jobs.find("j")
    assert found is not None
    assert (found.planned("first"), found.planned("second")) == (first, second)
