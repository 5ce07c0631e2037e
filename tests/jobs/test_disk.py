"""Who is ended for what was written, and when it is looked for."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cloister.jobs.running import disk
from cloister.jobs.running.disk import DiskGuard, Writer, free_bytes
from cloister.jobs.running.left_behind import DEEPEST, taken

MIB = 2**20
# An id that no process has.
_NO_PROCESS = 1 << 22


def writer(folder: Path, mebibytes: int, limit: int | None = None) -> Writer:
    folder.mkdir()
    (folder / "written").write_bytes(os.urandom(mebibytes * MIB))
    return Writer((folder,), limit, lambda _reason: None, _NO_PROCESS)


def guard(folder: Path, *writers: Writer, reserve: int = 0) -> DiskGuard:
    made = DiskGuard(folder, reserve)
    made._writers.extend(writers)
    return made


def test_a_step_may_write_so_much_and_no_more(tmp_path: Path) -> None:
    modest, greedy = writer(tmp_path / "modest", 2, 3 * MIB), writer(tmp_path / "greedy", 4, 3 * MIB)
    guarding = guard(tmp_path, modest, greedy)
    assert [guarding.look(one, 100.0) for one in (modest, greedy)] == ["", "it wrote more than 3 MiB"]


def test_where_the_disk_gets_short_who_wrote_most_is_ended_and_nobody_who_wrote_little(tmp_path: Path) -> None:
    little, most = writer(tmp_path / "little", 17), writer(tmp_path / "most", 18)
    guarding = guard(tmp_path, little, most, reserve=2**60)
    assert not guarding.has_room()
    told = [guarding.look(one, 100.0) for one in (most, little)]
    assert told == ["the disk had less than 1.07e+09 GiB left, and it had written the most, 18 MiB", ""]
    tiny = writer(tmp_path / "tiny", 1)
    assert guard(tmp_path, tiny, reserve=2**60).look(tiny, 100.0) == ""
    assert guard(tmp_path, reserve=1).has_room()


LOOKS: list[tuple[str, Callable[[Writer, int], bool], bool]] = [
    ("the disk is as free as it was", lambda w, free: w.needs_a_look(free, 1.0), False),
    ("others may have written some of it", lambda w, free: w.needs_a_look(free - MIB, 1.0), False),
    ("as much is gone as it has left", lambda w, free: w.needs_a_look(free - 2 * MIB, 1.0), True),
    ("nobody looked for long: others may have freed as much", lambda w, free: w.needs_a_look(free, 31.0), True),
]


@pytest.mark.parametrize(("needs", "is_needed"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_when_it_is_looked_for(needs: Callable[[Writer, int], bool], is_needed: bool) -> None:
    watched = Writer((), 5 * MIB, lambda _reason: None, 0, written_bytes=3 * MIB, free_then=100 * MIB)
    assert needs(watched, 100 * MIB) is is_needed


def test_links_are_not_followed_and_holes_and_names_count_as_what_they_take(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "large").write_bytes(bytes(MIB))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    with (folder / "sparse").open("wb") as file:
        file.truncate(100 * MIB)
    for number in range(30):
        (folder / f"empty{number}").touch()
    found = taken(folder, tmp_path / "gone")
    assert (found.files, found.too_deep) == (32, False)
    assert 32 * 4096 <= found.size_bytes < MIB
    assert free_bytes(folder) > 0


@contextmanager
def hider(folder: Path, program: str) -> Iterator[None]:
    """A process below us that wrote 20 MiB in the folder where no folder shows them."""
    folder.mkdir()
    line = f"import os; file = open('hidden', 'wb+'); file.write(os.urandom(20 * 2**20)); os.fsync(file); {program}"
    end = "; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", line + end], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate(b"\n")


def test_a_file_that_no_folder_shows_counts_as_long_as_it_is_open(tmp_path: Path) -> None:
    with hider(tmp_path / "step", "os.unlink('hidden')"):
        hiding = Writer((tmp_path / "step",), 5 * MIB, lambda _reason: None, os.getpid())
        assert guard(tmp_path, hiding).look(hiding, 100.0) == "it wrote more than 5 MiB"
    hiding = Writer((tmp_path / "step",), 5 * MIB, lambda _reason: None, os.getpid())
    assert guard(tmp_path, hiding).look(hiding, 100.0) == ""


@pytest.mark.skipif("write_bytes" not in Path("/proc/self/io").read_text(), reason="the kernel does not count")
def test_who_hides_what_fills_the_disk_is_told_by_what_it_sent_there(tmp_path: Path) -> None:
    """Here as a file that is mapped and not open."""
    program = "import mmap; held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ); file.close(); os.unlink('hidden')"
    with hider(tmp_path / "step", program.replace("file.close()", "os.closerange(3, 99)")):
        innocent, hiding = writer(tmp_path / "innocent", 1), Writer((tmp_path / "step",), None, print, os.getpid())
        guarding = guard(tmp_path, innocent, hiding, reserve=2**60)
        told = [guarding.look(one, 100.0) for one in (innocent, hiding)]
        assert told[0] == ""
        assert told[1].startswith("the disk had less than 1.07e+09 GiB left, and it had written the most, ")


# A process of the step, below what holds it, that its own user may not look into.
_UNDUMPABLE = """
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from cloister.jobs.running.unseen import sent_bytes
hides = "__import__('ctypes').CDLL(None).prctl(4, {}); print(flush=True); input()"
holds = "__import__('subprocess').run([{!r}, '-c', {!r}])"
for dumpable in (1, 0):
    line = holds.format(sys.executable, hides.format(dumpable))
    with subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        held.stdout.readline()
        print(sent_bytes(__import__("os").getpid()) is None)
        held.communicate(b"\\n")
