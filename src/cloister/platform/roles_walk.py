"""What each role can and cannot do, found out by real requests through the gateway, not read off the policies.

Each request is made with a short-lived token of a member of the role; which statement decided is read from the record
of decisions. A row that differs from what is expected means that the platform must not be used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import Fault, InternalError
from cloister.gateway.record.search import Search, search
from cloister.inventory.azure import Inventory
from cloister.loopback import http_client

EXPERIMENT = "cloister-self-check"
_MLFLOW = "/api/2.0/mlflow"
_TOKEN_SECONDS = 300
_NOBODY = "nobody"
_OK, _UNAUTHENTICATED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404


@dataclass(frozen=True, slots=True)
class Try:
    """One request of the walk: who, what in words, and the status that it must be answered with."""

    role: str
    what: str
    expected: int
    method: str
    path: str
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """How one request was answered, and which rule decided."""

    role: str
    what: str
    expected: int
    status: int
    decided_by: str

    @property
    def is_as_expected(self) -> bool:
        """Whether the platform did what it promises."""
        return self.status == self.expected


def tries(experiment: str, run: str) -> Iterator[Try]:
    """The requests, given an experiment and a run in it that an administrator made."""
    new_run: Mapping[str, object] = {"experiment_id": experiment}
    promotion = {"name": EXPERIMENT, "alias": "production", "version": "1"}
    yield Try(_NOBODY, "read the run", _UNAUTHENTICATED, "GET", f"{_MLFLOW}/runs/get?run_id={run}")
    for role in ("reader", "approver"):
        yield Try(role, "read the run", _OK, "GET", f"{_MLFLOW}/runs/get?run_id={run}")
        yield Try(role, "create a run", _FORBIDDEN, "POST", f"{_MLFLOW}/runs/create", new_run)
    yield Try("reader", "promote a model", _FORBIDDEN, "POST", f"{_MLFLOW}/registered-models/alias", promotion)
    for role in ("reader", "approver"):
        yield Try(role, "delete the run", _FORBIDDEN, "POST", f"{_MLFLOW}/runs/delete", {"run_id": run})
        yield Try(role, "read the record of decisions", _FORBIDDEN, "GET", "/cloister/v1/audit")
    for role in ("admin", "reader", "approver"):
        yield Try(role, "call a route that nobody knows", _NOT_FOUND, "GET", f"{_MLFLOW}/no-such-route")
    yield Try("admin", "delete the run", _OK, "POST", f"{_MLFLOW}/runs/delete", {"run_id": run})


def walk_roles(url: str, inventory: Inventory, key: OKPKey, engine: Engine) -> tuple[Row, ...]:
    """A row for each request; roles that nobody has are left out, and without an administrator nothing is walked."""
    people = members(inventory)
    if "admin" not in people:
        return ()
    now = datetime.now(UTC)
    tokens = {
        role: issue(Principal(name=member, kind="user"), key, now=now, lifetime_seconds=_TOKEN_SECONDS)
        for role, member in people.items()
    }
    with http_client(url) as http:
        experiment = _experiment(http, tokens["admin"])
        created = Try("admin", "create a run", _OK, "POST", f"{_MLFLOW}/runs/create", {"experiment_id": experiment})
        answer = _send(http, created, tokens["admin"])
        first = _row(created, answer, engine, people["admin"])
        if not first.is_as_expected:
            return (first,)
        run = str(answer.json()["run"]["info"]["run_id"])
        asked = (one for one in tries(experiment, run) if one.role in {*people, _NOBODY})
        rows = [
            _row(one, _send(http, one, tokens.get(one.role, "")), engine, people.get(one.role, "-")) for one in asked
        ]
        return (first, *rows)


def members(inventory: Inventory) -> dict[str, str]:
    """One person for each role that somebody has."""
    found: dict[str, str] = {}
    for group in inventory.groups:
        for member in group.members[:1]:
            found.setdefault(group.role, member)
    return found


def check_walk(rows: tuple[Row, ...]) -> None:
    """Raise every row that is not as expected."""
    wrong = [
        Fault(
            f"role {row.role}",
            f"{row.what}: answered with {row.status} where {row.expected} must come ({row.decided_by or 'no record'})",
            "do not use this platform; look into logs/gateway.log, and report it",
        )
        for row in rows
        if not row.is_as_expected
    ]
    if wrong:
        raise InternalError(wrong)


def _experiment(http: httpx.Client, token: str) -> str:
    """The id of the experiment of the self-check, made where there is none."""
    path = f"{_MLFLOW}/experiments/get-by-name?experiment_name={EXPERIMENT}"
    found = _send(http, Try("admin", "", _OK, "GET", path), token)
    if found.status_code == _OK:
        return str(found.json()["experiment"]["experiment_id"])
    made = _send(http, Try("admin", "", _OK, "POST", f"{_MLFLOW}/experiments/create", {"name": EXPERIMENT}), token)
    if made.status_code != _OK:
        reason = f"could not be made by an administrator: {made.status_code} {made.text[:500]}"
        raise InternalError(Fault(f"experiment {EXPERIMENT}", reason, "look into logs/gateway.log and logs/mlflow.log"))
    return str(made.json()["experiment_id"])


def _send(http: httpx.Client, one: Try, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return http.request(one.method, one.path, headers=headers, json=dict(one.body) if one.body else None)


def _row(one: Try, answer: httpx.Response, engine: Engine, person: str) -> Row:
    """The row of an answered request, with the rule of this person's newest decision: nobody else logs in yet."""
    records = search(engine, Search(principal=person, limit=1))
    rule = str(records[0]["rule"] or records[0]["reason"]) if records else ""
    return Row(one.role, one.what, one.expected, answer.status_code, rule)
