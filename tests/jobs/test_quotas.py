"""Quotas: who is bound by what, the numbers in a refusal, and two that submit at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from cloister.errors import SpecError
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.compute.demand import Demand
from cloister.jobs.compute.quotas import Limits, Quota, Use, faults
from cloister.jobs.desk.quota_control import QuotaControl
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import Plan, PlannedStep
from cloister.jobs.records.tables import STEP
from cloister.jobs.settings import JobsSettings, QuotaSetting
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Serve

NOW = 1_795_000_000.0  # 18 November 2026
WAIT = "wait for a job to end, ask for less, or have the quota of person ana raised: cloister quota set"


def test_a_refusal_tells_the_numbers() -> None:
    quota = Quota("person", "ana", Limits(nodes=2, cores=16, storage_gib=1, money=10))
    fits = Use(nodes=1, cores=8, storage_bytes=2**29, money=9.99)
    assert list(faults(quota, "ana", fits, Demand(1, 8))) == []
    found = faults(quota, "ana", Use(2, 12, 2**31, 10.5), Demand(1, 8))
    assert [(one.thing, one.reason, one.mend) for one in found] == [
        ("job", "asks for 1 nodes; ana uses 2 of 2", WAIT),
        ("job", "asks for 8 cores; ana uses 12 of 16", WAIT),
        ("job", "needs room for its files; ana uses 2.00 of 1 GiB", WAIT.rpartition("or ")[2]),
        (
            "job",
            "costs money; ana has used 10.50 of 10 this month",
            "wait for the next month, or " + WAIT.rpartition("or ")[2],
        ),
    ]


REFUSED = [
    (("person", "", Limits(nodes=1)), "names nobody"),
    (("person", "ana", Limits()), "bounds nothing"),
    (("project", "*", Limits(cores=-1)), "cores is out of bounds"),
    (("person", "ana", Limits(money=float("nan"))), "money is out of bounds"),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED)
def test_what_is_no_quota(given: tuple[str, str, Limits], reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        Quota(*given)  # type: ignore[arg-type]  # what comes from outside


class Desk:
    """A desk on a database, without an agent."""

    def __init__(self, folder: Path, url: str, settings: JobsSettings | None = None) -> None:
        self.engine = open_store(url)
        self.now = NOW
        self.folder = folder / "jobs"
        self.service = JobService(self.engine, self.folder, settings, clock=lambda: self.now)
        self.service.migrate()
        with (folder / "empty.tar.gz").open("wb") as file:
            pack([], file)
        self.snapshot = self.service.keep_snapshot(folder / "empty.tar.gz", "mia")

    def submit(self, by: str, experiment: str = "e", steps: int = 1) -> str:
        made = tuple(PlannedStep(f"s{n}", "true") for n in range(steps))
        return self.service.submit(Plan("pipeline", experiment, made), self.snapshot, by)

    def quota(self, scope: str, name: str, **limits: float) -> None:
        self.service.quotas.put(Quota(scope, name, Limits(**limits)), "ada")  # type: ignore[arg-type]  # a row's

    def refusal(self, by: str, experiment: str = "e", steps: int = 1) -> str:
        with pytest.raises(SpecError) as caught:
            self.submit(by, experiment, steps)
        return caught.value.faults[0].reason


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, f"sqlite:///{tmp_path}/c.db")
    yield made
    made.engine.dispose()


def test_jobs_count_until_they_have_ended(desk: Desk) -> None:
    desk.quota("person", "ana", cores=2)
    first = desk.submit("ana")
    assert desk.refusal("ana", steps=2) == "asks for 2 cores; ana uses 1 of 2"
    desk.submit("ana")
    assert desk.refusal("ana") == "asks for 1 cores; ana uses 2 of 2"
    desk.submit("ben")
    desk.service.cancel(first, "ana")
    desk.submit("ana")


def test_a_quota_for_each_counts_each_by_itself(desk: Desk) -> None:
    desk.quota("person", "*", nodes=1)
    desk.quota("project", "shared", nodes=2)
    for who in ("ana", "ben"):
        desk.submit(who, "shared")
    assert desk.refusal("ana", "other") == "asks for 1 nodes; ana uses 1 of 1"
    assert desk.refusal("cleo", "shared") == "asks for 1 nodes; shared uses 2 of 2"
    desk.submit("cleo", "other")


def test_storage_is_measured(desk: Desk) -> None:
    desk.quota("person", "ana", storage_gib=1 / 1024)
    name = desk.submit("ana")
    folder = desk.folder / name / "s0"
    folder.mkdir(parents=True)
    (folder / "big").write_bytes(bytes(2**20))
    assert desk.refusal("ana") == "needs room for its files; ana uses 0.00 of 0.000976562 GiB"
    desk.service.cancel(name, "ana")
    assert desk.refusal("ana").startswith("needs room")
    (folder / "big").unlink()  # measured once it was over
    assert desk.refusal("ana").startswith("needs room")


def test_money_is_what_steps_cost_this_month(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/c.db", JobsSettings(prices={"default": 2.0}))
    desk.quota("person", "ana", money=5.0)
    name = desk.submit("ana", steps=2)
    ran = {"started_at": NOW - 3600, "ended_at": NOW}
    with desk.engine.begin() as connection:
        connection.execute(sa.update(STEP).where(STEP.c.name == "s0").values(ran))
    assert desk.service.quotas.use("person", "ana").money == pytest.approx(2.0)
    month_ago = {"started_at": NOW - 40 * 86400, "ended_at": NOW - 39 * 86400}
    with desk.engine.begin() as connection:
        connection.execute(sa.update(STEP).where(STEP.c.name == "s1").values(month_ago))
    assert desk.service.quotas.use("person", "ana").money == pytest.approx(2.0)
    with desk.engine.begin() as connection:
        connection.execute(sa.update(STEP).where(STEP.c.job == name).values(started_at=NOW - 7200, ended_at=None))
    assert desk.refusal("ana") == "costs money; ana has used 8.00 of 5 this month"
    desk.now += 30 * 86400
    with desk.engine.begin() as connection:
        connection.execute(sa.update(STEP).values(ended_at=NOW))
    desk.submit("ana")
    desk.engine.dispose()


def test_the_site_s_own_quotas_hold_beside_those_that_are_set(tmp_path: Path) -> None:
    settings = JobsSettings(quotas=(QuotaSetting(scope="person", nodes=1),))
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/c.db", settings)
    desk.quota("person", "*", nodes=5)
    desk.submit("ana")
    assert desk.refusal("ana") == "asks for 1 nodes; ana uses 1 of 1"
    desk.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_that_submit_at_once_do_not_both_pass(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/c.db" if kind == "sqlite" else request.getfixturevalue("postgresql")
    desk = Desk(tmp_path, url)
    desk.quota("person", "ana", cores=3)
    begin = threading.Barrier(8)

    def submit(_: int) -> str:
        begin.wait()
        try:
            return desk.submit("ana") and "taken"
        except SpecError as error:
            return error.faults[0].reason

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(submit, range(8)))
    assert told == ["asks for 1 cores; ana uses 3 of 3"] * 5 + ["taken"] * 3
    desk.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_jobs_of_one_name_one_is_taken(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/c.db" if kind == "sqlite" else request.getfixturevalue("postgresql")
    desk = Desk(tmp_path, url)
    plan = Plan("command", "e", (PlannedStep("a", "true"),), name="same")

    def submit(_: int) -> str:
        try:
            return desk.service.submit(plan, desk.snapshot, "ben")
        except SpecError as error:
            return error.faults[0].reason

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(submit, range(4))) == ["is there already"] * 3 + ["same"]
    desk.engine.dispose()


def test_quotas_are_set_shown_and_let_be(serve: "Serve", tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/c.db")
    desk.submit("mia")
    with serve(desk.engine, tmp_path, lambda guard: QuotaControl(desk.service, guard).routes()) as api:
        bounds = {"scope": "person", "name": "mia", "nodes": None, "cores": 4, "storage_gib": None, "money": 1.5}
        assert api.ask("ada", "PUT", "quotas/person/mia", {"cores": 4, "money": 1.5}).json() == bounds
        assert api.ask("rita", "GET", "quotas").json() == {"quotas": [bounds]}
        assert api.ask("mia", "GET", "quotas/person/mia").json() == {
            "scope": "person",
            "name": "mia",
            "use": {"nodes": 1, "cores": 1, "storage_bytes": 0, "money": 0.0},
            "quotas": [bounds],
        }
        told = {
            ("mia", "GET", "quotas/person/max"): 403,
            ("mia", "PUT", "quotas/person/mia"): 403,
            ("ada", "PUT", "quotas/person/mia"): 400,
            ("ada", "GET", "quotas/team/x"): 404,
            ("ada", "DELETE", "quotas/person/mia"): 204,
            ("ada", "DELETE", "quotas/person/nobody"): 404,
        }
        assert {asked: api.ask(*asked, {"cores": "x"}).status_code for asked in told} == told
    desk.engine.dispose()
