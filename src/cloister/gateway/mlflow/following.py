"""What a change that MLflow made means for what the gateway keeps: makers, names, and requests for approval."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import anyio.to_thread

from cloister.access.principals import Principal
from cloister.gateway.approvals.moves import move_of
from cloister.gateway.approvals.requests import Requests
from cloister.gateway.mlflow.canonical import Canonical
from cloister.gateway.mlflow.provenance import record_origins
from cloister.gateway.passing import answers
from cloister.gateway.rights.judging import Judge, Judged

# The answers (by the table of routes) out of which something follows.
CHANGES: Final = frozenset({"created", "renamed", "deleted", "moved"})


@dataclass(frozen=True, slots=True)
class Change:
    """A request that MLflow has carried out, passed on at `at`, and the answer to it."""

    request: Canonical
    judged: Judged
    principal: Principal
    at: datetime
    answer: bytes


async def follow(change: Change, judge: Judge) -> None:
    """Record what follows from a change."""
    kind, _, what = change.request.route.answer.partition(":")
    if kind == "created":
        await _created(change, what, judge)
    elif kind == "deleted":
        await _deleted(change, what, judge)
    elif kind == "moved":
        requests, move = Requests(judge.guard.engine), move_of(change.request)
        await anyio.to_thread.run_sync(lambda: requests.moved(move, change.principal.name, now=change.at))
    elif what == "experiment":
        judge.lookup.forget_name(change.request.one("experiment_id") or "")
    else:
        old, new = change.request.one("name") or "", change.request.one("new_name") or ""
        judge.lookup.forget_model(old)
        await anyio.to_thread.run_sync(judge.makers.renamed, old, new)
        await anyio.to_thread.run_sync(Requests(judge.guard.engine).renamed, old, new)


async def _created(change: Change, what: str, judge: Judge) -> None:
    made = answers.created(change.answer, what)
    if made is None:
        return
    await anyio.to_thread.run_sync(judge.makers.created, what, made.identity, change.principal.persons, made.since)
    if what == "model-version":
        await record_origins(made.identity, change.judged.origins, judge.lookup, judge.makers)


async def _deleted(change: Change, what: str, judge: Judge) -> None:
    name = change.request.one("name") or ""
    version = change.request.one("version") if what == "model-version" else None
    judge.lookup.forget_model(name)
    until = int(change.at.timestamp() * 1000)
    await anyio.to_thread.run_sync(lambda: judge.makers.forget(name, version, until=until))
    requests = Requests(judge.guard.engine)
    await anyio.to_thread.run_sync(lambda: requests.gone(name, version, now=change.at))
