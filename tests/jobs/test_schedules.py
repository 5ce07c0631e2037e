"""Schedules of jobs: what a document says, when a tick makes a job and when not, and who may."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.errors import CloisterError, SpecError
from cloister.gateway.config import GatewaySettings
from cloister.gateway.guard import Guard
from cloister.gateway.identity.users import set_disabled
from cloister.gateway.rights.opening import open_guard
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.compute.quotas import Limits, Quota
from cloister.jobs.compute.tables import QUOTA
from cloister.jobs.desk.control import Control
from cloister.jobs.desk.schedule_control import ScheduleControl
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.ticking import Ticking
from cloister.jobs.planning.plan import Constant, Plan, PlannedInput, PlannedStep
from cloister.jobs.planning.plan_json import to_json
from cloister.jobs.reading.schedules import read_schedule
from cloister.jobs.records.tables import JOB
from cloister.jobs.schedules.schedule import MACROS, Schedule, made_at, schedule_from, schedule_to_json
from cloister.jobs.schedules.tables import SCHEDULE
from cloister.store import open_store
from cloister.triggers import Cron, Recurrence

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess, Guarded, Serve

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PIPELINE = """\
type: pipeline
inputs: {word: hello}
tags: {team: a}
jobs:
  say:
    type: command
    command: echo ${{inputs.word}}
    environment: azureml:cloister-sklearn@latest
    inputs: {word: "${{parent.inputs.word}}"}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CRON = 'name: nightly\ntrigger: {type: cron, expression: "30 2 * * *", time_zone: Pacific Standard Time}\n'
DAYS = """\
name: weekly
display_name: Every week
trigger:
  type: recurrence
  frequency: week
  interval: 2
  schedule: {hours: [4, 10], minutes: 30, week_days: [monday]}
  start_time: "2026-11-01T10:00:00"
  end_time: "2027-01-01T00:00:00"
  time_zone: W. Europe Standard Time
create_job: ./job.yml
"""
FREQUENT = "name: often\ntrigger: {type: recurrence, frequency: minute, interval: 5}\ncreate_job: azureml:earlier\n"
READ = [
    (
        CRON + "create_job: ./job.yml\n",
        Schedule("nightly", Cron("30 2 * * *", "America/Los_Angeles"), zone="Pacific Standard Time"),
        ["2026-11-21T10:30:00", "2026-11-22T10:30:00"],
    ),
    (
        DAYS,
        Schedule(
            "weekly",
            Recurrence("week", 2, at("2026-11-01T09:00:00"), (4, 10), (30,), ("monday",), zone="Europe/Berlin"),
            at("2026-11-01T09:00:00"),
            at("2026-12-31T23:00:00"),
            "W. Europe Standard Time",
            display_name="Every week",
        ),
        ["2026-11-23T03:30:00", "2026-11-23T09:30:00"],
    ),
    (FREQUENT, Schedule("often", Recurrence("minute", 5, NOON), at_once=True), ["2026-11-20T12:00:00"]),
]


@pytest.mark.parametrize(("text", "schedule", "due"), READ, ids=[row[1].name for row in READ])
def test_when_a_document_says(tmp_path: Path, text: str, schedule: Schedule, due: list[str]) -> None:
    (tmp_path / "job.yml").write_text(PIPELINE)
    (tmp_path / "schedule.yml").write_text(text)
    found = read_schedule(tmp_path / "schedule.yml", {}, NOON).schedule
    assert found == schedule
    assert schedule_from(schedule_to_json(found)) == found
    first = found.timing.first_due(NOON)
    times = [first, found.timing.next_due(first)] if first else []
    assert times[: len(due)] == [at(text) for text in due]


