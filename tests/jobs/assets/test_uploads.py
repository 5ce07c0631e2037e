"""What authors upload: in pieces, each file once, whole or not at all."""

import hashlib
import shutil
import threading
from pathlib import Path

import pytest

from cloister.errors import CloisterError, SpecError
from cloister.jobs.assets.addresses import StorePath
from cloister.jobs.assets.content import Contents, SentFile
from cloister.jobs.assets.library import Library, library
from cloister.jobs.errors import ConflictError, MissingError, TooLargeError


def sent(path: str, content: bytes) -> SentFile:
    return SentFile(path, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def shared(engine: object, tmp_path: Path) -> Library:
    return library(engine, tmp_path / "home" / "jobs", None)  # type: ignore[arg-type]  # the engine of the fixture


@pytest.fixture
def contents(shared: Library) -> Contents:
    return shared.contents


def test_a_file_goes_on_where_it_stopped(contents: Contents) -> None:
    file = sent("a.bin", b"0123456789")
    assert contents.offset(file, "ada") == 0
    assert contents.append(file, "ada", 0, b"0123") == 4
    assert contents.offset(file, "ada") == 4
    with pytest.raises(ConflictError, match="go on at byte 4"):
        contents.append(file, "ada", 0, b"0123")
    assert contents.append(file, "ada", 4, b"456789") == 10
    assert contents.offset(file, "ada") is None


def test_who_knows_a_hash_alone_has_not_sent_the_file(contents: Contents) -> None:
    file = sent("secret.csv", b"secret")
    contents.append(file, "ada", 0, b"secret")
    assert contents.offset(file, "eve") == 0
    with pytest.raises(MissingError, match=r'"secret.csv" was not sent'):
        contents.place("secret.csv", [file], "eve", is_file=True)


def test_the_same_files_are_one_place_and_one_file_on_disk(contents: Contents, shared: Library) -> None:
    one, two = sent("x/a.txt", b"same"), sent("b.txt", b"same")
    contents.append(one, "ada", 0, b"same")
    first = contents.place("folder", [one, two], "ada", is_file=False)
    assert contents.place("folder", [two, one], "ada", is_file=False) == first
    root = shared.folder / "stores" / "workspaceblobstore" / first.path
    assert (root / "x" / "a.txt").stat().st_ino == (root / "b.txt").stat().st_ino
    assert (root / "b.txt").stat().st_mode & 0o777 == 0o444
    assert first == StorePath("workspaceblobstore", first.path)


def test_bytes_that_are_not_what_they_say_are_thrown_away(contents: Contents) -> None:
    file = SentFile("a", hashlib.sha256(b"right").hexdigest(), 5)
    with pytest.raises(SpecError, match="its bytes have the hash"):
        contents.append(file, "ada", 0, b"wrong")
    assert contents.offset(file, "ada") == 0


def test_an_empty_file_is_a_file(contents: Contents) -> None:
    file = sent("empty", b"")
    contents.append(file, "ada", 0, b"")
    assert contents.offset(file, "ada") is None


def test_nothing_is_written_after_the_hash_was_taken(
    contents: Contents, shared: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept under a hash becomes part of whatever has that file, also of what others made."""
    file = sent("shared.bin", b"good")
    passed, hashed, late = threading.Event(), threading.Event(), []
    room, digest = shutil.disk_usage, hashlib.file_digest

    def slow_room(path: Path) -> object:
        if threading.current_thread() is other:
            passed.set()
            hashed.wait(5)
        return room(path)

    def append_late() -> None:
        try:
            contents.append(file, "eve", 0, b"bad")
        except CloisterError as error:
            late.append(error.faults[0].reason)

    def slow_digest(*given: object) -> object:
        found = digest(*given)  # type: ignore[arg-type]  # as it was called
        hashed.set()
        other.join(5)
        return found

    other = threading.Thread(target=append_late)
    monkeypatch.setattr(shutil, "disk_usage", slow_room)
    monkeypatch.setattr(hashlib, "file_digest", slow_digest)
    other.start()
    assert passed.wait(5)
    outcome = []
    try:
        contents.append(file, "eve", 0, b"good")
    except ConflictError as error:
        outcome.append(error.faults[0].reason)
    hashed.set()
    other.join(5)
    kept = shared.folder / "content" / file.sha256[:2] / file.sha256
    assert not kept.exists() or kept.read_bytes() == b"good"
    assert (outcome, late) == (["another piece of it is on its way"], [])


HOSTILE = [
    ("a path upwards", lambda: SentFile("../a", "0" * 64, 1), SpecError, "is no path in an asset"),
    ("an absolute path", lambda: SentFile("/a", "0" * 64, 1), SpecError, "is no path in an asset"),
    ("a hash that is a path", lambda: SentFile("a", "../../../etc/passwd" + "0" * 45, 1), SpecError, "is no SHA-256"),
    ("a file without end", lambda: SentFile("a", "0" * 64, 2**60), TooLargeError, "split it"),
]


@pytest.mark.parametrize(("make", "kind", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_no_client_sends_is_refused(make: object, kind: type[CloisterError], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        make()  # type: ignore[operator]  # a row of the table


def test_a_file_where_a_folder_is_refused(contents: Contents) -> None:
    above, below = sent("a", b"x"), sent("a/b", b"x")
    contents.append(above, "ada", 0, b"x")
    with pytest.raises(SpecError, match="its files cannot be put in place"):
        contents.place("folder", [above, below], "ada", is_file=False)
    with pytest.raises(SpecError, match="is no name for it"):
        contents.place("..", [above], "ada", is_file=False)
