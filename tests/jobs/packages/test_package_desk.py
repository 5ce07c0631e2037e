"""Packages through the control API and the command line: asked for by one, decided by another, all of it on record."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from package_index import Served, wheel  # type: ignore[import-not-found]  # as in conftest.py
from package_index import serve as start
from sqlalchemy import delete
from starlette.routing import Route

from cloister.access.principals import Principal, job_step
from cloister.cli.environment import environment
from cloister.gateway.guard import Guard
from cloister.jobs.desk.packages import PackageControl
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.packages import requests
from cloister.jobs.packages.names import read_entry
from cloister.jobs.packages.tables import ALLOWED, ENVIRONMENT, FILE, REFUSED, REQUEST

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made, stop = start(tmp_path_factory.mktemp("index"))
    yield made
    stop()


@pytest.fixture(scope="module")
def controls() -> list[PackageControl]:
    """The desk's own, once it is there."""
    return []


@pytest.fixture(scope="module")
def desk(
    index: Served, serve: "Serve", controls: list[PackageControl], tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Guarded]":
    engine = index.shelf._engine
    kept = KeptEnvironments(engine, time.time)

    def routes(guard: Guard) -> list[Route]:
        controls.append(
            PackageControl(index.shelf, index.requests, kept, guard, submitter={"words": "mia"}.get, fetches=False)
        )
        return controls[0].routes()

    with serve(engine, tmp_path_factory.mktemp("guard"), routes) as made:
        yield made


@pytest.fixture
def served(index: Served) -> Iterator[Served]:
    """The index with nothing in it."""
    yield index
    with index.shelf._engine.begin() as connection:
        for table in (FILE, REQUEST, ALLOWED, REFUSED, ENVIRONMENT):
            connection.execute(delete(table))
    shutil.rmtree(index.shelf.files, ignore_errors=True)


@pytest.fixture
def desk_that_fetches(desk: "Guarded", controls: list[PackageControl], monkeypatch: pytest.MonkeyPatch) -> "Guarded":
    """The desk, as where files come from upstream."""
    monkeypatch.setattr(controls[0], "_fetches", True)
    return desk


def cloister(desk: "Guarded", who: str | Principal, *arguments: str, typed: str = "") -> Result:
    variables = {"CLOISTER_URL": desk.url, "CLOISTER_TOKEN": desk.token(who)}
    return CliRunner().invoke(environment, list(arguments), env=variables, input=typed)


def stocked(served: Served, folder: Path) -> None:
    for path in (wheel(folder, "top", "1.0", "below"), wheel(folder, "below", "2.1"), wheel(folder, "tool")):
        served.take(path)


def test_one_asks_and_another_allows_with_what_it_needs(desk: "Guarded", served: Served, tmp_path: Path) -> None:
    stocked(served, tmp_path)
    asked = cloister(desk, "mia", "allow", "top==1.0", "--with-dependencies", "--reason", "for churn")
    assert asked.stdout == '   1  top==1.0 with dependencies  open, asked for by mia, "for churn"\n'
    assert cloister(desk, "rita", "requests").stdout == asked.stdout
    # Who approves allows what was asked for, and nothing that they want themselves beside it.
    assert cloister(desk, "abe", "allow", "tool==1.0").exit_code == 0
    others = {"pins": ["top==1.0", "tool==1.0", "below>=2"]}
    status, told = desk.reason("abe", "POST", "packages/requests/1/approve", others)
    assert (status, told) == (400, "pins: tool==1.0, below>=2: not what the request comes to today")
    before = len(desk.recorded())
    approved = cloister(desk, "abe", "approve", "1", "--comment", "fine", typed="y\n")
    assert approved.stderr == "  below==2.1  (here, from a test)\n  top==1.0  (here, from a test)\n"
    assert approved.stdout == (
        "allow these 2 packages? [y/N]: y\n"
        '   1  top==1.0 with dependencies  approved, asked for by mia, decided by abe, "for churn", "fine"\n'
    )
    assert [str(one.entry) for one in served.requests.allowed()] == ["below==2.1", "top==1.0"]
    assert [row for row in desk.recorded(before) if row[1] == "cloister:ApprovePackage"] == [
        ("abe", "cloister:ApprovePackage", "package/top", "ALLOW"),
        ("abe", "cloister:ApprovePackage", "package/top", "ALLOW"),
        ("abe", "cloister:ApprovePackage", "package/below", "ALLOW"),
    ]
    assert [line.split("  ")[1] for line in cloister(desk, "rita", "packages").stdout.splitlines()] == [
        "below-2.1-py3-none-any.whl",
        "top-1.0-py3-none-any.whl",
    ]


