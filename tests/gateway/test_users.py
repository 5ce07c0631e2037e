"""Local users, sessions, makers and the throttle, on a real database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cloister.errors import SourceError, SpecError
from cloister.gateway.identity.keys import load_key, load_or_create_key
from cloister.gateway.identity.sessions import LIFETIME, Session, close_session, find_session, open_session
from cloister.gateway.identity.users import (
    User,
    add_user,
    ensure_users,
    find_user,
    list_users,
    password_matches,
    set_disabled,
    set_password,
)
from cloister.gateway.rights.makers import Makers
from cloister.gateway.tables import SESSIONS, USERS
from cloister.store import migrate, open_store

_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_LATER = _NOW + timedelta(hours=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


def test_users_of_the_specification_get_passwords_once(engine: Engine) -> None:
    first = ensure_users(engine, {"admins": ["ada"], "readers": ["rita", "ada"]}, now=_NOW)
    second = ensure_users(engine, {"admins": ["ada"], "readers": ["bob"]}, now=_LATER)
    assert (sorted(first), sorted(second)) == (["ada", "rita"], ["bob"])
    assert all(len(password) >= 16 for password in (*first.values(), *second.values()))
    assert password_matches(engine, "ada", first["ada"])
    assert list_users(engine) == [
        User("ada", ("admins",), disabled=False, valid_from=_NOW),
        User("bob", ("readers",), disabled=False, valid_from=_LATER),
        User("rita", (), disabled=False, valid_from=_NOW),
    ]


def test_groups_that_an_administrator_gave_stay(engine: Engine) -> None:
    add_user(engine, "eve", ["readers"], None, now=_NOW)
    ensure_users(engine, {"admins": ["eve"]}, now=_NOW)
    assert find_user(engine, "eve") == User("eve", ("admins", "readers"), disabled=False, valid_from=_NOW)


def test_the_database_holds_argon2id_hashes(engine: Engine) -> None:
    password = add_user(engine, "eve", [], None, now=_NOW)
    with engine.connect() as connection:
        kept = connection.scalar(select(USERS.c.password_hash))
    assert str(kept).startswith("$argon2id$")
    assert password not in str(kept)


@pytest.mark.parametrize(
    ("name", "password", "matches"),
    [
        ("eve", "correct horse", True),
        ("eve", "correct hors", False),
        ("eve", "", False),
        ("eve", "x" * 5000, False),
        ("Eve", "correct horse", False),
        ("nobody", "correct horse", False),
        ("shut-out", "correct horse", False),
    ],
)
def test_passwords(engine: Engine, name: str, password: str, matches: bool) -> None:
    add_user(engine, "eve", [], "correct horse", now=_NOW)
    add_user(engine, "shut-out", [], "correct horse", now=_NOW)
    set_disabled(engine, "shut-out", disabled=True, now=_NOW)
    assert password_matches(engine, name, password) is matches


@pytest.mark.parametrize(
    ("name", "password", "thing"),
    [
        ("", None, 'user ""'),
        ("Eve", None, 'user "Eve"'),
        ("eve\n", None, 'user "eve\n"'),
        ("job/a/b", None, 'user "job/a/b"'),
        ("x" * 121, None, f'user "{"x" * 121}"'),
        ("eve", "short", "password"),
        ("eve", "x" * 1025, "password"),
        ("ada", None, 'user "ada"'),
    ],
)
def test_users_that_cannot_be_added(engine: Engine, name: str, password: str | None, thing: str) -> None:
    add_user(engine, "ada", [], None, now=_NOW)
    with pytest.raises(SpecError) as caught:
        add_user(engine, name, [], password, now=_NOW)
    assert [fault.thing for fault in caught.value.faults] == [thing]
    assert [user.name for user in list_users(engine)] == ["ada"]


def test_a_new_password_ends_what_was_before(engine: Engine) -> None:
    old = add_user(engine, "eve", [], None, now=_NOW)
    cookie = open_session(engine, "eve", now=_NOW)
    new = set_password(engine, "eve", None, now=_LATER)
    assert not password_matches(engine, "eve", old)
    assert password_matches(engine, "eve", new)
    assert find_session(engine, cookie, now=_LATER) is None
    found = find_user(engine, "eve")
    assert found is not None
    assert found.valid_from == _LATER


def test_nobody_changes_who_is_not_there(engine: Engine) -> None:
    with pytest.raises(SpecError, match="does not exist"):
        set_password(engine, "nobody", None, now=_NOW)
    with pytest.raises(SpecError, match="does not exist"):
        set_disabled(engine, "nobody", disabled=True, now=_NOW)


def test_a_session_holds_until_it_ends(engine: Engine) -> None:
    add_user(engine, "eve", [], None, now=_NOW)
    cookie = open_session(engine, "eve", now=_NOW)
    assert find_session(engine, cookie, now=_NOW + LIFETIME - timedelta(seconds=1)) == Session(
        "eve", _NOW, _NOW + LIFETIME
    )
    assert find_session(engine, cookie, now=_NOW + LIFETIME) is None
    assert find_session(engine, cookie[:-1], now=_NOW) is None
    close_session(engine, cookie)
    assert find_session(engine, cookie, now=_NOW) is None


def test_the_cookie_is_not_in_the_database(engine: Engine) -> None:
    add_user(engine, "eve", [], None, now=_NOW)
    cookie = open_session(engine, "eve", now=_NOW)
    with engine.connect() as connection:
        (row,) = connection.execute(select(SESSIONS)).all()
    assert cookie not in [str(value) for value in row]


def test_makers_are_added_and_kept(engine: Engine) -> None:
    makers = Makers(engine)
    makers.add("run", "r", {"ada", "job/a/b"})
    makers.add("run", "r", {"ada"})
    makers.add("run", "r", {"bob"})
    fresh = Makers(engine)
    fresh.add("run", "r", {"bob"})
    assert fresh.of("run", "r") == {"ada", "bob", "job/a/b"}
    assert fresh.of("logged-model", "r") == frozenset()
    assert [fresh.owned_of({("run", "r")}, {who}) == {("run", "r")} for who in ("ada", "bob", "eve")] == [
        True,
        True,
        False,
    ]


def test_a_user_that_does_not_exist_takes_as_long(engine: Engine) -> None:
    add_user(engine, "eve", [], "correct horse", now=_NOW)
    password_matches(engine, "nobody", "warm")

    def seconds(name: str) -> float:
        begun = time.process_time()
        for _ in range(5):
            password_matches(engine, name, "wrong horse")
        return time.process_time() - begun

    assert 0.5 < seconds("eve") / seconds("nobody") < 2


def test_the_signing_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "signing.jwk"
    first = load_or_create_key(path)
    assert load_or_create_key(path).thumbprint() == first.thumbprint()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [item.name for item in path.parent.iterdir()] == ["signing.jwk"]


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (None, 0o600, "cannot be read"),
        ("{}", 0o600, "holds no JSON Web Key"),
        ("not JSON", 0o600, "holds no JSON Web Key"),
        ('{"kty": "oct", "k": "AAAA"}', 0o600, "holds no JSON Web Key"),
        (
            '{"kty": "OKP", "crv": "Ed25519", "x": "hKksCpa5mJ69hLzc18XP8P6Q7kKN-Z2Ii4e21kbKiH8"}',
            0o600,
            "is no private Ed25519 key",
        ),
        ("{}", 0o644, "is readable by others"),
    ],
)
def test_signing_keys_that_are_refused(tmp_path: Path, text: str | None, mode: int, reason: str) -> None:
    path = tmp_path / "signing.jwk"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(SourceError, match=reason):
        load_key(path)
