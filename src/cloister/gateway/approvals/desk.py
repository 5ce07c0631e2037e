"""The desk where approvals are asked for, looked at and decided; the control API and the page are its two faces."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import anyio.to_thread
from starlette.types import ASGIApp, Scope

from cloister.access.conditions import Context
from cloister.errors import Fault, RefusedError, SpecError
from cloister.gateway.approvals.asking_for import ASK
from cloister.gateway.approvals.moves import Move
from cloister.gateway.approvals.requests import ApprovalRequest, Requests, State
from cloister.gateway.approvals.within import Answer as Carried
from cloister.gateway.approvals.within import post
from cloister.gateway.faults import ThrottledError, UnauthenticatedError
from cloister.gateway.guard import See
from cloister.gateway.mlflow.provenance import makers_of, parts_of_version
from cloister.gateway.mlflow.resources import Resource, run_resource
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.judging import Judge
from cloister.gateway.rights.owning import owned
from cloister.verdict import Answer

_LIST: Final = "cloister:ListApprovals"
_READ: Final = "cloister:ReadApproval"
_DECIDE: Final = "cloister:DecideApproval"
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Brought:
    """A request with what whoever decides has to know; of the run only what the asker may read.

    `version` is empty where MLflow has it no more, `makers` None where it is not recorded who made it. `may_decide` is
    whether a policy lets the asker decide; the move itself is judged when it is made.
    """

    request: ApprovalRequest
    version: Mapping[str, object]
    run: Mapping[str, object]
    makers: frozenset[str] | None
    may_decide: bool

    @property
    def metrics(self) -> dict[str, object]:
        """The run's newest metrics by name."""
        document = self.run.get("data")
        listed = document.get("metrics", []) if isinstance(document, dict) else []
        return {str(one["key"]): one["value"] for one in listed}


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything about approvals that somebody can do."""

    judge: Judge
    # The application that MLflow is reached through.
    mlflow: ASGIApp

    @property
    def _requests(self) -> Requests:
        return Requests(self.judge.guard.engine)

    async def ask(self, scope: Scope, move: Move, reason: str) -> ApprovalRequest:
        """A request for the move, recorded. Raises RefusedError, and SpecError where there is no such version."""
        asker = await self._admit(scope, ASK, move.resource)
        reason = _checked(reason, "reason")
        if not reason:
            raise SpecError(Fault("reason", "is missing", "say why the version should be moved"))
        if await self.judge.lookup.version(move.model, move.version) is None:
            raise SpecError(Fault(move.resource.name, "does not exist", "see which do: cloister model list"))
        now = self.judge.guard.clock()
        return await anyio.to_thread.run_sync(lambda: self._requests.ask(move, asker.principal.name, reason, now=now))

    async def listed(self, scope: Scope, state: State | None) -> tuple[Asker, list[Brought]]:
        """Who asks, and the requests in a state (None: in any) that it may see, newest first."""
        asker = await self._admit(scope, _LIST, Resource("server"))
        found = await anyio.to_thread.run_sync(self._requests.listed, state)
        seen = [one for one in found if await self._may(asker, _READ, one.move.resource)]
        return asker, [await self._bring(asker, one) for one in seen]

    async def approve(self, scope: Scope, number: int, comment: str) -> Carried:
        """What MLflow said to the move, done by whoever approves; the move itself closes the request."""
        request, asker = await self._open(scope, number, _DECIDE)
        comment = _checked(comment, "comment")
        carried = await post(self.mlflow, scope, request.move.path, request.move.body)
        if carried.is_success and comment:
            await anyio.to_thread.run_sync(self._requests.explain, number, asker.principal.name, comment)
        return carried

    async def reject(self, scope: Scope, number: int, comment: str) -> None:
        """The request rejected by somebody who may decide on it."""
        _, asker = await self._open(scope, number, _DECIDE)
        await self._close(number, State.REJECTED, asker, comment)

    async def withdraw(self, scope: Scope, number: int, comment: str) -> None:
        """The request taken back by whoever asked."""
        request, asker = await self._open(scope, number, ASK)
        if asker.principal.name != request.asked_by:
            reason = f"was asked for by {request.asked_by}"
            raise RefusedError(Fault(f"request {number}", reason, "an approver rejects it: cloister model reject"))
        await self._close(number, State.WITHDRAWN, asker, comment)

    async def _close(self, number: int, state: State, asker: Asker, comment: str) -> None:
        comment, now, by = _checked(comment, "comment"), self.judge.guard.clock(), asker.principal.name
        closed = await anyio.to_thread.run_sync(lambda: self._requests.close(number, state, by, comment, now=now))
        if not closed:
            raise _decided(number, "was decided at the same moment")

    async def _open(self, scope: Scope, number: int, action: str) -> tuple[ApprovalRequest, Asker]:
        """The request, where it is open and the asker may do this with it."""
        request = await anyio.to_thread.run_sync(self._requests.find, number)
        resource = request.move.resource if request else Resource(f"approval/{number}")
        try:
            asker = await self._admit(scope, action, resource)
        except (UnauthenticatedError, ThrottledError):
            raise
        except RefusedError as error:
            # The same whether it is there or not: its number is all that the caller knows of it.
            reason = f"no statement lets you do {action} on it, or there is no such request"
            raise RefusedError(Fault(f"request {number}", reason, error.faults[0].mend)) from error
        if request is None:
            raise SpecError(Fault(f"request {number}", "does not exist", "see which do: cloister model approvals"))
        if not request.is_open:
            by = f" by {request.decided_by}" if request.decided_by else ""
            raise _decided(number, f"is {request.state.value}{by} and open no more")
        return request, asker

    async def _admit(self, scope: Scope, action: str, resource: Resource) -> Asker:
        return await self.judge.guard.admit(scope, action, resource.name, self._see(action, resource))

    def _see(self, action: str, resource: Resource) -> See:
        async def see(asker: Asker) -> Context:
            return await owned(asker, action, resource, self.judge.lookup, self.judge.makers)

        return see

    async def _may(self, asker: Asker, action: str, resource: Resource) -> bool:
        context = await self._see(action, resource)(asker)
        return asker.of_object(asker.asks(action, resource.name, context)).answer is Answer.ALLOW

    async def _bring(self, asker: Asker, request: ApprovalRequest) -> Brought:
        move, lookup, makers = request.move, self.judge.lookup, self.judge.makers
        may_decide = await self._may(asker, _DECIDE, move.resource)
        version = await lookup.version(move.model, move.version)
        if not request.is_open or version is None:
            return Brought(request, {}, {}, None, may_decide)
        parts = await parts_of_version(move.model, move.version, lookup, makers)
        run_id = str(version.get("run_id") or "")
        run: Mapping[str, object] = {}
        if run_id and await self._may(asker, "mlflow:GetRun", await run_resource(run_id, lookup)):
            run = await lookup.run(run_id) or {}
        return Brought(request, version, run, await makers_of(parts, makers), may_decide)


def decode_faults(carried: Carried) -> str:
    """What was wrong, in words, out of an answer that is no success."""
    try:
        return str(json.loads(carried.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"MLflow answered with status {carried.status}"


def _checked(text: str, thing: str) -> str:
    text = text.strip()
    if len(text) > _LONGEST or "\x00" in text:
        raise SpecError(
            Fault(thing, f"is longer than {_LONGEST} letters, or holds a NUL", "say it in fewer, plain ones")
        )
    return text


def _decided(number: int, reason: str) -> SpecError:
    return SpecError(Fault(f"request {number}", reason, "see which are open: cloister model approvals"))
