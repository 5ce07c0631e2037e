"""What a command leaves is looked at, given, taken back and removed, and nothing that it leads to."""

import inspect
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloister.jobs.planning.plan import PlannedOutput, PlannedStep
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.left_behind import DEEPEST, TooDeepError, everything, remove, taken
from cloister.jobs.running.preparing import OutputError, publish

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def nest(top: Path, levels: int, name: str = "d") -> None:
    """Make folders in folders, deeper than a path can say; a file lies in the last."""
    held = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=held)
        inner = os.open(name, os.O_RDONLY, dir_fd=held)
        os.close(held)
        held = inner
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=held))
    os.close(held)


@pytest.fixture
def _short_of_recursion() -> Iterator[None]:
    """What would take a thousand folders takes a hundred."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    yield
    sys.setrecursionlimit(before)


@pytest.fixture
def folder(tmp_path: Path) -> StepFolder:
    made = StepFolder(tmp_path / "step")
    made.clear()
    return made


@pytest.mark.usefixtures("_short_of_recursion")
def test_whatever_was_nested_or_closed_makes_room_for_the_next_attempt(folder: StepFolder, tmp_path: Path) -> None:
    """Python's own way ends with "maximum recursion depth exceeded", and what fills the disk stays."""
    kept = tmp_path / "kept"
    kept.write_text("kept")
    # Longer than a path may be, and deeper than Python recurses; twice, with names that it would use itself.
    nest(folder.making, 30, "n" * 250)
    for name in ("0", "1", "a"):
        (folder.code / name).mkdir()
        nest(folder.code / name, 120 if name == "a" else 3, "1")
    (folder.temporary / "link").symlink_to(kept)
    (folder.temporary / "up").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder.temporary / "pipe")
    (folder.temporary / "closed" / "inner").mkdir(parents=True)
    (folder.temporary / "closed" / "inner").chmod(0)
    (folder.temporary / "closed").chmod(0)
    folder.clear()
    assert [list(place.iterdir()) for place in (folder.making, folder.code, folder.temporary)] == [[], [], []]
    assert kept.read_text() == "kept"
    nest(folder.checkpoints, 30, "n" * 250)
    folder.forget_checkpoints()
    assert not folder.checkpoints.exists()


def test_what_is_not_there_is_removed_and_a_link_is_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    remove(tmp_path / "link")
    remove(tmp_path / "gone")
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


def test_everything_is_seen_once_and_nothing_through_a_link(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / "file").touch()
    (top / "link").symlink_to("/etc", target_is_directory=True)
    assert [left.path for left in everything(top)] == ["", "a", "a/b", "a/file", "link"]
    assert [left.path for left in everything(top, folders_last=True)] == ["a/b", "a/file", "a", "link", ""]
    nest(top, DEEPEST + 1)
    with pytest.raises(TooDeepError):
        list(everything(top))
    assert taken(top).too_deep


def test_what_is_exchanged_for_a_link_while_it_is_looked_at_is_not_followed(tmp_path: Path) -> None:
    top, anothers = tmp_path / "top", tmp_path / "anothers"
    anothers.mkdir(mode=0o700)
    (anothers / "key").touch(mode=0o600)
    (top / "a").mkdir(parents=True)
    (top / "b").touch()
    seen = []
    for left in everything(top):
        seen.append(left.path)
        if left.path == "b":
            (top / "b").rename(top / "c")
            (top / "b").symlink_to(anothers / "key")
            left.allow(0o644)
        if left.path == "a":
            (top / "a").rename(tmp_path / "moved")
            (top / "a").symlink_to(anothers, target_is_directory=True)
            with pytest.raises(NotADirectoryError):
                list(everything(top / "a" / "nothing"))
            (top / "a").unlink()
            (tmp_path / "moved").rename(top / "a")
    assert seen == ["", "a", "b"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (anothers, anothers / "key", top / "c")]
    assert modes == [0o700, 0o600, 0o644]


@needs_root
def test_a_link_is_given_away_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "link").symlink_to(tmp_path / "key")
    for left in everything(tmp_path / "top"):
        left.give(61184, 61184)
    assert (tmp_path / "key").stat().st_uid == 0
    assert [path.lstat().st_uid for path in (tmp_path / "top", tmp_path / "top" / "link")] == [61184] * 2


UNFIT: list[tuple[str, bytes, str]] = [
    ("ends of lines", b"two\nlines", "a name with control characters, or one that is no UTF-8"),
    ("a terminal's escapes", b"\x1b[2J", "a name with control characters, or one that is no UTF-8"),
    ("no UTF-8", b"\xff", "a name with control characters, or one that is no UTF-8"),
    ("too long for stores", b"/".join([b"n" * 200] * 6), "a path of more than 1024 bytes"),
]


@pytest.mark.parametrize(("path", "reason"), [row[1:] for row in UNFIT], ids=[row[0] for row in UNFIT])
def test_outputs_have_names_that_stores_pages_and_terminals_can_bear(
    folder: StepFolder, path: bytes, reason: str
) -> None:
    made = Path(os.fsdecode(os.fsencode(folder.making) + b"/data/" + path))
    made.parent.mkdir(parents=True)
    made.touch()
    step = PlannedStep("make", "true", outputs=(PlannedOutput("data", "uri_folder"),))
    with pytest.raises(OutputError) as refused:
        publish(folder, step, take_back=False, most_bytes=2**20)
    assert str(refused.value).endswith(f" among its outputs, which is {reason}")
    assert str(refused.value).isprintable()


def test_names_of_every_language_are_fit(folder: StepFolder) -> None:
    names = sorted(["a b", "\u6570\u636e\u3000\u96c6", "na\u00efve", "\U0001f469\u200d\U0001f52c"])
    (folder.making / "data").mkdir()
    for name in names:
        (folder.making / "data" / name).touch()
    publish(
        folder,
        PlannedStep("make", "true", outputs=(PlannedOutput("data", "uri_folder"),)),
        take_back=False,
        most_bytes=2**20,
    )
    assert sorted(path.name for path in (folder.outputs / "data").iterdir()) == names


def test_holes_count_as_what_whoever_copies_them_writes(folder: StepFolder) -> None:
    (folder.making / "data").mkdir()
    for name in ("a", "b"):
        with (folder.making / "data" / name).open("wb") as file:
            file.truncate(2**40)
    step = PlannedStep("make", "true", outputs=(PlannedOutput("data", "uri_folder"),))
    with pytest.raises(OutputError) as refused:
        publish(folder, step, take_back=False, most_bytes=2**40)
    assert str(refused.value) == "its outputs hold more than 1.02e+03 GiB to read, with the holes in them"
    (folder.making / "data" / "a").unlink()
    publish(folder, step, take_back=False, most_bytes=2**40)
    assert (folder.outputs / "data" / "b").stat().st_size == 2**40
