"""Copies of data on a machine: bounded, the least recently used thrown away, and never what somebody reads."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from cloister.jobs.assets.cache import Cache

# Holds a key in a process of its own, until it is killed; the copy of another key is left half made.
HOLDS = """
import sys
from contextlib import ExitStack
from pathlib import Path
from cloister.jobs.assets.cache import Cache
cache, held = Cache(Path(sys.argv[1]), 0), ExitStack()
cache.hold("b", held)
cache.hold("half", held)
with cache.draft("half") as draft:
    draft.mkdir()
    print("holds", flush=True)
    sys.stdin.read()
"""


def copy(cache: Cache, key: str, size: int, used_at: float) -> None:
    with ExitStack() as held:
        kept = cache.hold(key, held)
        with cache.draft(key) as draft:
            draft.mkdir()
            (draft / "data").write_bytes(b"x" * size)
            draft.rename(kept)
    os.utime(kept, (used_at, used_at))


def keys(cache: Cache) -> str:
    return " ".join(sorted(path.name for path in cache.folder.iterdir() if path.name != ".locks"))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Three copies of 10 bytes, used one after another."""
    made = Cache(tmp_path / "cache", 30)
    for at, key in enumerate(("a", "b", "c")):
        copy(made, key, 10, at)
    return made


@pytest.mark.parametrize(
    ("most", "size", "reads", "stay"),
    [
        (30, 0, "", "a b c"),
        (30, 1, "", "b c"),
        (29, 0, "", "b c"),
        (10, 0, "", "c"),
        (0, 0, "", ""),
        (30, 100, "", ""),
        (10, 0, "a", "a"),
        (0, 0, "a c", "a c"),
        (0, 100, "a b c", "a b c"),
        # What was asked for is the most recently used.
        (20, 0, "a", "a c"),
    ],
)
def test_the_least_recently_used_gives_way_and_what_is_read_stays(
    cache: Cache, most: int, size: int, reads: str, stay: str
) -> None:
    bounded = Cache(cache.folder, most)
    with ExitStack() as held:
        for key in reads.split():
            bounded.hold(key, held)
        bounded.give_way(size)
        assert keys(cache) == stay
    # Once nobody reads it any more, it is within its bound again.
    assert len(keys(cache).split()) == min(most // 10, len(stay.split()))


def test_a_full_disk_is_given_room_whatever_the_bound_is(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cache, "_free", lambda made: 20 - 10 * len(keys(made).split()))
    assert cache.give_way(10) == 10
    assert keys(cache) == "c"


def test_a_reader_that_is_killed_holds_nothing_and_its_half_made_copy_goes(cache: Cache) -> None:
    command = [sys.executable, "-c", HOLDS, str(cache.folder)]
    bounded = Cache(cache.folder, 0)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        bounded.give_way()
        there = keys(cache).split()
        assert there[1:] == ["b"]
        assert there[0].startswith(".half.")
        process.kill()
    bounded.give_way()
    assert keys(cache) == ""
    assert not list((cache.folder / ".locks").iterdir())


def test_who_waits_for_a_copy_that_is_thrown_away_gets_a_lock_that_counts(cache: Cache) -> None:
    with ExitStack() as held:
        kept = cache.hold("a", held)
        Cache(cache.folder, 0).give_way()
        assert kept.is_dir()
        with ExitStack() as second:
            cache.hold("a", second)
        Cache(cache.folder, 0).give_way()
        assert kept.is_dir()
