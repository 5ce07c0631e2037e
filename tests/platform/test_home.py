import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloister.errors import SourceError
from cloister.platform.home import SOCKET_PATH_BYTES, Home, create, home_at


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private_in_every_folder(tmp_path: Path) -> None:
    home = home_at(tmp_path / "h", {"XDG_RUNTIME_DIR": str(tmp_path.parent)})
    create(home)
    folders = ("artifacts", "jobs", "logs", "packages", "run", "secrets", "serving", "state")
    assert sorted(path.name for path in home.root.iterdir()) == [".gitignore", *folders]
    assert {mode(home.root), *(mode(home.root / folder) for folder in folders)} == {0o700}


def test_creating_a_home_again_keeps_what_is_in_it(tmp_path: Path) -> None:
    home = home_at(tmp_path / "h", {"XDG_RUNTIME_DIR": str(tmp_path.parent)})
    create(home)
    (home.state / "kept").write_text("kept")
    create(home)
    assert (home.state / "kept").read_text() == "kept"


def test_nothing_is_written_before_create(tmp_path: Path) -> None:
    home_at(tmp_path / "h", {"XDG_RUNTIME_DIR": str(tmp_path.parent)})
    assert not (tmp_path / "h").exists()


def test_sockets_lie_in_run_where_their_paths_fit(tmp_path: Path) -> None:
    home = home_at(Path("/srv/cloister"), {})
    assert home == Home(Path("/srv/cloister"), Path("/srv/cloister/run"))
    assert home_at(tmp_path / ("deep" * 30), {}).sockets != tmp_path / ("deep" * 30) / "run"


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A folder as XDG_RUNTIME_DIR is one, with a path that is short whatever the name of the test."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


def test_sockets_go_where_their_paths_fit_even_if_the_runtime_folder_lies_deep(tmp_path: Path) -> None:
    home = home_at(tmp_path / ("deep" * 30), {"XDG_RUNTIME_DIR": str(tmp_path / ("deep" * 30))})
    assert len(os.fsencode(home.sockets)) < SOCKET_PATH_BYTES


def test_sockets_of_a_deep_home_lie_in_a_private_folder_that_every_process_finds(tmp_path: Path, runtime: Path) -> None:
    root = tmp_path / ("deep" * 30)
    home = home_at(root, {"XDG_RUNTIME_DIR": str(runtime)})
    create(home)
    assert home.sockets.parent == runtime
    assert mode(home.sockets) == 0o700
    assert home_at(root, {}) == home, "the record decides, whatever a later process has in its environment"
    assert len(os.fsencode(home.mlflow_socket)) <= SOCKET_PATH_BYTES


def test_a_socket_folder_that_was_put_there_as_a_link_is_refused(tmp_path: Path, runtime: Path) -> None:
    home = home_at(tmp_path / ("deep" * 30), {"XDG_RUNTIME_DIR": str(runtime)})
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home.sockets.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError) as caught:
        create(home)
    assert caught.value.faults[0].thing == str(home.sockets)
    assert not (home.run / "sockets").exists()


def test_a_home_that_others_can_write_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "h"
    root.mkdir()
    root.chmod(0o777)
    with pytest.raises(SourceError) as caught:
        create(home_at(root, {}))
    assert [(f.thing, f.reason, f.mend) for f in caught.value.faults] == [
        (str(root), "others can write to it (mode 0777)", f"chmod go-w {root}")
    ]
    assert list(root.iterdir()) == []


def test_a_home_of_another_user_is_refused(tmp_path: Path) -> None:
    root = Path("/usr")
    if os.geteuid() == 0:
        root = tmp_path / "h"
        root.mkdir()
        os.chown(root, 12345, 12345)
    with pytest.raises(SourceError, match="belongs to another user") as caught:
        create(home_at(root, {}))
    assert "cloister up --home PATH" in caught.value.faults[0].mend


@pytest.mark.parametrize("under_a_file", [False, True])
def test_a_home_that_cannot_be_made_is_told_with_its_mend(tmp_path: Path, *, under_a_file: bool) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    root = blocked / "h" if under_a_file else blocked
    with pytest.raises(SourceError) as caught:
        create(home_at(root, {}))
    (fault,) = caught.value.faults
    assert fault.thing == str(root)
    assert fault.reason == ("cannot be written: Not a directory" if under_a_file else "is not a folder")
    assert "cloister up --home PATH" in fault.mend
