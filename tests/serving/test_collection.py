import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloister.monitoring.frames import read_collected
from cloister.serving.collection import Batch, Collector, Files

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


def batch(number: int = 1, *, is_mirrored: bool = False) -> Batch:
    return Batch(f"r{number}", NOON, "blue", is_mirrored, ("age", "sex"), [[number, "f"], [None, "m"]], [0, 1])


def test_a_batch_is_one_line_of_json() -> None:
    line = batch(7, is_mirrored=True).line()
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "id": "r7",
        "time": "2026-11-22T12:00:00.000+00:00",
        "deployment": "blue",
        "mirrored": True,
        "inputs": {"columns": ["age", "sex"], "data": [[7, "f"], [None, "m"]]},
        "outputs": [0, 1],
    }


def test_what_a_collector_keeps_a_monitor_reads(tmp_path: Path) -> None:
    collector = Collector(Files(tmp_path), 1.0)
    for number in range(1, 4):
        collector.keep(batch(number))
    collector.close()
    assert (collector.kept, collector.dropped) == (3, 0)
    found = read_collected(tmp_path, *DAY)
    assert found.unreadable_lines == 0
    assert sorted(found.rows.inputs["age"].dropna()) == [1, 2, 3]
    assert list(found.rows.inputs.columns) == ["age", "sex"]
    assert sorted(found.rows.predictions) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("cut", [1, 20, -2, -1])
def test_half_a_line_is_skipped_and_does_not_spoil_the_next(tmp_path: Path, cut: int) -> None:
    line = batch(1).line()
    Files(tmp_path).append("2026-11-22", batch(1).line() + line[:cut])
    Files(tmp_path).append("2026-11-22", batch(2).line())
    found = read_collected(tmp_path, *DAY)
    # Only the newline is missing of a line that was cut by one byte: it is whole.
    assert (len(found.rows.predictions), found.unreadable_lines) == ((6, 0) if cut == -1 else (4, 1))


def test_files_roll_by_size_and_the_oldest_go(tmp_path: Path) -> None:
    line = batch(1).line()
    files = Files(tmp_path, file_bytes=len(line) * 2, kept_bytes=len(line) * 5)
    for _ in range(10):
        files.append("2026-11-22", line)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["2026-11-22-0003.jsonl", "2026-11-22-0004.jsonl", "2026-11-22-0005.jsonl"]
    assert all((path.stat().st_mode & 0o777) == 0o600 for path in tmp_path.iterdir())


def test_a_sample_is_taken_by_chance() -> None:
    chances = iter([0.1, 0.6, 0.49])
    collector = Collector(Files(Path("/nowhere")), 0.5, lambda: next(chances))
    assert [collector.wants_next() for _ in range(3)] == [True, False, True]
    collector.close()


def test_a_disk_that_takes_nothing_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    collector = Collector(Files(tmp_path / "file" / "below"), 1.0)
    collector.keep(batch())
    collector.close()
    assert (collector.kept, collector.dropped) == (0, 1)