@pytest.mark.parametrize(
    ("asks", "decides", "reason"),
    [
        ("abe", "abe", "request 1: was asked for by abe; whoever asks does not decide"),
        ("ada", "ada", "request 1: was asked for by ada; whoever asks does not decide"),
        (job_step("words", "train", "ada"), "ada", None),
        ("mia", "max", None),
        ("mia", job_step("words", "train", "abe"), None),
    ],
)
def test_nobody_decides_on_what_is_their_own(
    asks: str | Principal, decides: str | Principal, reason: str | None, desk: "Guarded", served: Served
) -> None:
    if isinstance(asks, str):
        assert cloister(desk, asks, "allow", "tool==1.0").exit_code == 0
    else:
        served.requests.ask(read_entry("tool==1.0"), asks, "", with_dependencies=False, with_source=False)
    told = cloister(desk, decides, "approve", "1")
    assert told.exit_code != 0
    assert served.requests.allowed() == ()
    if reason:
        assert reason in str(told.exception)
        last = desk.recorded()[-1]
        assert (last[0], last[1], last[3]) == (decides, "cloister:ApprovePackage", "DENY")


def test_nobody_has_upstream_asked_for_their_own(desk: "Guarded", served: Served) -> None:
    cloister(desk, "abe", "allow", "secret-of-ours==1.0", "--with-dependencies")
    status, reason = desk.reason("abe", "GET", "packages/requests/1/dependencies")
    assert (status, reason) == (403, "request 1: was asked for by abe; whoever asks does not decide")
    assert desk.recorded()[-1][1:] == ("cloister:ApprovePackage", "-", "DENY")
    assert served.requests.allowed() == ()


def test_requests_are_rejected_withdrawn_and_revoked_once(desk: "Guarded", served: Served) -> None:
    cloister(desk, "mia", "allow", "one==1", "two==1", "three==1")
    assert "rejected, asked for by mia, decided by abe" in cloister(desk, "abe", "reject", "1").stdout
    assert "withdrawn, asked for by mia, decided by mia" in cloister(desk, "mia", "reject", "2").stdout
    assert cloister(desk, "max", "reject", "3").exit_code != 0
    assert "approved" in cloister(desk, "abe", "approve", "3").stdout
    assert "request 3: is not open any more" in str(cloister(desk, "abe", "reject", "3").exception)
    assert "revoked" in cloister(desk, "ada", "revoke", "3").stdout
    assert served.requests.allowed() == ()
    states = [
        line.split("  ")[-1].split(",")[0] for line in cloister(desk, "rita", "requests", "--all").stdout.splitlines()
    ]
    assert states == ["revoked", "withdrawn", "rejected"]


@pytest.mark.parametrize(
    ("brought", "told"),
    [
        ((), "ours==2.0  (from upstream)"),
        (("2.0 from ada",), "ours==2.0  (here, from ada)"),
        (("1.0 from upstream",), "ours==2.0  (from upstream)"),
        (
            ("1.0 from ada",),
            "ours==2.0  (from upstream; what is here of this name is from ada: is it the same package?)",
        ),
    ],
)
def test_what_is_ours_and_upstreams_is_told_before_it_is_allowed(
    brought: tuple[str, ...], told: str, desk_that_fetches: "Guarded", served: Served, tmp_path: Path
) -> None:
    desk = desk_that_fetches
    for one in brought:
        version, _, by = one.partition(" from ")
        path = wheel(tmp_path, "ours", version)
        served.shelf.take(path, path.name, by)
    assert cloister(desk, "mia", "allow", "ours==2.0").exit_code == 0
    approved = cloister(desk, "abe", "approve", "1", typed="n\n")
    assert approved.stderr.splitlines()[0] == f"  {told}"
    asks = told.endswith("?)")
    assert ("allow this package? [y/N]: n" in approved.stdout, approved.exit_code) == (asks, int(asks))
    assert bool(served.requests.allowed()) is not asks


