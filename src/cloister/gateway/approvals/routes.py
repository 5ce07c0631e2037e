"""`/cloister/v1/approvals`: asked for, listed and decided through the control API."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.approvals.desk import Brought, Desk
from cloister.gateway.approvals.moves import read_move
from cloister.gateway.approvals.requests import ApprovalRequest, State
from cloister.gateway.mlflow.canonical import ambiguous, read_json
from cloister.gateway.passing.forwarding import check_json_type, read_body

_LARGEST_BODY: Final = 64 * 1024
_CREATED: Final = 201
_ANY: Final = "any"


class ApprovalRoutes:
    """The control API's routes of approvals."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """What the platform mounts."""
        return [
            Route("/cloister/v1/approvals", self.list, methods=["GET"]),
            Route("/cloister/v1/approvals", self.ask, methods=["POST"]),
            Route("/cloister/v1/approvals/{number:int}/approve", self.approve, methods=["POST"]),
            Route("/cloister/v1/approvals/{number:int}/reject", self.reject, methods=["POST"]),
            Route("/cloister/v1/approvals/{number:int}/withdraw", self.withdraw, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """The requests in a state (`?state=any` for all, open without it): {"approvals": [...]}, newest first."""
        state = request.query_params.get("state", State.OPEN.value)
        if state not in (_ANY, *State):
            raise SpecError(Fault(f'state "{state}"', "is not known", f"use {', '.join((*State, _ANY))}"))
        _, found = await self._desk.listed(request.scope, None if state == _ANY else State(state))
        return JSONResponse({"approvals": [_shown(one.request) | _beside(one) for one in found]})

    async def ask(self, request: Request) -> Response:
        """A request for a move: {"model", "version", "stage" or "alias", "reason"} -> the request."""
        document = await _document(request)
        asked = await self._desk.ask(request.scope, read_move(document), _text(document, "reason"))
        return JSONResponse(_shown(asked), _CREATED)

    async def approve(self, request: Request) -> Response:
        """The version moved: {"comment"?} -> what MLflow answered."""
        comment = _text(await _document(request), "comment")
        carried = await self._desk.approve(request.scope, request.path_params["number"], comment)
        return Response(carried.body, carried.status, media_type="application/json")

    async def reject(self, request: Request) -> Response:
        """The request rejected: {"comment"?}."""
        comment = _text(await _document(request), "comment")
        await self._desk.reject(request.scope, request.path_params["number"], comment)
        return JSONResponse({"state": State.REJECTED})

    async def withdraw(self, request: Request) -> Response:
        """The request taken back: {"comment"?}."""
        comment = _text(await _document(request), "comment")
        await self._desk.withdraw(request.scope, request.path_params["number"], comment)
        return JSONResponse({"state": State.WITHDRAWN})


def _shown(request: ApprovalRequest) -> dict[str, Any]:
    move = request.move
    return {
        "number": request.number,
        "model": move.model,
        "version": move.version,
        move.kind: move.target,
        "asked_by": request.asked_by,
        "asked_at": f"{request.asked_at:%Y-%m-%dT%H:%M:%SZ}",
        "reason": request.reason,
        "state": request.state.value,
        "decided_by": request.decided_by,
        "decided_at": f"{request.decided_at:%Y-%m-%dT%H:%M:%SZ}" if request.decided_at else None,
        "comment": request.comment,
    }


def _beside(brought: Brought) -> dict[str, Any]:
    makers = sorted(brought.makers) if brought.makers is not None else None
    return {"run": brought.version.get("run_id"), "makers": makers, "metrics": brought.metrics}


async def _document(request: Request) -> Mapping[str, object]:
    check_json_type(request.scope["headers"])
    return read_json(await read_body(request.receive, _LARGEST_BODY), empty_is_object=False)


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise ambiguous(thing=f'"{key}"', reason="is no text")
    return value
