"""Who may do what with jobs: every action by every role, on one's own and on others'; all of it on record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.access.principals import Principal
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.desk.control import Control
from cloister.jobs.desk.service import JobService
from cloister.jobs.errors import TooLargeError
from cloister.jobs.planning.plan import Plan, PlannedStep
from cloister.jobs.planning.plan_json import to_json
from cloister.jobs.planning.resolve import Member
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve

MAX_ABOVE = Principal("role/deployer/nightly", "role", groups=("members",), on_behalf_of="max")


class Desk:
    """A desk without an agent: its jobs stay queued."""

    def __init__(self, guarded: "Guarded", service: JobService, snapshot: str) -> None:
        self.guarded, self.service, self.snapshot = guarded, service, snapshot

    def submit(self, by: str | Principal, **fields: object) -> str:
        plan = Plan("command", "e", (PlannedStep("a", "true"),), **fields)  # type: ignore[arg-type]  # the plan's own
        body = {"plan": json.loads(to_json(plan)), "snapshot": self.snapshot}
        answer = self.guarded.ask(by, "POST", "jobs", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["name"])

    def listed(self, who: str | Principal, query: str = "") -> list[str]:
        return [job["name"] for job in self.guarded.ask(who, "GET", f"jobs{query}").json()["jobs"]]


@pytest.fixture(scope="module")
def desk(serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    engine = open_store(f"sqlite:///{folder}/cloister.db")
    service = JobService(engine, folder / "jobs")
    service.migrate()
    archive = folder / "empty.tar.gz"
    with archive.open("wb") as file:
        pack([], file)
    with serve(engine, folder, lambda guard: Control(service, guard).routes()) as guarded:
        (snapshot,) = {service.keep_snapshot(archive, who) for who in ("ada", "mia", "max")}
        yield Desk(guarded, service, snapshot)
    engine.dispose()


def test_code_is_run_by_its_hash_for_nobody_who_did_not_send_it(desk: Desk, tmp_path: Path) -> None:
    """The hash is on every run of a job, for whoever may read that; a command could print what it stands for."""
    (tmp_path / "secret.py").write_text("print('secret')")
    with (tmp_path / "code.tar.gz").open("wb") as file:
        pack([Member(tmp_path / "secret.py", "code/0/secret.py")], file)
    sent = desk.guarded.ask("max", "PUT", "jobs/snapshots", raw=(tmp_path / "code.tar.gz").read_bytes())
    sha256 = sent.json()["snapshot"]
    step = {"name": "a", "command": "cat secret.py", "code": "code/0"}
    body = {"plan": {"kind": "command", "experiment_name": "e", "steps": [step]}, "snapshot": sha256}
    told = f'snapshot: there is none with the hash "{sha256}"'
    assert desk.guarded.reason("mia", "POST", "jobs", body) == (404, told)
    absent = body | {"snapshot": "0" * 64}
    assert desk.guarded.reason("mia", "POST", "jobs", absent) == (404, told.replace(sha256, "0" * 64))
    assert desk.guarded.ask(MAX_ABOVE, "POST", "jobs", body).status_code == 201


ODD = "a tag or the display name: is longer than 1000 characters"
ALL = (200, 200, 202)
# What submitting says; then, of the own job and of another's: show, change, cancel; and whose jobs are listed.
ROLES = [
    ("an administrator may all", "ada", 201, ALL, ALL, {"own", "other"}),
    ("a member may all with what is its own", "mia", 201, ALL, (403, 403, 403), {"own"}),
    ("a reader reads", "rita", 403, None, (200, 403, 403), {"other"}),
    ("an approver reads", "abe", 403, None, (200, 403, 403), {"other"}),
    (
        "who assumed a role owns what its person made",
        MAX_ABOVE,
        201,
        ALL,
        ALL,
        {"own", "other"},
    ),
    ("nobody in particular may nothing", "nora", 403, None, (403, 403, 403), None),
    ("a step of a job may nothing", Principal("job/j/s", "job", on_behalf_of="mia"), 403, None, (403,) * 3, None),
]


@pytest.mark.parametrize(
    ("who", "submits", "own", "other", "listed"), [row[1:] for row in ROLES], ids=[row[0] for row in ROLES]
)
def test_what_a_role_may(
    desk: Desk,
    who: str | Principal,
    submits: int,
    own: tuple[int, ...] | None,
    other: tuple[int, ...],
    listed: set[str] | None,
) -> None:
    body = {"plan": {"kind": "command", "experiment_name": "e", "steps": [{"name": "a", "command": "true"}]}}
    answer = desk.guarded.ask(who, "POST", "jobs", body | {"snapshot": desk.snapshot})
    assert answer.status_code == submits
    theirs = desk.service.submit(Plan("command", "e", (PlannedStep("a", "true"),)), desk.snapshot, "max")
    jobs = {theirs: "other"} | ({answer.json()["name"]: "own"} if submits == 201 else {})
    found = desk.guarded.ask(who, "GET", "jobs?limit=2")
    assert found.status_code == (403 if listed is None else 200)
    if listed is not None:
        assert {jobs[one["name"]] for one in found.json()["jobs"] if one["name"] in jobs} == listed
    for name, kind in jobs.items():
        asked = (("GET", ""), ("PATCH", ""), ("POST", "/cancel"))
        statuses = tuple(
            desk.guarded.ask(who, method, f"jobs/{name}{rest}", {"tags": [["k", "v"]]}).status_code
            for method, rest in asked
        )
        assert statuses == (own if kind == "own" else other)
        assert desk.guarded.ask(who, "GET", f"jobs/{name}/logs/a").status_code == statuses[0]


def test_what_is_anothers_and_what_is_not_there_are_told_alike(desk: Desk) -> None:
    theirs = desk.submit("max")
    told = [desk.guarded.ask("mia", "GET", f"jobs/{name}").json()["faults"] for name in (theirs, "mistyped")]
    assert told == [
        [
            {
                "thing": f"job/{name}",
                "reason": f"no statement lets mia do cloister:ReadJob on job/{name}, or there is no such thing",
                "mend": "check the name, or ask an administrator for a role that allows cloister:ReadJob",
            }
        ]
        for name in (theirs, "mistyped")
    ]
    # What nobody owns is told as ever.
    assert desk.guarded.reason("rita", "POST", "jobs", {}) == (
        403,
        "job/*: no statement lets rita do cloister:CreateJob on job/*",
    )


def test_a_list_shows_what_is_asked_for(desk: Desk) -> None:
    plain = desk.submit("mia", tags=(("team", "a"),))
    titled = desk.submit("mia", display_name="Titled", tags=(("team", "b"),))
    other = desk.submit("mia", tags=(("team", "a"), ("k", "")))
    desk.guarded.ask("mia", "POST", f"jobs/{other}/cancel")
    desk.guarded.ask("mia", "PATCH", f"jobs/{other}", {"archived": True})
    lists = {
        "?tag=team": [titled, plain],
        "?tag=team=a": [plain],
        "?tag=team=a&archived=too": [other, plain],
        "?tag=k=&archived=only": [other],
        "?tag=team&status=Canceled": [],
        "?tag=team&status=Canceled&status=Queued&archived=too": [other, titled, plain],
        "?tag=team&experiment=other": [],
        "?tag=team&submitter=mia&limit=1": [titled],
    }
    assert {query: desk.listed("mia", query) for query in lists} == lists
    refused = {
        "?tags=x": (400, "tags: is no filter of jobs"),
        "?status=Done": (400, 'status "Done": is none of a job'),
        "?archived=1": (400, 'archived: "1" is no choice'),
        "?limit=-1": (400, 'limit: "-1" is no whole number'),
    }
    assert {query: desk.guarded.reason("mia", "GET", f"jobs{query}") for query in refused} == refused


def test_what_is_told_of_a_job_changes_and_nothing_else(desk: Desk) -> None:
    name = desk.submit("mia", tags=(("a", "1"), ("b", "2")), description="before")
    change = {"display_name": "After", "tags": [["c", "3"], ["a", "4"]], "untag": ["b"]}
    told = desk.guarded.ask("mia", "PATCH", f"jobs/{name}", change).json()
    assert (told["display_name"], told["description"], told["tags"]) == ("After", "before", {"a": "4", "c": "3"})
    refused = [
        ({"status": "Completed"}, (400, "status: Unexpected keyword argument")),
        (
            {"display_name": "a\nb"},
            (400, "a tag or the display name: is longer than 1000 characters, or not printable"),
        ),
        (
            {"description": "a" * 20_001},
            (400, "the description: is longer than 20000 characters, or holds a zero byte"),
        ),
        ({"tags": [["a"]]}, (400, "tags.0.1: Field required")),
        ({"archived": True}, (409, f'job "{name}": is Queued, and an archived job is one that is over')),
        ([], (400, "body: is no JSON object")),
    ]
    assert [(body, desk.guarded.reason("mia", "PATCH", f"jobs/{name}", body)) for body, _ in refused] == refused


def test_everything_is_on_record(desk: Desk) -> None:
    before = len(desk.guarded.recorded())
    name = desk.submit("mia")
    desk.guarded.ask("max", "GET", f"jobs/{name}")
    desk.guarded.ask("", "GET", f"jobs/{name}")
    desk.listed("mia")
    assert desk.guarded.recorded(before) == [
        ("mia", "cloister:CreateJob", "job/*", "ALLOW"),
        ("mia", "cloister:CreateJob", f"job/{name}", "ALLOW"),
        ("mia", "cloister:UseCompute", "compute/default", "ALLOW"),
        ("max", "cloister:ReadJob", f"job/{name}", "DENY"),
        ("-", "-", "-", "DENY"),
        ("mia", "cloister:ListJobs", "server", "ALLOW"),
    ]


def test_snapshots_leave_room_on_the_disk(desk: Desk, tmp_path: Path) -> None:
    """Whoever may submit jobs could fill it, and stop all that runs."""
    archive = tmp_path / "code.tar.gz"
    with archive.open("wb") as file:
        pack([], file)
    crowded = JobService(desk.guarded.guard.engine, tmp_path / "jobs", room_bytes=2**60)
    with pytest.raises(TooLargeError, match=r"snapshot: the platform's disk has \d+ bytes left"):
        crowded.keep_snapshot(archive, "mia")
    assert not list((tmp_path / "jobs" / ".snapshots").iterdir())
