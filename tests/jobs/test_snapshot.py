import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cloister.errors import CloisterError, SourceError, SpecError
from cloister.jobs.assets.snapshot import contents, extract, inspect, pack
from cloister.jobs.planning.resolve import Member
from cloister.jobs.reading.official import ignored_files


def packed(tmp_path: Path, *members: Member, **rest: object) -> Path:
    target = tmp_path / "snapshot.tar.gz"
    with target.open("wb") as file:
        told = pack(members, file, **rest)  # type: ignore[arg-type]  # passed through as they are
    assert told.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    return target


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "sub" / "__pycache__").mkdir(parents=True)
    (folder / "train.py").write_text("print(1)")
    (folder / "run.sh").write_text("#!/bin/sh")
    (folder / "run.sh").chmod(0o755)
    (folder / "sub" / "x.py").write_text("x")
    (folder / "sub" / "__pycache__" / "x.pyc").write_text("x")
    (folder / "big.csv").write_text("1,2")
    return folder


def test_what_was_packed_comes_out_again(tmp_path: Path, code: Path) -> None:
    (code / "same.py").symlink_to("train.py")
    archive = packed(tmp_path, Member(code, "code/0"), Member(code / "big.csv", "data/raw/big.csv"))
    assert inspect(archive) == {"code/0", "data/raw"}
    extract(archive, "code/0", tmp_path / "out")
    extract(archive, "data/raw", tmp_path / "data")
    assert sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")) == [
        "big.csv",
        "run.sh",
        "same.py",
        "sub",
        "sub/x.py",
        "train.py",
    ]
    assert os.access(tmp_path / "out" / "run.sh", os.X_OK)
    assert (tmp_path / "out" / "same.py").read_text() == "print(1)"
    assert (tmp_path / "data" / "big.csv").read_text() == "1,2"


def test_the_same_files_give_the_same_bytes(tmp_path: Path, code: Path) -> None:
    first = packed(tmp_path, Member(code, "code/0")).read_bytes()
    os.utime(code / "train.py", (1, 1))
    assert packed(tmp_path, Member(code, "code/0")).read_bytes() == first


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({".amlignore": "*.csv\n"}, {".amlignore", "train.py", "run.sh", "sub/x.py"}),
        ({".gitignore": "sub/\n"}, {".gitignore", "train.py", "run.sh", "big.csv"}),
        # .amlignore is read in place of .gitignore, not beside it
        (
            {".amlignore": "run.sh\n", ".gitignore": "*.py\n"},
            {".amlignore", ".gitignore", "train.py", "sub/x.py", "big.csv"},
        ),
    ],
)
def test_ignored_files_stay_behind(tmp_path: Path, code: Path, files: dict[str, str], left: set[str]) -> None:
    for name, text in files.items():
        (code / name).write_text(text)
    archive = packed(tmp_path, Member(code, "code/0"), excluded=ignored_files())
    extract(archive, "code/0", tmp_path / "out")
    out = tmp_path / "out"
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == left


def _link_out(code: Path) -> None:
    (code / "passwd").symlink_to("/etc/passwd")


def _link_folder(code: Path) -> None:
    (code / "etc").symlink_to("/etc")


