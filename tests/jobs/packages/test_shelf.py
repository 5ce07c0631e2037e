"""Files are taken only where they are what their names say, and a name stands for one hash from then on."""

import gzip
import shutil
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from package_index import sdist, wheel  # type: ignore[import-not-found]  # as in conftest.py

from cloister.errors import SpecError
from cloister.jobs.packages.names import read_entry, read_file_name
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.packages.tables import METADATA
from cloister.store import open_store


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    engine = open_store(f"sqlite:///{tmp_path}/cloister.db")
    METADATA.create_all(engine)
    yield Shelf(engine, tmp_path / "packages", time.time)
    engine.dispose()


def renamed(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-30])
    return path


def prefixed(path: Path) -> Path:
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    return path


def linked(path: Path) -> Path:
    link = path.with_name(f"x{path.name}")
    link.symlink_to(path)
    return renamed(link, "other-1.0-py3-none-any.whl")


def packed_anew(
    path: Path, *, without: str = "", record: bytes = b"", how: int = 0, flags: int = 0, listed: int = 0
) -> Path:
    """The same wheel, with another RECORD or none, or packed in another way."""
    with zipfile.ZipFile(path) as archive:
        held = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in held.items():
            if not (without and name.endswith(without)):
                archive.writestr(name, record if record and name.endswith("RECORD") else content)
    written = bytearray(path.read_bytes())
    written[written.find(b"PK\x01\x02") + 8] |= flags
    if listed:
        written[-10:-6] = listed.to_bytes(4, "little")
    path.write_bytes(written)
    return path


