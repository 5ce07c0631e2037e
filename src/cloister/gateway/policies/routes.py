"""The control API's routes of kept policies: `/cloister/v1/policies`."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.control import request_document
from cloister.gateway.guard import Guard
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.policies import kept
from cloister.gateway.policies.kept import Putting, Target, Version, target_of

MANAGE = "cloister:ManagePolicy"
READ = "cloister:ReadPolicy"
_T = TypeVar("_T")


class PolicyRoutes:
    """`/cloister/v1/policies`: put, list, show, history, attach, detach, delete."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def routes(self) -> list[Route]:
        """What the gateway mounts."""
        one = "/cloister/v1/policies/{name}"
        return [
            Route("/cloister/v1/policies", self.list, methods=["GET"]),
            Route("/cloister/v1/policies", self.put, methods=["POST"]),
            Route(one, self.show, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/versions", self.history, methods=["GET"]),
            Route(one + "/attachments/{kind}/{target:path}", self.attach, methods=["PUT"]),
            Route(one + "/attachments/{kind}/{target:path}", self.detach, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        """Every policy that counts, with what it is attached to: {"policies": [...]}, without documents."""
        await self._guard.require(request.scope, READ, "policy/*")
        everything = await self._run(kept.everything)
        attached = [(policy, str(target)) for policy, target in everything.attachments]
        shown = [
            _shown(one) | {"attached": [target for policy, target in attached if policy == one.policy]}
            for one in everything.versions
        ]
        return JSONResponse({"policies": shown})

    async def put(self, request: Request) -> Response:
        """A new version: {"name", "document", "reason", "review_date"?} -> {"name", "version"}. Counts at once."""
        body = await request_document(request)
        putting = Putting(text_of(body, "name"), text_of(body, "document"), text_of(body, "reason"), _day(body))
        by = await self._guard.require(request.scope, MANAGE, f"policy/{putting.policy}")
        taken = tuple(self._guard.own_roles)
        number = await self._run(kept.put, putting, now=self._guard.clock(), by=by.name, taken=taken)
        self._guard.standing.forget()
        return JSONResponse({"name": putting.policy, "version": number}, 201)

    async def show(self, request: Request) -> Response:
        """The version that counts, or `?version=N`, with its document and what the policy is attached to."""
        name = await self._named(request, READ)
        number = request.query_params.get("version", "")
        if number and not (number.isdecimal() and number.isascii()):
            raise ambiguous(thing=f'version "{number}"', reason="is no number")
        found = await (self._run(kept.version, name, int(number)) if number else self._run(kept.current, name))
        attached = [str(target) for target in await self._run(kept.attachments, name)]
        return JSONResponse(_shown(found) | {"document": found.document, "attached": attached})

    async def history(self, request: Request) -> Response:
        """Every version, the first one first: {"versions": [...]}, without documents."""
        name = await self._named(request, READ)
        versions = await self._run(kept.history, name)
        if not versions:
            raise SpecError(Fault(f'policy "{name}"', "never was there", "see which are: cloister policy list"))
        return JSONResponse({"versions": [_shown(one) | {"deleted": one.document is None} for one in versions]})

    async def delete(self, request: Request) -> Response:
        """Delete a policy that is attached to nothing, `?reason=TEXT`; its history stays."""
        name = request.path_params["name"]
        by = await self._guard.require(request.scope, MANAGE, f"policy/{name}")
        reason = request.query_params.get("reason", "")
        number = await self._run(kept.remove, name, reason=reason, now=self._guard.clock(), by=by.name)
        self._guard.standing.forget()
        return JSONResponse({"name": name, "version": number})

    async def attach(self, request: Request) -> Response:
        """Let the policy speak for a user, a group or a role."""
        name, target = request.path_params["name"], _target(request)
        by = await self._guard.require(request.scope, MANAGE, f"policy/{name}")
        await self._run(kept.attach, name, target, now=self._guard.clock(), by=by.name)
        self._guard.standing.forget()
        return JSONResponse({"name": name, "attached": str(target)})

    async def detach(self, request: Request) -> Response:
        """Let it speak for them no longer."""
        name, target = await self._named(request, MANAGE), _target(request)
        await self._run(kept.detach, name, target)
        self._guard.standing.forget()
        return JSONResponse({"name": name, "detached": str(target)})

    async def _named(self, request: Request, action: str) -> str:
        name = str(request.path_params["name"])
        await self._guard.require(request.scope, action, f"policy/{name}")
        return name

    async def _run(self, function: Callable[..., _T], *values: object, **named: object) -> _T:
        return await anyio.to_thread.run_sync(partial(function, self._guard.engine, *values, **named))


def text_of(body: Mapping[str, object], field: str) -> str:
    """The text of a field. Raises SpecError where it is none."""
    value = body.get(field, "")
    if not isinstance(value, str):
        raise ambiguous(thing=field, reason="is no text")
    return value


def _target(request: Request) -> Target:
    return target_of(request.path_params["kind"], request.path_params["target"])


def _day(body: Mapping[str, object]) -> date | None:
    text = text_of(body, "review_date")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SpecError(Fault(f'review date "{text}"', "is no day", "write it as 2027-03-31")) from error


def _shown(version: Version) -> dict[str, object]:
    return {
        "name": version.policy,
        "version": version.number,
        "created_by": version.created_by,
        "created_at": version.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reason": version.reason,
        "review_date": version.review_date.isoformat() if version.review_date else None,
    }