def test_what_a_document_runs(tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(PIPELINE)

    def read(create_job: str) -> tuple[Path | None, str, dict[str, object]]:
        (tmp_path / "schedule.yml").write_text(CRON + f"create_job: {create_job}\n")
        found = read_schedule(tmp_path / "schedule.yml", {}, NOON)
        return found.file, found.job, dict(found.replaced)

    name = MACROS["${{name}}"]
    replaced = '{type: pipeline, job: ./job.yml, inputs: {word: "${{name}}"}, tags: {by: schedule}}'
    assert read("./job.yml") == (tmp_path / "job.yml", "", {})
    assert read("azureml:earlier") == (None, "earlier", {})
    assert read("{type: pipeline, job: azureml:earlier}") == (None, "earlier", {})
    merged = {"inputs": {"word": name}, "tags": {"team": "a", "by": "schedule"}}
    assert read(replaced) == (tmp_path / "job.yml", "", merged)


REFUSED = [
    (CRON.replace("Pacific Standard Time", "Mars"), 'time zone "Mars": does not exist'),
    (CRON.replace("30 2 * * *", "61 * * * *"), 'cron expression "61 * * * *": "61" is no minute'),
    (CRON.replace("nightly", "a/b"), 'schedule "a/b": is no name for a schedule'),
    (CRON.replace("type: cron", "type: moon"), "trigger"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_what_is_no_schedule(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "job.yml").write_text(PIPELINE)
    (tmp_path / "schedule.yml").write_text(text + "create_job: ./job.yml\n")
    with pytest.raises(CloisterError) as caught:
        read_schedule(tmp_path / "schedule.yml", {}, NOON)
    assert told in str(caught.value)


def test_a_job_that_there_is_runs_as_it_is(tmp_path: Path) -> None:
    text = CRON + "create_job: {type: pipeline, job: azureml:earlier, inputs: {word: bye}}\n"
    (tmp_path / "schedule.yml").write_text(text)
    with pytest.raises(SpecError, match='create_job: replaces inputs of the job "earlier", which has run as it is'):
        read_schedule(tmp_path / "schedule.yml", {}, NOON)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(SpecError, match="which is not after its start"):
        Schedule("a", Cron("* * * * *"), start=NOON, end=NOON)


def plan_of(word: str = "hello") -> Plan:
    step = PlannedStep("say", "echo ${{inputs.word}}", (PlannedInput("word", "string", Constant(word)),))
    return Plan("command", "e", (step,))


def test_each_time_has_a_name_of_its_own_and_the_macros_are_filled_in() -> None:
    schedule = Schedule("nightly", Cron("0 * * * *"))
    job = schedule.job_at(NOON)
    made = made_at(schedule, plan_of(" at ".join(MACROS.values())), job, NOON)
    assert (made.name, made.display_name, made.tags) == (job, job, (("cloister.schedule", "nightly"),))
    assert job == "nightly-20261120T120000Z"
    assert made.steps[0].inputs[0].binding == Constant(f"{job} at 2026-11-20T12:00:00Z")


class Desk:
    """A desk with schedules and a clock that the test turns."""

    def __init__(self, folder: Path, url: str) -> None:
        self.now = NOON.timestamp()
        self.engine = open_store(url)
        self.service = JobService(self.engine, folder / "jobs", clock=lambda: self.now)
        self.service.migrate()
        with (folder / "empty.tar.gz").open("wb") as file:
            pack([], file)
        self.snapshot = self.service.keep_snapshot(folder / "empty.tar.gz", "mia")

    def put(self, schedule: Schedule, by: str = "mia") -> None:
        self.service.schedules.put(schedule, plan_of(), self.snapshot, by, Principal(by, "user"))

    def pass_minutes(self, minutes: float) -> None:
        self.now += minutes * 60


@pytest.fixture(scope="module")
def shared(serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[Desk, Guarded]]":
    folder = tmp_path_factory.mktemp("desk")
    desk = Desk(folder, f"sqlite:///{folder}/c.db")

    def routes(guard: Guard) -> list[Route]:
        return [*Control(desk.service, guard).routes(), *ScheduleControl(desk.service, guard).routes()]

    with serve(desk.engine, folder, routes) as guarded:
        yield desk, guarded
    desk.engine.dispose()


@pytest.fixture
def desk(shared: "tuple[Desk, Guarded]") -> Desk:
    """The desk as new: at noon, without schedules, jobs or quotas."""
    found = shared[0]
    found.now = NOON.timestamp()
    with found.engine.begin() as connection:
        for table in (SCHEDULE, QUOTA, JOB):
            connection.execute(sa.delete(table))
    return found


@pytest.fixture
def guarded(shared: "tuple[Desk, Guarded]") -> "Guarded":
    return shared[1]


HOURLY = Schedule("hourly", Cron("0 * * * *"))


def ticked(desk: Desk, guarded: "Guarded") -> tuple[str, ...]:
    return asyncio.run(Ticking(desk.service, guarded.guard).round())


def test_each_time_makes_one_job(desk: Desk, guarded: "Guarded") -> None:
    before = len(guarded.recorded())
    desk.put(HOURLY)
    assert ticked(desk, guarded) == ()
    desk.pass_minutes(60.2)
    assert ticked(desk, guarded) == ("hourly-20261120T130000Z",)
    assert ticked(desk, guarded) == ()
    job = desk.service.show("hourly-20261120T130000Z")
    assert (job.submitter, dict(job.plan.tags)) == ("mia", {"cloister.schedule": "hourly"})
    assert desk.service.schedules.find("hourly").last_job == job.name
    asked = [(who, action, resource) for who, action, resource, _ in guarded.recorded(before)]
    assert asked == [
        ("mia", "cloister:CreateJob", f"job/{job.name}"),
        ("mia", "cloister:UseCompute", "compute/default"),
    ]


def test_times_that_went_by_are_one_and_say_so(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY)
    desk.pass_minutes(330)
    assert ticked(desk, guarded) == ("hourly-20261120T130000Z",)
    assert desk.service.show("hourly-20261120T130000Z").plan.notes == ("due 2026-11-20T13:00:00Z, made 16200 s later",)
    assert desk.service.schedules.find("hourly").next_due == at("2026-11-20T18:00:00")


def test_a_clock_that_jumps_back_makes_no_time_twice(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY)
    desk.pass_minutes(61)
    assert len(ticked(desk, guarded)) == 1
    desk.pass_minutes(-600)
    assert ticked(desk, guarded) == ()
    desk.pass_minutes(599)
    assert ticked(desk, guarded) == ()
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ("hourly-20261120T140000Z",)


def test_a_schedule_ends(desk: Desk, guarded: "Guarded") -> None:
    desk.put(Schedule("hourly", Cron("0 * * * *"), end=at("2026-11-20T13:30:00")))
    desk.pass_minutes(61)
    assert len(ticked(desk, guarded)) == 1
    assert desk.service.schedules.find("hourly").next_due is None


def test_whoever_is_not_let_in_any_more_pauses_the_schedule(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY)
    set_disabled(desk.engine, "mia", disabled=True, now=NOON)
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ()
    found = desk.service.schedules.find("hourly")
    assert (found.enabled, found.next_due, found.reason) == (False, None, "mia is not let in any more")
    set_disabled(desk.engine, "mia", disabled=False, now=NOON)


def test_whoever_lost_the_right_pauses_the_schedule(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY, by="nora")
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ()
    job = "job/hourly-20261120T130000Z"
    reason = f"nora has no right to cloister:CreateJob on {job}"
    assert (desk.service.schedules.find("hourly").enabled, desk.service.schedules.find("hourly").reason) == (
        False,
        reason,
    )
    assert guarded.recorded()[-1] == ("nora", "cloister:CreateJob", job, "DENY")
    desk.pass_minutes(600)
    desk.service.schedules.enable("hourly", enabled=True)
    assert desk.service.schedules.find("hourly").next_due == at("2026-11-21T00:00:00")


def test_a_quota_passes_one_time_over(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY)
    desk.service.quotas.put(Quota("person", "mia", Limits(nodes=0)), "ada")
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ()
    found = desk.service.schedules.find("hourly")
    told = "2026-11-20T13:00:00Z made no job: job: asks for 1 nodes; mia uses 0 of 0"
    assert (found.enabled, found.next_due, found.reason) == (True, at("2026-11-20T14:00:00"), told)
    desk.service.quotas.delete("person", "mia")
    desk.pass_minutes(60)
    assert ticked(desk, guarded) == ("hourly-20261120T140000Z",)
    assert desk.service.schedules.find("hourly").reason == ""


def test_one_that_nobody_can_make_sense_of_is_paused_and_holds_up_no_other(desk: Desk, guarded: "Guarded") -> None:
    for name in ("a-broken", "b-nowhere", "c-sound"):
        desk.put(Schedule(name, Cron("0 * * * *")))
    broken: dict[str, dict[str, sa.ColumnElement[str]]] = {
        "a-broken": {"schedule": SCHEDULE.c.schedule + "?"},
        "b-nowhere": {"schedule": sa.func.replace(SCHEDULE.c.schedule, '"UTC"', '"Nowhere"')},
    }
    with desk.engine.begin() as connection:
        for name, values in broken.items():
            connection.execute(sa.update(SCHEDULE).where(SCHEDULE.c.name == name).values(values))
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ("c-sound-20261120T130000Z",)
    assert desk.service.schedules.due() == ()
    with desk.engine.connect() as connection:
        told = connection.execute(sa.select(SCHEDULE.c.enabled, SCHEDULE.c.reason).order_by(SCHEDULE.c.name)).all()
    assert [enabled for enabled, _ in told] == [False, False, True]
    assert all("Cloister cannot make sense of it: SpecError" in reason for _, reason in told[:2])


def test_nobody_takes_the_name_of_the_next_job_of_a_schedule(desk: Desk, guarded: "Guarded") -> None:
    desk.put(HOURLY)
    job = json.loads(to_json(replace(plan_of(), name="hourly-20261120T130000Z")))
    told = 'job "hourly-20261120T130000Z": ends with a time, as the jobs of schedules do'
    assert guarded.reason("max", "POST", "jobs", {"plan": job, "snapshot": desk.snapshot}) == (400, told)
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ("hourly-20261120T130000Z",)


SESSION = Principal("role/trainers/mia", "role", groups=("members",), on_behalf_of="mia")


def test_what_acts_for_a_person_for_a_time_makes_nothing_that_lasts(desk: Desk, guarded: "Guarded") -> None:
    """A session of a role, a key, a step: each ends or is taken back, and nobody would look at that at each time."""
    told = 'schedule "hourly": is asked for by role/trainers/mia, and lasts longer than what acts for somebody'
    assert guarded.reason(SESSION, "PUT", "job-schedules/hourly", body_of(desk, HOURLY)) == (403, told)
    desk.service.schedules.put(HOURLY, plan_of(), desk.snapshot, "mia", SESSION)
    desk.pass_minutes(61)
    assert ticked(desk, guarded) == ()
    assert desk.service.schedules.find("hourly").reason == "role/trainers/mia is not let in any more"


def test_a_person_has_so_many_schedules_and_no_more(desk: Desk, guarded: "Guarded") -> None:
    row = {"schedule": "", "plan": "", "snapshot": "", "owner": "mia", "principal": "", "enabled": False}
    row |= {"last_job": "", "reason": "", "created_at": 0.0}
    with desk.engine.begin() as connection:
        connection.execute(sa.insert(SCHEDULE), [row | {"name": f"s{number}"} for number in range(200)])
    told = 'schedule "hourly": would be one more than the 200 that a person may have'
    assert guarded.reason("mia", "PUT", "job-schedules/hourly", body_of(desk, HOURLY)) == (400, told)
    with desk.engine.begin() as connection:
        connection.execute(sa.delete(SCHEDULE).where(SCHEDULE.c.name == "s0"))
    assert guarded.ask("mia", "PUT", "job-schedules/hourly", body_of(desk, HOURLY)).status_code == 201


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_several_agents_one_makes_the_job(
    serve: "Serve", tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/c.db" if kind == "sqlite" else request.getfixturevalue("postgresql")
    desk = Desk(tmp_path, url)
    with serve(desk.engine, tmp_path, lambda guard: Control(desk.service, guard).routes()) as guarded:
        desk.put(Schedule("raced", Cron("* * * * *")))
        settings = GatewaySettings(role_of_group=guarded.guard.role_of_group)
        guards = [open_guard(settings, desk.engine, tmp_path / "signing.key", lambda: NOON).guard for _ in range(3)]
        rounds = []
        for _ in range(2):
            desk.pass_minutes(1)
            with ThreadPoolExecutor(3) as pool:
                made = pool.map(lambda guard: asyncio.run(Ticking(desk.service, guard).round()), guards)
                rounds.append(sorted(made)[-2:])
        for guard in guards:
            guard.audit.close()
        assert rounds == [[(), (f"raced-20261120T120{n}00Z",)] for n in (1, 2)]
        with desk.engine.begin() as connection:
            connection.execute(sa.delete(SCHEDULE))
    desk.engine.dispose()


def body_of(desk: Desk, schedule: Schedule) -> dict[str, object]:
    told = json.loads(schedule_to_json(schedule))
    return {"schedule": told, "plan": json.loads(to_json(plan_of())), "snapshot": desk.snapshot}


def test_a_schedule_is_made_shown_changed_and_deleted(desk: Desk, guarded: "Guarded") -> None:
    made = guarded.ask("mia", "PUT", "job-schedules/hourly", body_of(desk, HOURLY))
    assert made.status_code == 201, made.text
    assert made.json() == {
        "name": "hourly",
        "display_name": "hourly",
        "description": "",
        "tags": {},
        "trigger": "0 * * * *",
        "time_zone": "UTC",
        "start_time": None,
        "end_time": None,
        "is_enabled": True,
        "next_due": "2026-11-20T13:00:00+00:00",
        "owner": "mia",
        "last_job": "",
        "reason": "",
        "created_at": "2026-11-20T12:00:00.000+00:00",
        "job": {"display_name": "", "steps": ["say"]},
        "notes": [],
    }
    assert guarded.ask("mia", "POST", "job-schedules/hourly/disable").json()["next_due"] is None
    job = guarded.ask("mia", "POST", "job-schedules/hourly/trigger").json()["job"]
    assert guarded.ask("mia", "GET", f"jobs/{job}").json()["tags"] == {"cloister.schedule": "hourly"}
    told = json.loads(schedule_to_json(replace(HOURLY, name="again")))
    again = guarded.ask("mia", "PUT", "job-schedules/again", {"schedule": told, "job": job})
    assert again.status_code == 201, again.text
    lists = {
        who: [one["name"] for one in guarded.ask(who, "GET", "job-schedules").json()["schedules"]]
        for who in ("mia", "max", "rita")
    }
    assert lists == {"mia": ["again", "hourly"], "max": [], "rita": ["again", "hourly"]}
    asked = {
        ("max", "GET", "job-schedules/hourly"): 403,
        ("max", "PUT", "job-schedules/hourly"): 403,
        ("max", "POST", "job-schedules/hourly/trigger"): 403,
        ("rita", "GET", "job-schedules/hourly"): 200,
        ("rita", "DELETE", "job-schedules/hourly"): 403,
        ("mia", "POST", "job-schedules/hourly/enable"): 200,
        ("mia", "DELETE", "job-schedules/hourly"): 204,
        ("ada", "DELETE", "job-schedules/hourly"): 404,
    }
    assert {key: guarded.ask(*key, body_of(desk, HOURLY)).status_code for key in asked} == asked


def test_what_cannot_be_scheduled(desk: Desk, guarded: "Guarded") -> None:
    body = body_of(desk, HOURLY)
    rows = [
        ({}, 400, "schedule: : Input should be a dictionary or an instance of Schedule"),
        ({"schedule": body["schedule"]}, 400, "body: is not a schedule with a plan and a snapshot, or with a job"),
        ({"schedule": body["schedule"], "job": "gone"}, 403, "job/gone: no statement lets mia do cloister:ReadJob"),
        ({**body, "snapshot": "0" * 64}, 404, f'snapshot: there is none with the hash "{"0" * 64}"'),
        ({**body, "plan": {}}, 400, "plan: kind: Field required"),
    ]
    told = [(given, *guarded.reason("mia", "PUT", "job-schedules/hourly", given)) for given, _, _ in rows]
    assert [(status, reason[: len(row[2])]) for (_, status, reason), row in zip(told, rows, strict=True)] == [
        (status, reason) for _, status, reason in rows
    ]
    not_sent = guarded.reason("ada", "PUT", "job-schedules/hourly", body)
    assert not_sent == (404, f'snapshot: there is none with the hash "{desk.snapshot}"')
    other = guarded.reason("mia", "PUT", "job-schedules/other", body)
    assert other == (400, 'schedule: the document names it "hourly", and the address "other"')


@pytest.mark.platform
def test_an_agent_makes_the_jobs_that_are_due_and_runs_them(
    serve: "Serve", fresh: "AgentProcess", tmp_path: Path
) -> None:
    fresh.settings |= {
        "signing_key": str(tmp_path / "signing.key"),
        "gateway": {"role_of_group": {"members": "member"}},
    }
    with (tmp_path / "empty.tar.gz").open("wb") as file:
        pack([], file)
    snapshot = fresh.service.keep_snapshot(tmp_path / "empty.tar.gz", "mia")
    now = datetime.now(UTC).replace(microsecond=0)
    schedule = Schedule("soon", Recurrence("hour", 1, now), at_once=True)
    with serve(fresh.engine, tmp_path, lambda guard: Control(fresh.service, guard).routes()) as guarded:
        fresh.start()
        kept = fresh.service.schedules.put(schedule, plan_of(), snapshot, "mia", Principal("mia", "user"))
        assert kept.next_due is not None
        job = schedule.job_at(kept.next_due)
        fresh.until(lambda: fresh.service.submitter(job))
        assert str(fresh.ended(job).status) == "Completed"
        assert fresh.printed(job, "say") == "hello\n"
        assert ("mia", "cloister:CreateJob", f"job/{job}", "ALLOW") in guarded.recorded()
        assert fresh.stop() == 0