def _pipe(code: Path) -> None:
    os.mkfifo(code / "pipe")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_link_out, "is a link that leads out of"),
        (_link_folder, "is a link to a folder"),
        (_pipe, "is no regular file"),
    ],
)
def test_what_is_no_file_of_the_folder_is_not_packed(
    tmp_path: Path, code: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(code)
    with pytest.raises(SourceError, match=reason):
        packed(tmp_path, Member(code, "code/0"))


def test_a_snapshot_has_a_size_limit(tmp_path: Path, code: Path) -> None:
    (code / "big.csv").write_bytes(b"0" * 2_000_000)
    with pytest.raises(SourceError, match="holds more than 1 MiB"):
        packed(tmp_path, Member(code, "code/0"), limit=2**20)
    archive = packed(tmp_path, Member(code, "code/0"))
    with pytest.raises(SpecError, match="unpacks to more than 1 MiB"):
        extract(archive, "code/0", tmp_path / "out", limit=2**20)


def archive_of(tmp_path: Path, *entries: tarfile.TarInfo) -> Path:
    target = tmp_path / "hostile.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"0" * entry.size))
    return target


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


@pytest.mark.parametrize(
    "hostile",
    [
        entry("code/0/../../../escaped"),
        entry("/etc/cron.d/escaped"),
        entry("escaped"),
        entry("other/0/escaped"),
        entry("code/0/link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("code/0/link", tarfile.SYMTYPE, "../../../escaped"),
        entry("code/0/hard", tarfile.LNKTYPE, "/etc/passwd"),
        entry("code/0/device", tarfile.CHRTYPE),
        entry("code/0/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda e: f"{e.name} {e.type!r} {e.linkname}",
)
def test_a_hostile_snapshot_is_refused_as_a_whole(tmp_path: Path, hostile: tarfile.TarInfo) -> None:
    archive = archive_of(tmp_path, hostile)
    for use in (lambda: inspect(archive), lambda: extract(archive, "code/0", tmp_path / "in" / "out")):
        with pytest.raises(SpecError, match="which is no file or folder below code/ or data/"):
            use()
    assert not list(tmp_path.rglob("*escaped*"))


@pytest.mark.parametrize("names", [("code/0/a", "code/0/a"), ("code/0/a", "code/0/a/b")])
def test_nothing_in_a_snapshot_is_laid_over_another(tmp_path: Path, names: tuple[str, str]) -> None:
    archive = archive_of(tmp_path, *map(entry, names))
    with pytest.raises(SpecError, match=f'holds "{names[1]}" twice, or below a file'):
        extract(archive, "code/0", tmp_path / "out")


def test_owners_and_special_modes_are_left_behind(tmp_path: Path) -> None:
    script = entry("code/0/run.sh")
    script.mode, script.uid, script.gid = 0o6777, 12345, 12345
    plain = entry("code/0/a.txt")
    plain.mode = 0o666
    extract(archive_of(tmp_path, script, plain), "code/0", tmp_path / "out")
    found = {path.name: path.stat() for path in (tmp_path / "out").iterdir()}
    assert {name: oct(stat.st_mode & 0o7777) for name, stat in found.items()} == {"run.sh": "0o755", "a.txt": "0o644"}
    assert {stat.st_uid for stat in found.values()} == {os.geteuid()}


def test_a_header_that_unpacks_to_much_memory_is_refused(tmp_path: Path) -> None:
    # A PAX header is read whole by tarfile; compressed it is tiny.
    long = tarfile.TarInfo("code/0/a")
    long.pax_headers = {"comment": "x" * (80 * 2**20)}
    raw = long.tobuf(tarfile.PAX_FORMAT) + b"\0" * 1024
    target = tmp_path / "bomb.tar.gz"
    target.write_bytes(gzip.compress(raw, 1))
    with pytest.raises(SpecError, match="unpacks to more than the limit"):
        inspect(target, limit=2**20)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no tar" * 500), gzip.compress(b"x")[:-4]],
    ids=["empty", "no gzip", "no tar", "cut short"],
)
def test_a_broken_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "broken.tar.gz"
    target.write_bytes(content)
    with pytest.raises(CloisterError, match=r"is no readable tar\.gz"):
        inspect(target)


def test_a_place_is_known_by_what_it_holds_and_not_by_what_lies_beside_it(tmp_path: Path, code: Path) -> None:
    first = contents(packed(tmp_path, Member(code, "code/0"), Member(code / "big.csv", "data/raw/big.csv")))
    assert first.keys() == {"code/0", "data/raw"}
    assert contents(packed(tmp_path, Member(code / "big.csv", "data/raw/big.csv"), Member(code, "code/7"))) == {
        "code/7": first["code/0"],
        "data/raw": first["data/raw"],
    }
    changes: tuple[Callable[[], object], ...] = (
        lambda: (code / "train.py").write_text("print(2)"),
        lambda: (code / "train.py").rename(code / "fit.py"),
        lambda: (code / "run.sh").chmod(0o644),
    )
    seen = {first["code/0"]}
    for number, change in enumerate(changes, start=2):
        change()
        seen.add(contents(packed(tmp_path, Member(code, "code/0")))["code/0"])
        assert len(seen) == number