def test_nobody_buries_the_requests_of_others(desk: "Guarded", served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_MOST_OPEN", 2)
    told = cloister(desk, "mia", "allow", "one==1", "two==1", "three==1")
    assert str(told.exception).startswith("request: mia has 2 open ones, and no more are taken")
    assert cloister(desk, "mia", "allow", "two==1").exit_code == 0
    assert cloister(desk, "abe", "allow", "three==1").exit_code == 0
    assert [str(one.entry) for one in served.requests.listed()] == ["three==1", "two==1", "one==1"]


def test_what_was_asked_of_the_index_in_vain_is_listed(desk: "Guarded", served: Served, tmp_path: Path) -> None:
    served.requests.note_refused({"seaborn": ("is not on the allow-list", 2)})
    served.requests.note_refused({"seaborn": ("is not on the allow-list", 1)})
    told = "asked of the index in vain, 3 times: seaborn is not on the allow-list\n"
    assert cloister(desk, "rita", "requests").stdout == told
    served.take(wheel(tmp_path, "seaborn"))
    served.allow("seaborn==1.0")
    assert cloister(desk, "rita", "requests").stdout == ""


def test_files_from_a_disk_are_listed_taken_and_served_once_allowed(
    desk: "Guarded", served: Served, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    good = wheel(disk / "deep", "tool")
    wheel(disk, "evil").rename(disk / "good-1.0-py3-none-any.whl")
    asked = cloister(desk, "ada", "import", str(disk), typed="n\n")
    assert (asked.exit_code, "bring in 2 files?" in asked.output) == (1, True)
    asked = cloister(desk, "ada", "import", str(good), typed="n\n")
    assert (asked.exit_code, "bring in 1 file?" in asked.output) == (1, True)
    assert served.shelf.listed() == ()
    told = cloister(desk, "ada", "import", str(disk), "--yes")
    assert [line.split("  ")[1] for line in told.stdout.splitlines()] == [good.name, "good-1.0-py3-none-any.whl"]
    assert told.stderr == f"{good.name}: taken; not allowed yet\n"
    assert str(told.exception).startswith("good-1.0-py3-none-any.whl: holds evil-1.0.dist-info")
    assert [(one.filename, one.taken_from) for one in served.shelf.listed()] == [(good.name, "ada")]
    assert cloister(desk, "mia", "import", str(good), "--yes").exit_code != 0


def test_a_lock_is_shown_with_its_hashes(desk: "Guarded", served: Served) -> None:
    kept = KeptEnvironments(served.shelf._engine, time.time)
    lock = f"tool==1.0 \\\n    --hash=sha256:{'0' * 64}\n"
    kept.keep(lock, "3.11.7", "1" * 64)
    found = kept.find("")
    assert found is not None
    shown = cloister(desk, "rita", "show", "--lock", found.sha256[:12]).stdout
    assert shown == f"# {found.sha256}, Python 3.11.7, content {'1' * 64}\n{lock}"
    assert json.loads(cloister(desk, "rita", "show", "--lock", found.sha256, "--format", "json").stdout)["lock"] == lock
    assert cloister(desk, "max", "show", "--job", "words").exit_code != 0
    assert cloister(desk, "mia", "show", "--job", "words", "--format", "json").stdout == '{\n  "environments": []\n}\n'


@pytest.mark.parametrize(
    ("who", "arguments", "reason"),
    [
        ("rita", ("allow", "tool==1.0"), "package/tool"),
        ("nora", ("requests",), "package/*"),
        ("mia", ("allow", "tool"), "names every version there is or will be"),
        ("mia", ("allow", "tool @ https://example.org/x.whl"), "names a place or a condition"),
        ("ada", ("approve", "7"), "there is none of that number"),
        ("ada", ("import", "README.md", "--yes"), "has the name of no wheel or source archive"),
        (
            "ada",
            ("import", "\x1b[2J-1.0-py3-none-any.whl"),
            'file "?[2J-1.0-py3-none-any.whl": has the name of no wheel',
        ),
        ("mia", ("allow", "tool==1.0", "--reason", "\x1b[2J"), "holds more than one line, or what is no letter"),
        ("mia", ("allow", "tool==1.0", "--reason", "\n   7  numpy==2.0  approved"), "holds more than one line"),
        ("mia", ("allow", "tool===1.0\x1b[2J"), "cannot be read"),
    ],
)
def test_what_is_refused(
    who: str, arguments: tuple[str, ...], reason: str, desk: "Guarded", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("README.md", "\x1b[2J-1.0-py3-none-any.whl"):
        (tmp_path / name).touch()
    told = cloister(desk, who, *arguments)
    assert told.exit_code != 0
    assert reason in str(told.exception)
