"""Callers whom API Gateway names: from where the header counts, and whom it may name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError
from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import SourceError
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.guard import Guard
from cloister.gateway.identity.fronted import Front, Fronted
from cloister.gateway.identity.users import add_user
from cloister.gateway.record.writing import AuditLog
from cloister.store import migrate, open_store

_KEY = OKPKey.generate_key("Ed25519")
_SECRET = "s" * 40
_ROLE = "arn:aws:sts::111122223333:assumed-role/DataScientist/ada"
_USER = "arn:aws:iam::111122223333:user/ada"
_CALLERS = [
    {"arn": "arn:aws:sts::111122223333:assumed-role/DataScientist/*", "groups": ["ml-members"]},
    {"arn": "arn:aws:iam::111122223333:user/*", "groups": ["ml-readers"], "kind": "user"},
]
Pairs = list[tuple[str, str]]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    add_user(opened, "mia", [], None, now=datetime.now(UTC))
    yield opened
    opened.dispose()


def front(tmp_path: Path, *, secret: bool = False, **settings: object) -> Front:
    file = tmp_path / "secret"
    file.write_text(_SECRET + "\n")
    more = {"secret_file": str(file)} if secret else {}
    return Front.model_validate_json(json.dumps({"callers": _CALLERS} | more | settings))


def asking(engine: Engine, fronted: Front, peer: str | None, headers: Pairs) -> Principal | str:
    """Who the guard takes for asking, or why it takes nobody."""
    audit = AuditLog(engine)
    guard = Guard(engine=engine, key=_KEY, role_of_group={}, audit=audit, fronted=Fronted(fronted))
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw}
    try:
        return asyncio.run(guard.authenticate(scope | {"client": (peer, 1) if peer else None})).principal
    except UnauthenticatedError as error:
        return error.faults[0].reason
    finally:
        audit.close()


_NOBODY = "there is neither a bearer token nor a session"
_UNCOVERED = "the caller whom API Gateway names is covered by no pattern of the configuration"
_SCIENTIST = Principal("aws:111122223333:assumed-role/DataScientist/ada", "workload", ("ml-members",))
_ADA = Principal("aws:111122223333:user/ada", "user", ("ml-readers",))


@pytest.mark.parametrize(
    ("peer", "arn", "expected"),
    [
        pytest.param("10.20.4.7", _ROLE, _SCIENTIST, id="a role"),
        pytest.param("10.20.4.7", _USER, _ADA, id="a user"),
        pytest.param("::ffff:10.20.4.7", _USER, _ADA, id="the same address on a socket of both families"),
        pytest.param("10.20.5.7", _USER, _NOBODY, id="from another address"),
        pytest.param("127.0.0.1", _USER, _NOBODY, id="from this machine"),
        pytest.param(None, _USER, _NOBODY, id="from nobody knows where"),
        pytest.param("10.20.4.7", _USER.replace("1111", "9999"), _UNCOVERED, id="of another account"),
        pytest.param("10.20.4.7", _USER + " x", _UNCOVERED, id="no ARN"),
        pytest.param("10.20.4.7", "", _UNCOVERED, id="empty"),
        pytest.param("10.20.4.7", _ROLE.replace("/ada", ""), _UNCOVERED, id="a role without a session"),
    ],
)
def test_who_is_believed_by_address(
    engine: Engine, tmp_path: Path, peer: str | None, arn: str, expected: Principal | str
) -> None:
    told = front(tmp_path, addresses=["10.20.4.0/24"])
    assert asking(engine, told, peer, [("x-cloister-caller-arn", arn)]) == expected


@pytest.mark.parametrize(
    ("given", "peer", "expected"),
    [
        (_SECRET, "10.20.4.7", _ADA),
        (_SECRET + "s", "10.20.4.7", _NOBODY),
        ("", "10.20.4.7", _NOBODY),
        (_SECRET, "8.8.8.8", _NOBODY),
    ],
)
def test_who_is_believed_by_a_secret_and_an_address(
    engine: Engine, tmp_path: Path, given: str, peer: str, expected: Principal | str
) -> None:
    told = front(tmp_path, secret=True, addresses=["10.20.4.0/24"])
    headers = [("x-cloister-caller-arn", _USER), ("x-cloister-front-secret", given)]
    assert asking(engine, told, peer, headers) == expected


def test_a_header_that_does_not_count_is_as_if_it_were_not_there(engine: Engine, tmp_path: Path) -> None:
    token = issue(Principal("mia", "user"), _KEY, now=datetime.now(UTC), lifetime_seconds=60)
    headers = [("x-cloister-caller-arn", _USER), ("authorization", f"Bearer {token}")]
    told = front(tmp_path, addresses=["10.20.4.0/24"])
    assert asking(engine, told, "8.8.8.8", headers) == Principal("mia", "user")
    assert asking(engine, told, "10.20.4.7", headers) == _ADA


def test_a_caller_who_is_named_twice_is_nobody(engine: Engine, tmp_path: Path) -> None:
    headers = [("x-cloister-caller-arn", _ROLE), ("X-Cloister-Caller-Arn", _USER)]
    said = asking(engine, front(tmp_path, addresses=["10.20.4.0/24"]), "10.20.4.7", headers)
    assert said == "the caller is named twice by what stands in front of the gateway"


def test_a_front_that_anybody_could_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="so that anybody could set the header"):
        front(tmp_path)
    with pytest.raises(ValidationError):
        front(tmp_path, addresses=["10.0.0.0/8"], callers=[{"arn": "*", "groups": []}])
    short = front(tmp_path, secret=True)
    (tmp_path / "secret").write_text("short")
    with pytest.raises(SourceError, match="fewer than 32"):
        Fronted(short)
