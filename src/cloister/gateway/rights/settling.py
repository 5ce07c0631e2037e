"""What a gateway that was killed left open: requests that were passed on, and nobody noted what came of them.

The record of decisions is written before a request is passed on, so it holds the intention. For what is known by name,
MLflow is asked what became of it, and who made it is recorded after all (or forgotten, where it was deleted). A run, a
logged model or a version whose maker could not be recorded stays without one: nobody owns it by itself, and no approval
can rest on it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote

import anyio.to_thread
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from cloister.access.principals import persons_behind
from cloister.errors import SourceError
from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.rights.makers import Makers
from cloister.gateway.tables import AUDIT, OUTCOMES

_API: Final = "/api/2.0/mlflow/"
_AGAIN_SECONDS: Final = 2.0
# How long after the decision MLflow may have carried a request out, and how far two clocks may be apart.
_LATEST: Final = timedelta(seconds=600)
_SKEW: Final = timedelta(seconds=5)
_CREATED: Final = 200
_ACTIONS: Final = frozenset(
    {
        "mlflow:CreateExperiment",
        "mlflow:CreateRegisteredModel",
        "mlflow:RenameRegisteredModel",
        "mlflow:DeleteRegisteredModel",
        "mlflow:DeleteModelVersion",
    }
)


@dataclass(frozen=True, slots=True)
class _Open:
    """An allowed request: by whom, what it was to do, and the status that it was answered with (None: nobody knows)."""

    at: datetime
    action: str
    names: tuple[str, ...]
    persons: frozenset[str]
    status: int | None


async def settle_when_mlflow_answers(engine: Engine, upstream: Upstream, makers: Makers) -> None:
    """Settle what is open, as soon as MLflow and the database answer."""
    while True:
        try:
            await settle(engine, upstream, makers)
        except (SourceError, SQLAlchemyError):
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


async def settle(engine: Engine, upstream: Upstream, makers: Makers) -> None:
    """Settle what is open, in the order in which it was decided. Doing it twice changes nothing."""
    decided = await anyio.to_thread.run_sync(lambda: list(_decided(engine)))
    for one in decided:
        if one.status is not None:
            continue
        if one.action in ("mlflow:CreateExperiment", "mlflow:CreateRegisteredModel"):
            await _settle_creation(one, decided, upstream, makers)
        elif one.action == "mlflow:RenameRegisteredModel":
            await _settle_rename(one, upstream, makers)
        else:
            await _settle_deletion(one, upstream, makers)


async def _settle_creation(one: _Open, decided: Sequence[_Open], upstream: Upstream, makers: Makers) -> None:
    """The object's makers, where it came to be by this request and by no other."""
    kind = "experiment" if one.action == "mlflow:CreateExperiment" else "registered-model"
    found = await (_experiment if kind == "experiment" else _model)(one.names[0], upstream)
    if found is None or not _can_be_of(one, found):
        return
    others = [other for other in decided if (other.action, other.names) == (one.action, one.names)]
    able = [other for other in others if other.status in (None, _CREATED) and _can_be_of(other, found)]
    known = await anyio.to_thread.run_sync(makers.of, kind, found.identity) if kind == "experiment" else ()
    if known or any(other.status is not None or other.persons != one.persons for other in able):
        return
    since = int(found.since.timestamp() * 1000)
    await anyio.to_thread.run_sync(makers.created, kind, found.identity, one.persons, since)


async def _settle_rename(one: _Open, upstream: Upstream, makers: Makers) -> None:
    """What is recorded carried along, where the model of the new name is the renamed one, and none that came after."""
    old, new = one.names
    found = await _model(new, upstream)
    if found is not None and found.since <= one.at + _SKEW and await _model(old, upstream) is None:
        await anyio.to_thread.run_sync(makers.renamed, old, new)


async def _settle_deletion(one: _Open, upstream: Upstream, makers: Makers) -> None:
    """Forget the makers of what is gone; what has come to be since under the same name keeps its own."""
    name, version = one.names[0], one.names[1] if len(one.names) > 1 else None
    found = await (_model(name, upstream) if version is None else _version(name, version, upstream))
    if found is None or found.since > one.at + _SKEW:
        until = int(one.at.timestamp() * 1000)
        await anyio.to_thread.run_sync(lambda: makers.forget(name, version, until=until))


@dataclass(frozen=True, slots=True)
class _Found:
    """An object as MLflow has it now."""

    identity: str
    since: datetime


def _can_be_of(one: _Open, found: _Found) -> bool:
    return one.at - _SKEW <= found.since <= one.at + _LATEST + _SKEW


async def _experiment(name: str, upstream: Upstream) -> _Found | None:
    answer = await upstream.get_json(_API + "experiments/get-by-name", {"experiment_name": name})
    return _found(answer, "experiment", "experiment_id", "creation_time")


async def _model(name: str, upstream: Upstream) -> _Found | None:
    answer = await upstream.get_json(_API + "registered-models/get", {"name": name})
    return _found(answer, "registered_model", "name", "creation_timestamp")


async def _version(name: str, version: str, upstream: Upstream) -> _Found | None:
    answer = await upstream.get_json(_API + "model-versions/get", {"name": name, "version": version})
    return _found(answer, "model_version", "version", "creation_timestamp")


def _found(answer: Mapping[str, object] | None, field: str, identity: str, since: str) -> _Found | None:
    shown = answer.get(field) if answer else None
    if not isinstance(shown, dict):
        return None
    return _Found(str(shown[identity]), datetime.fromtimestamp(int(shown[since]) / 1000, UTC))


def _decided(engine: Engine) -> Iterator[_Open]:
    query = (
        select(AUDIT, OUTCOMES.c.status)
        .select_from(AUDIT.outerjoin(OUTCOMES))
        .where(AUDIT.c.action.in_(sorted(_ACTIONS)), AUDIT.c.decision == "ALLOW")
        .order_by(AUDIT.c.number)
    )
    with engine.connect() as connection:
        for row in connection.execute(query).mappings():
            yield _read(row)


def _read(row: Mapping[Any, Any]) -> _Open:
    """The names are the parts of the record's resources after their kind, percent-encoded there."""
    parts = [part for resource in row["resource"].split(", ") for part in resource.split("/")[1:]]
    at = datetime.strptime(row["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    persons = persons_behind(row["principal"], row["on_behalf_of"])
    return _Open(at, row["action"], tuple(map(unquote, parts)), persons, row["status"])
