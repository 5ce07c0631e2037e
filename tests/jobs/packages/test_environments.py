"""Environments: locked and built from the index alone, kept whole, the same each time; or said why not."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from package_index import APPROVER, Served, wheel  # type: ignore[import-not-found]  # as in conftest.py
from packaging.requirements import Requirement

from cloister.errors import CloisterError, SourceError, SpecError
from cloister.jobs.environments import arriving, providing
from cloister.jobs.environments.interpreters import choose_interpreter, own_interpreter
from cloister.jobs.environments.lacking import _may_fit
from cloister.jobs.environments.providing import Environments, Provided
from cloister.jobs.environments.requirements import read_requirements
from cloister.jobs.environments.tree import tree_sha256
from cloister.jobs.packages import allowing
from cloister.jobs.packages.names import read_entry
from cloister.jobs.planning.plan import PlannedEnvironment


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stocked(served: Served, tmp_path: Path) -> Served:
    """An index with `top`, which needs `below`, which needs `bottom`."""
    for path in (
        wheel(tmp_path, "top", "1.0", "below>=2"),
        wheel(tmp_path, "below", "2.1", "bottom"),
        wheel(tmp_path, "bottom", "3.0"),
    ):
        served.take(path)
    return served


def environments(served: Served, folder: Path) -> Environments:
    return Environments(served.shelf._engine, folder, served.simple)


def provide(made: Environments, *lines: str, said: list[str], python: str = "") -> Provided:
    return made.provide(PlannedEnvironment(requirements=lines, python=python), said.append)


def runs(provided: Provided, line: str) -> str:
    done = subprocess.run([provided.python, "-c", line], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.strip()


def test_an_environment_is_built_once_and_used_again_without_the_index(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("top==1.0", "below==2.1", "bottom==3.0")
    made = environments(stocked, tmp_path / "environments")
    first = provide(made, "top", said=said)
    assert runs(first, "import top, below, bottom; print(top.VERSION, below.VERSION, bottom.VERSION)") == "1.0 2.1 3.0"
    assert first.note == "without mlflow-skinny, which the index does not serve beside the rest"
    # On a busy machine it tells how far it is as well.
    assert [one for one in said if one and " of 3 " not in one] == [
        "locking 1 requirements",
        f"building environment: 3 packages for Python {own_interpreter().version}",
        "built environment: 3 packages",
    ]
    said.clear()
    nowhere = Environments(stocked.shelf._engine, tmp_path / "environments", "http://127.0.0.1:9/simple/")
    begin = time.monotonic()
    again = provide(nowhere, "top", said=said)
    assert time.monotonic() - begin < 0.1
    assert (again.python, again.lock_sha256, len(said)) == (first.python, first.lock_sha256, 0)
    kept = made.kept.find(first.lock_sha256)
    assert kept is not None
    assert [line.partition(" ")[0] for line in kept.lock.splitlines() if "==" in line] == [
        "below==2.1",
        "bottom==3.0",
        "top==1.0",
    ]
    assert kept.tree_sha256 == tree_sha256(first.readable[0])


def test_the_same_requirements_and_allow_list_give_the_same_lock_and_the_same_bytes(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("top==1.0", "below==2.1", "bottom==3.0")
    one = provide(environments(stocked, tmp_path / "one"), "top", "below", said=said)
    # As on a machine that does not keep steps apart, where no environment shares its files.
    copied = Environments(stocked.shelf._engine, tmp_path / "two", stocked.simple, link="copy")
    two = provide(copied, "below", "top", said=said)
    links = [one.stat().st_nlink for made in (one, two) for one in made.readable[0].glob("lib/*/site-packages/top.py")]
    assert (links[0] > 1, links[1]) == (True, 1)
    assert one.lock_sha256 == two.lock_sha256
    assert tree_sha256(one.readable[0]) == tree_sha256(two.readable[0])


def test_what_is_not_allowed_is_told_all_at_once_with_one_command(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("top==1.0", "below==2.1")
    made = environments(stocked, tmp_path / "environments")
    with pytest.raises(SpecError) as refused:
        provide(made, "top", "seaborn==0.13.2", "top>=1", said=said)
    assert str(refused.value) == (
        "environment: seaborn==0.13.2 is not on the allow-list; "
        "bottom (needed by below 2.1) is not on the allow-list\n"
        "  mend: ask for them: cloister environment allow seaborn==0.13.2 bottom --with-dependencies"
    )
    stocked.allow("seaborn==0.12.0")
    with pytest.raises(SpecError, match=r"seaborn==0.13.2 is on the allow-list as seaborn==0.12.0 alone"):
        provide(made, "seaborn==0.13.2", said=said)
    stocked.allow("plotter>=1,<2")
    with pytest.raises(SpecError) as beside:
        provide(made, "plotter==2.0", said=said)
    assert str(beside.value) == (
        "environment: plotter==2.0 is on the allow-list as plotter<2,>=1 alone\n"
        "  mend: ask for them: cloister environment allow plotter==2.0 --with-dependencies"
    )
    stocked.allow("seaborn==0.13.2", "bottom==4.0")
    with pytest.raises(SpecError) as absent:
        provide(made, "top", "seaborn==0.13.2", said=said)
    assert str(absent.value) == (
        "environment: of these, which are allowed, no file is here: seaborn==0.13.2, bottom (needed by below 2.1)\n"
        "  mend: bring the wheels in: cloister environment import FOLDER; "
        "with an upstream, they come by themselves"
    )


@pytest.mark.parametrize(
    ("wanted", "entry", "may"),
    [
        ("tool", "tool==1.0", True),
        ("tool>=1.5", "tool>=1,<2", True),
        ("tool>=2", "tool>=1,<2", False),
        ("tool==1.*", "tool>1.5,<2", True),
        ("tool>=1", "tool>2.0.post1", True),
        ("tool>1", "tool<1.0.5", True),
        ("tool!=1", "tool==1", False),
        ("tool===odd", "tool==1", False),
        ("tool==1.0+cpu", "tool==1.0", True),
    ],
)
def test_whether_some_version_may_be_allowed_and_fit(wanted: str, entry: str, *, may: bool) -> None:
    assert _may_fit(Requirement(wanted), read_entry(entry)) is may


def test_what_does_not_fit_together_is_told(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    stocked.take(wheel(tmp_path, "rival", "1.0", "bottom<3"))
    stocked.take(wheel(tmp_path, "bottom", "2.0"))
    stocked.allow("top==1.0", "below==2.1", "bottom==3.0", "rival==1.0", "bottom==2.0")
    with pytest.raises(SpecError, match=r"no files that fit together: .*bottom"):
        provide(environments(stocked, tmp_path / "environments"), "rival", "bottom==3.0", said=said)


def test_a_wheel_that_was_changed_after_it_was_locked_builds_nothing(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("bottom==3.0")
    made = environments(stocked, tmp_path / "environments")
    lock = json.loads(_resolved(made, "bottom", said, tmp_path))[0]
    kept = stocked.shelf.files / "bottom-3.0-py3-none-any.whl"
    kept.write_bytes(wheel(tmp_path / "evil", "bottom", "3.0", files={"evil.py": b""}).read_bytes())
    with pytest.raises(CloisterError) as refused:
        provide(environments(stocked, tmp_path / "others"), "bottom", said=said)
    assert "no file is here: bottom" in str(refused.value)
    assert "its hash is another one" in str(refused.value)
    assert "bottom==3.0" in lock
    assert not list((tmp_path / "others" / "built").glob("*.json"))


def _resolved(made: Environments, line: str, said: list[str], tmp_path: Path) -> bytes:
    provide(made, line, said=said)
    return next((tmp_path / "environments" / "locks").glob("*.json")).read_bytes()


def test_an_environment_that_was_changed_is_built_anew(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    stocked.allow("bottom==3.0")
    made = environments(stocked, tmp_path / "environments")
    first = provide(made, "bottom", said=said)
    module = next(first.readable[0].glob("lib/python*/site-packages/bottom.py"))
    module.unlink()
    module.write_text('VERSION = "evil"\n')
    again = provide(made, "bottom", said=said)
    assert runs(again, "import bottom; print(bottom.VERSION)") == "3.0"
    assert "the environment was changed since it was built; it is built anew" in said


def test_packages_that_overwrite_one_another_are_told(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    shared = {"same/__init__.py": b"", "known/__init__.py": b"good\n"}
    stocked.take(wheel(tmp_path, "known", files=shared))
    over = {"evil-1.0.data/purelib/known/__init__.py": b"bad\n"}
    stocked.take(wheel(tmp_path, "evil", files={"same/__init__.py": b"", **over}))
    stocked.allow("known==1.0", "evil==1.0", "bottom==3.0")
    told = "packages overwrite one another, and which is there is chance: known/__init__.py is in evil and known"
    made = environments(stocked, tmp_path / "environments")
    for _ in range(2):
        assert provide(made, "known", "evil", said=said).note.endswith(told)
    assert "overwrite" not in provide(made, "known", "bottom", said=said).note


def test_a_build_in_progress_is_waited_for_and_one_that_died_is_done_again(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("bottom==3.0")
    made = environments(stocked, tmp_path / "environments")
    provide(made, "bottom", said=[])
    built = tmp_path / "environments" / "built"
    record = next(built.glob("*.json"))
    # As a builder leaves it that was killed in the middle.
    record.rename(tmp_path / "record")
    record.with_suffix("").rename(record.with_suffix(".partial"))
    with record.with_suffix(".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=provide, args=(made, "bottom"), kwargs={"said": said})
        thread.start()
        while not said:
            time.sleep(0.01)
        assert said == ["waiting for another step that builds this environment"]
        assert not record.exists()
    thread.join()
    assert said[-1] == "built environment: 1 packages"
    assert record.exists()


def test_tracking_comes_along_where_the_index_has_it(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    stocked.take(wheel(tmp_path, "mlflow-skinny", "9.0"))
    stocked.allow("bottom==3.0", "mlflow-skinny==9.0")
    made = environments(stocked, tmp_path / "environments")
    provided = provide(made, "bottom", "azureml-mlflow==1.60", said=said)
    assert runs(provided, "import mlflow_skinny, bottom; print(mlflow_skinny.VERSION)") == "9.0"
    assert provided.note == (
        "azureml-mlflow is replaced by mlflow-skinny: it finds an Azure workspace for MLflow; "
        "here MLflow finds the platform by itself"
    )
    assert provide(made, "bottom", said=said).note == "mlflow-skinny is added, for tracking"


def test_a_curated_environment_waits_for_upstream_and_else_its_stand_in_is_taken(
    stocked: Served, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ships = wheel(tmp_path, "ships")
    lock = f"ships==1.0 --hash=sha256:{hashlib.sha256(ships.read_bytes()).hexdigest()}\n"
    monkeypatch.setattr(allowing, "_shipped", lambda: allowing.entries_of([lock]))
    monkeypatch.setattr(providing, "curated_lock", lambda _: lock)
    monkeypatch.setattr(arriving, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(arriving, "_LOOK_AGAIN_SECONDS", 0.05)
    wanted = PlannedEnvironment("cloister-sklearn-1.5")
    for fetches, told in (
        (False, []),
        (True, ["waiting for files from upstream: 1 packages"]),
    ):
        made = Environments(stocked.shelf._engine, tmp_path / "environments", stocked.simple, fetches=fetches)
        provided = made.provide(wanted, said.append)
        assert (provided.lock_sha256, provided.note) == (
            "",
            "cloister-sklearn is taken in place of cloister-sklearn-1.5: 1 of its packages have no file here",
        )
        assert [one for one in said if one.startswith("waiting")] == told
    with pytest.raises(SpecError, match=r"which are allowed, no file is here: ships==1.0"):
        made.provide(PlannedEnvironment("cloister-pytorch"), said.append)

    def say(text: str) -> None:
        # As the index does beside it, which was asked.
        if text.startswith("waiting"):
            stocked.index.note_refused()
            assert [one.project for one in stocked.requests.refused()] == ["ships"]
            stocked.take(ships)

    provided = made.provide(wanted, say)
    assert runs(provided, "import ships; print(ships.VERSION)") == "1.0"
    assert provided.note == ""


def test_what_was_just_approved_is_waited_for_where_there_is_an_upstream(
    served: Served, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(arriving, "_LOOK_AGAIN_SECONDS", 0.05)
    served.allow("late==1.0", "later==1.0")
    made = Environments(served.shelf._engine, tmp_path / "environments", served.simple, fetches=True)
    absent = r"which are allowed, no file is here: late"
    with pytest.raises(SpecError, match=absent):
        provide(made, "late", said=said)

    def say(text: str) -> None:
        # As upstream brings one, which needs another one.
        said.append(text)
        if text.startswith("waiting"):
            brought = {one.project for one in served.shelf.listed()}
            served.take(wheel(tmp_path, "later") if "late" in brought else wheel(tmp_path, "late", "1.0", "later"))

    provided = made.provide(PlannedEnvironment(requirements=("late",)), say)
    assert runs(provided, "import late, later; print(late.VERSION)") == "1.0"
    # What was tried in vain is not waited for.
    served.allow("never==1.0")
    never = next(one for one in served.requests.allowed() if one.entry.project == "never")
    served.requests.note_fault(never, "pip did not find it")
    said.clear()
    with pytest.raises(SpecError, match=r"no file is here: never==1.0 pip did not find it"):
        provide(made, "never==1.0", said=said)
    assert [one for one in said if one.startswith("waiting")] == []


def test_what_the_platforms_own_python_has_is_not_built(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    made = environments(stocked, tmp_path / "environments")
    provided = provide(made, "scikit-learn>=1", "click", said=said)
    assert (provided.python, provided.lock_sha256, said) == (Path(sys.executable), "", [])
    assert provided.note == "the platform's own Python has all that is asked for; nothing is built"


def test_pip_in_a_step_finds_the_index(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    stocked.allow("bottom==3.0")
    provided = environments(stocked, tmp_path / "environments").provide(PlannedEnvironment(), said.append)
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **provided.variables(tmp_path)}
    for line in (["-m", "pip", "install", "--quiet", "bottom"], ["-c", "import bottom; print(bottom.VERSION)"]):
        done = subprocess.run(
            [provided.python, *line], env=variables, capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert (done.stdout, done.stderr) == ("3.0\n", "")


@pytest.mark.parametrize(
    ("lines", "needs"),
    [
        (["numpy"], ("mlflow-skinny",)),
        (["numpy", "Scikit_Learn~=1.5"], ("mlflow-skinny", "skops")),
        (["scikit-learn", "azureml-mlflow"], ("skops",)),
        (["scikit-learn", "mlflow", "skops"], ()),
    ],
)
def test_what_tracking_needs_beside_requirements(lines: list[str], needs: tuple[str, ...]) -> None:
    assert read_requirements(lines).tracking == needs


@pytest.mark.parametrize(
    ("lines", "kept", "notes"),
    [
        (["numpy >=1.21,<3", "# words", "", "numpy<3,>=1.21"], ("numpy<3,>=1.21",), ()),
        (
            ["--extra-index-url https://ada:secret@example.org/simple", "numpy"],
            ("numpy",),
            ("--extra-index-url is left out: packages come from the platform's index alone",),
        ),
        (
            ["azureml-defaults==1.5"],
            (),
            ("azureml-defaults is left out: it stands for what the first SDK needs in an image",),
        ),
    ],
)
def test_requirements(lines: list[str], kept: tuple[str, ...], notes: tuple[str, ...]) -> None:
    wanted = read_requirements(lines)
    assert (wanted.lines, wanted.notes) == (kept, notes)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-e .", "-e is not taken"),
        ("-r more.txt", "-r is not taken"),
        ("git+https://example.org/x.git", "names no package of an index"),
        ("./x-1.0-py3-none-any.whl", "names no package of an index"),
        ("x @ https://example.org/x.whl", "names a place; packages come from the index alone"),
        # What is in quotes would become lines of its own for uv.
        (r"x; sys_platform == 'a\n--index-url http://evil\n'", "names no package of an index"),
        ("x; sys_platform == 'a\n--index-url http://evil\n'", "names no package of an index"),
        ('x; sys_platform ~= "a"', "names no package of an index"),
        ('x; extra_of_mine == "a"', "names no package of an index"),
    ],
)
def test_requirements_that_are_refused(line: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_requirements([line])
    assert [fault.reason for fault in refused.value.faults] == [reason]


def test_pythons() -> None:
    own = own_interpreter()
    assert choose_interpreter("").interpreter == own
    assert choose_interpreter(own.minor).note == ""
    other = choose_interpreter("3.4")
    told = f"Python 3.4 is asked for and is not on this machine; Python {own.minor} is taken"
    assert (other.interpreter, other.note) == (own, told)
    with pytest.raises(SpecError, match="is no version that can run here"):
        choose_interpreter("2.7")


def test_an_agent_without_an_index_says_so(served: Served, tmp_path: Path, said: list[str]) -> None:
    with pytest.raises(SourceError, match="this agent knows of no package index"):
        provide(Environments(served.shelf._engine, tmp_path, ""), "seaborn", said=said)


def test_no_code_of_a_package_runs_while_it_is_built(stocked: Served, tmp_path: Path, said: list[str]) -> None:
    ran = tmp_path / "ran"
    line = f"import pathlib; pathlib.Path({str(ran)!r}).touch()\n".encode()
    # What lies under .data/data is unpacked beside bin and lib, where the compiler is started.
    files = {"hook.pth": line, "sitecustomize.py": line, "hook-1.0.data/data/compileall.py": line}
    stocked.take(wheel(tmp_path, "hook", files=files))
    stocked.allow("hook==1.0")
    provided = provide(environments(stocked, tmp_path / "environments"), "hook", said=said)
    compiled = provided.readable[0] / "lib" / f"python{own_interpreter().minor}" / "site-packages" / "__pycache__"
    while not (compiled / f"hook.cpython-{own_interpreter().minor.replace('.', '')}.pyc").exists():
        assert not ran.exists()
        time.sleep(0.05)
    assert (provided.readable[0] / "compileall.py").exists()
    assert not ran.exists()
    runs(provided, "pass")
    assert ran.exists(), "the hook works, in a step"


def test_what_is_revoked_is_built_into_nothing_and_not_given_out_again(
    stocked: Served, tmp_path: Path, said: list[str]
) -> None:
    stocked.allow("bottom==3.0")
    made = environments(stocked, tmp_path / "environments")
    provide(made, "bottom", said=said)
    stocked.requests.revoke(1, APPROVER, "")
    with pytest.raises(SpecError, match=r"bottom is not on the allow-list"):
        provide(made, "bottom", said=said)
