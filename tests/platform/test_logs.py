import stat
from pathlib import Path

import pytest

from cloister.platform.logs import open_log, rotate, tail


def test_a_log_is_private_and_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line in (b"one\n", b"two\n"):
        with open_log(path) as log:
            log.write(line)
    assert path.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_long_log_is_set_aside_while_its_process_goes_on_writing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with open_log(path) as log:
        for generation in range(5):
            log.write(b"%d" % generation * 10)
            rotate(path, most_bytes=10)
        log.write(b"new")
        rotate(path, most_bytes=10)
    names = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert names == {"a.log": "new", "a.log.1": "4" * 10, "a.log.2": "3" * 10, "a.log.3": "2" * 10}


@pytest.mark.parametrize(
    ("since", "lines", "expected"),
    [
        (0, 2, "two\nthree"),
        (4, 9, "two\nthree"),
        (14, 9, ""),
        pytest.param(99, 9, "one\ntwo\nthree", id="the log was rotated since: all of it is new"),
    ],
)
def test_the_tail_is_what_was_written_since(tmp_path: Path, since: int, lines: int, expected: str) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\nthree\n")
    assert tail(path, since_byte=since, lines=lines) == expected


def test_no_log_has_no_tail(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == ""
