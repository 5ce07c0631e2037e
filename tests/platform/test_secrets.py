import stat
from pathlib import Path

import pytest

from cloister.errors import SourceError
from cloister.platform.environment import QUIET, child_environment
from cloister.platform.secrets import first_logins, keep_first_logins, new_password, read_secret, write_secret


def test_a_secret_is_private_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert read_secret(path) is None
    write_secret(path, "one")
    write_secret(path, "two")
    assert read_secret(path) == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secret_that_others_can_read_is_none(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    write_secret(path, "one")
    path.chmod(mode)
    with pytest.raises(SourceError, match="others can read this secret"):
        read_secret(path)


def test_passwords_differ_and_are_long() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert {len(password) for password in made} == {20}


def test_first_logins_add_up(tmp_path: Path) -> None:
    path = tmp_path / "first-logins.json"
    assert first_logins(path) == {}
    keep_first_logins(path, {"ada": "one"})
    keep_first_logins(path, {"grace": "two"})
    assert first_logins(path) == {"ada": "one", "grace": "two"}


def test_only_listed_names_pass_to_children_and_nobody_phones_home() -> None:
    ours = {"PATH": "/bin", "LC_ALL": "C", "AWS_SECRET_ACCESS_KEY": "x", "HTTPS_PROXY": "x", "MLFLOW_TRACKING_URI": "x"}
    made = child_environment({**ours, "DO_NOT_TRACK": "0"})
    assert {name for name in made if name in ours} == {"PATH", "LC_ALL"}
    assert {name: made[name] for name in QUIET} == dict(QUIET)