"""


@contextmanager
def for_everybody() -> Iterator[Path]:
    """A copy of what is tried: the checkout may lie where its owner alone may go."""
    package = Path(disk.__file__).parents[2]
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for file in ("__init__.py", "jobs/running/unseen.py", "jobs/running/launcher/processes.py"):
            copy = Path(folder, "cloister", file)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(package / file, copy)
        yield Path(folder)


def test_who_hides_from_its_own_user_is_ended_where_nobody_else_filled_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = 65519 if os.geteuid() == 0 else None
    python = "/usr/bin/python3" if nobody else sys.executable
    if not Path(python).exists():
        pytest.skip("no Python here may be started by every user")
    groups: list[int] | None = [] if nobody else None
    with for_everybody() as sources:
        line = [python, "-B", "-c", _UNDUMPABLE, str(sources)]
        ran = subprocess.run(
            line, capture_output=True, text=True, cwd="/", check=False, user=nobody, group=nobody, extra_groups=groups
        )
    assert (ran.stdout, ran.stderr) == ("False\nTrue\n", "")
    hiding, seen = writer(tmp_path / "hiding", 0), writer(tmp_path / "seen", 0)
    monkeypatch.setattr(disk, "sent_bytes", lambda _pid: None)
    guarding = guard(tmp_path, hiding, seen, reserve=2**60)
    assert guarding.look(hiding, 100.0) == "the disk had less than 1.07e+09 GiB left, and nobody can see what it wrote"
    seen.written_bytes = 17 * MIB
    assert guarding.look(hiding, 100.0) == ""


def test_folders_that_nobody_looks_into_end_the_step(tmp_path: Path) -> None:
    nesting = writer(tmp_path / "step", 1)
    Path(tmp_path, "step", *["d"] * (DEEPEST + 1)).mkdir(parents=True)
    assert guard(tmp_path, nesting).look(nesting, 100.0) == f"it nested folders more than {DEEPEST} deep"


def test_where_there_is_hardly_room_for_files_who_made_most_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, large = writer(tmp_path / "many", 0), writer(tmp_path / "large", 20)
    for number in range(20):
        (tmp_path / "many" / f"{number}").touch()
    guarding = guard(tmp_path, many, large)
    found = os.statvfs(tmp_path)

    def statvfs(_folder: Path) -> os.statvfs_result:
        """The same file system with room for 1000 more files of a million."""
        return os.statvfs_result((*found[:5], 1_000_000, 1000, 1000, *found[8:]))

    monkeypatch.setattr(os, "statvfs", statvfs)
    monkeypatch.setattr(disk, "_MANY", 20)
    assert not guarding.has_room()
    told = [guarding.look(one, 100.0) for one in (large, many)]
    assert told == ["", "the disk had hardly room for more files, and it had made the most, 21"]


def test_files_without_number_end_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = writer(tmp_path / "step", 0)
    monkeypatch.setattr(disk, "_MOST_FILES", 5)
    assert guard(tmp_path, many).look(many, 100.0) == ""
    for number in range(5):
        (tmp_path / "step" / f"{number}").touch()
    assert guard(tmp_path, many).look(many, 200.0) == "it made more than 5 files and folders"