def bomb(folder: Path) -> Path:
    path: Path = sdist(folder, "tool")
    header = tarfile.TarInfo("tool-1.0/long")
    header.type, header.size = tarfile.XHDTYPE, 2**23
    path.write_bytes(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2**23)))
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a name that is no wheel's": (
        lambda at: renamed(wheel(at, "tool"), "tool.whl"),
        "has the name of no wheel or source archive",
    ),
    "a name with letters like ASCII's": (
        lambda at: renamed(wheel(at, "tool"), "t\u043eol-1.0-py3-none-any.whl"),
        "has the name of no wheel or source archive",
    ),
    "a name with a path in it": (
        lambda at: renamed(wheel(at, "tool"), "..-1.0-py3-none-any.whl"),
        "has the name of no wheel or source archive",
    ),
    "another package under the name": (
        lambda at: renamed(wheel(at, "evil"), "tool-1.0-py3-none-any.whl"),
        "holds evil-1.0.dist-info",
    ),
    "another version under the name": (
        lambda at: renamed(wheel(at, "tool", "2.0"), "tool-1.0-py3-none-any.whl"),
        "holds tool-2.0.dist-info",
    ),
    "metadata that claims another name": (lambda at: wheel(at, "tool", claims="evil"), "holds evil 1.0"),
    "a file that RECORD does not name": (
        lambda at: wheel(at, "tool", raw={"sitecustomize.py": b""}),
        "holds sitecustomize.py, of which its RECORD has no hash",
    ),
    "a file that is not the one in RECORD": (
        lambda at: wheel(at, "tool", raw={"tool.py": b"evil\n"}),
        "holds tool.py, which is not the file that its RECORD names",
    ),
    "a path that leads out": (
        lambda at: wheel(at, "tool", files={"../evil.py": b""}),
        'holds the path "../evil.py", which leads out of it',
    ),
    "an absolute path": (
        lambda at: wheel(at, "tool", files={"/etc/evil": b""}),
        'holds the path "/etc/evil", which leads out of it',
    ),
    "two folders of metadata": (
        lambda at: wheel(at, "tool", files={"evil-1.0.dist-info/METADATA": b""}),
        "holds 2 folders .dist-info, and must hold one",
    ),
    "something before the archive": (lambda at: prefixed(wheel(at, "tool")), "has something before its first file"),
    "half of it": (
        lambda at: cut(wheel(at, "tool")),
        "has a list of files without end, or something after it",
    ),
    "a list of files without end": (
        lambda at: packed_anew(wheel(at, "tool"), listed=2**26),
        "has a list of files without end, or something after it",
    ),
    "a link": (
        lambda at: linked(wheel(at, "tool")),
        "cannot be read as a plain file: Too many levels of symbolic links",
    ),
    "no RECORD": (lambda at: packed_anew(wheel(at, "tool"), without="RECORD"), "has no RECORD, or one without end"),
    "a RECORD that its reader chokes on": (
        lambda at: packed_anew(wheel(at, "tool"), record=b'"' + b"a" * 200_000),
        "cannot be read: field larger than field limit (131072)",
    ),
    "a RECORD without end": (
        lambda at: packed_anew(wheel(at, "tool"), record=b"a" * 2**25 + b"a"),
        "has no RECORD, or one without end",
    ),
    "compressed as only some can read it": (
        lambda at: packed_anew(wheel(at, "tool"), how=zipfile.ZIP_LZMA),
        "is encrypted, or packed in a way that not every installer knows",
    ),
    "encrypted": (
        lambda at: packed_anew(wheel(at, "tool"), flags=1),
        "is encrypted, or packed in a way that not every installer knows",
    ),
    "a path in two spellings": (
        lambda at: wheel(at, "tool", files={"./tool.py": b""}),
        'holds the path "./tool.py", which has more than one reading',
    ),
    "a path that speaks to terminals": (
        lambda at: wheel(at, "tool", files={"\x1b[2J.py": b""}),
        'holds the path "?[2J.py", which has more than one reading',
    ),
    "a folder with a content": (
        lambda at: wheel(at, "tool", raw={"evil/": b"import os"}),
        "holds a folder with content of its own",
    ),
    "metadata that speaks to terminals": (lambda at: wheel(at, "tool", claims="\x1b[2J"), "holds ?[2J 1.0"),
    "a source archive with a header without end": (bomb, "cannot be read: it has a header without end"),
    "a source archive of another package": (
        lambda at: renamed(sdist(at, "evil"), "tool-1.0.tar.gz"),
        "holds evil 1.0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_and_moved_aside(case: str, shelf: Shelf, tmp_path: Path) -> None:
    make, reason = REFUSED[case]
    path = make(tmp_path / "disk")
    with pytest.raises(SpecError) as refused:
        shelf.take(path, path.name, "a disk")
    assert [fault.reason for fault in refused.value.faults] == [reason]
    assert (shelf.listed(), list(shelf.files.iterdir()) if shelf.files.exists() else []) == ((), [])


def test_a_name_stands_for_the_hash_that_came_first(shelf: Shelf, tmp_path: Path) -> None:
    first = shelf.take(wheel(tmp_path / "one", "tool"), "tool-1.0-py3-none-any.whl", "a disk")
    other = wheel(tmp_path / "two", "tool", files={"more.py": b""})
    with pytest.raises(SpecError, match="the file of this name that was taken first had"):
        shelf.take(other, other.name, "a disk")
    with pytest.raises(SpecError, match="in another spelling"):
        shelf.take(wheel(tmp_path / "one", "tool"), "Tool-1.0-py3-none-any.whl", "a disk")
    assert shelf.take(wheel(tmp_path / "one", "tool"), first.filename, "another disk") == first
    with shelf.open(first) as file:
        assert file.read() == (tmp_path / "one" / first.filename).read_bytes()


def test_files_put_into_the_folder_are_taken_or_moved_aside(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files.mkdir(parents=True)
    shutil.copy(wheel(tmp_path, "tool"), shelf.files)
    shutil.copy(wheel(tmp_path, "evil"), shelf.files / "good-1.0-py3-none-any.whl")
    (shelf.files / "secret-1.0-py3-none-any.whl").symlink_to("/etc/passwd")
    long = "\u20ac" * 80
    (shelf.files / long).touch()
    faults = {fault.thing: fault.reason for fault in shelf.take_in_place()}
    assert faults == {
        "good-1.0-py3-none-any.whl": "holds evil-1.0.dist-info",
        "secret-1.0-py3-none-any.whl": "cannot be read as a plain file: Too many levels of symbolic links",
        f'file "{long}"': "has the name of no wheel or source archive",
    }
    assert len(list(shelf.quarantine.iterdir())) == 2 * len(faults)
    assert [one.filename for one in shelf.listed()] == ["tool-1.0-py3-none-any.whl"]
    assert [one.name for one in shelf.files.iterdir()] == ["tool-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Scikit_Learn==1.5.0", "scikit-learn==1.5.0"),
        ("numpy >=2, <3", "numpy<3,>=2"),
        ("torch==2.9.0+cpu", "torch==2.9.0+cpu"),
    ],
)
def test_entries(text: str, entry: str) -> None:
    assert str(read_entry(text)) == entry


@pytest.mark.parametrize(
    "text",
    [
        "numpy",
        "n\u00fcmpy==1",
        "num\u0440y==1",
        "../x==1",
        "x @ https://example.org/x.whl",
        'x==1; python_version<"4"',
        "x===1\x1b[2J",
        "x==1; " + "(" * 3000,
        "",
    ],
)
def test_texts_that_are_no_entries(text: str) -> None:
    with pytest.raises(SpecError):
        read_entry(text)


@pytest.mark.parametrize(
    "name", ["Foo_Bar-1.0-py3-none-any.whl", "foo.bar-1.0-py3-none-any.whl", "foo_bar-1.0.0-py3-none-any.whl"]
)
def test_spellings_of_one_file(name: str) -> None:
    key = read_file_name("foo_bar-1.0-py3-none-any.whl").key
    assert (read_file_name(name).key == key) is (name != "foo_bar-1.0.0-py3-none-any.whl")
