"""Who is ended for what was written, and when it is looked for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cloister.jobs.running.disk import DiskGuard, Writer, free_bytes, size_of

MIB = 2**20


def writer(folder: Path, mebibytes: int, limit: int | None = None) -> Writer:
    folder.mkdir()
    (folder / "written").write_bytes(os.urandom(mebibytes * MIB))
    return Writer((folder,), limit, lambda _reason: None)


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
    watched = Writer((), 5 * MIB, lambda _reason: None, written_bytes=3 * MIB, free_then=100 * MIB)
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
    assert 32 * 4096 <= size_of((folder, tmp_path / "gone")) < MIB
    assert free_bytes(folder) > 0
