"""The control API's routes of access keys and of the roles that may be assumed with them."""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, RefusedError, SpecError
from cloister.gateway.access_keys import kept, roles
from cloister.gateway.access_keys.kept import AccessKey
from cloister.gateway.access_keys.roles import AssumableRole
from cloister.gateway.control import request_document
from cloister.gateway.guard import Guard
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.policies.routes import text_of

MANAGE: Final = "cloister:ManageAccessKey"
MANAGE_ROLE: Final = "cloister:ManageRole"
_T = TypeVar("_T")


class AccessKeyRoutes:
    """`/cloister/v1/keys` and `/cloister/v1/roles`."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def routes(self) -> list[Route]:
        """What the gateway mounts."""
        key, role = "/cloister/v1/keys/{id}", "/cloister/v1/roles/{name}"
        return [
            Route("/cloister/v1/keys", self.list, methods=["GET"]),
            Route("/cloister/v1/keys", self.create, methods=["POST"]),
            Route("/cloister/v1/keys/reseal", self.reseal, methods=["POST"]),
            Route(key, self.delete, methods=["DELETE"]),
            Route(key + "/active", self.set_active, methods=["PUT"]),
            Route("/cloister/v1/roles", self.list_roles, methods=["GET"]),
            Route(role, self.put_role, methods=["PUT"]),
            Route(role, self.delete_role, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        """The keys of `?owner=`, or all: {"keys": [...]}, without secrets."""
        owner = request.query_params.get("owner")
        await self._guard.require(request.scope, MANAGE, f"access-key/{owner or '*'}")
        found = await self._run(kept.list_keys, owner)
        return JSONResponse({"keys": [_shown(key) for key in found]})

    async def create(self, request: Request) -> Response:
        """A new key: {"owner", "groups"?} -> {"id", "secret", "owner"}, the only time that the secret is shown."""
        body = await request_document(request)
        owner, groups = text_of(body, "owner"), body.get("groups", [])
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise ambiguous(thing="groups", reason="is no list of texts")
        by = await self._guard.require(request.scope, MANAGE, f"access-key/{owner}")
        if by.kind != "user":
            # Who answers for the key must be a person, and not one behind three others.
            raise RefusedError(Fault("access key", f"is made by people, not by a {by.kind}", "log in: cloister login"))
        sealer, now = self._guard.signed.sealer, self._guard.clock()
        key_id, secret = await self._run(kept.create, sealer, owner, groups, now=now, by=by.name)
        self._guard.forget()
        return JSONResponse({"id": key_id, "secret": secret, "owner": owner}, 201, {"cache-control": "no-store"})

    async def set_active(self, request: Request) -> Response:
        """Let a key count, or no longer: {"active": true | false}."""
        body = await request_document(request)
        key = await self._named(request)
        active = body.get("active")
        if not isinstance(active, bool):
            raise ambiguous(thing="active", reason="is neither true nor false")
        await self._run(kept.set_active, key.id, active=active)
        self._guard.forget()
        return JSONResponse({"id": key.id, "active": active})

    async def delete(self, request: Request) -> Response:
        """Delete a key for good."""
        key = await self._named(request)
        await self._run(kept.remove, key.id)
        self._guard.forget()
        return JSONResponse({"id": key.id, "deleted": True})

    async def reseal(self, request: Request) -> Response:
        """Seal every secret with the newest sealing key: {"sealed": N}."""
        await self._guard.require(request.scope, MANAGE, "access-key/*")
        return JSONResponse({"sealed": await self._run(kept.reseal, self._guard.signed.sealer)})

    async def list_roles(self, request: Request) -> Response:
        """Every role that may be assumed: {"roles": [...]}."""
        await self._guard.require(request.scope, MANAGE_ROLE, "role/*")
        found = await self._run(roles.list_roles)
        return JSONResponse({"roles": [_shown_role(role, self._guard.signed.signing.account) for role in found]})

    async def put_role(self, request: Request) -> Response:
        """Let a role be this: {"groups", "trust", "longest_seconds"?}. Counts at once."""
        body = await request_document(request)
        name, groups, longest = request.path_params["name"], body.get("groups"), body.get("longest_seconds", 3600)
        by = await self._guard.require(request.scope, MANAGE_ROLE, f"role/{name}")
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise ambiguous(thing="groups", reason="is no list of texts")
        if isinstance(longest, bool) or not isinstance(longest, int):
            raise ambiguous(thing="longest_seconds", reason="is no number")
        role = AssumableRole(name, tuple(groups), text_of(body, "trust"), longest)
        await self._run(roles.put, role, now=self._guard.clock(), by=by.name)
        self._guard.forget()
        return JSONResponse(_shown_role(role, self._guard.signed.signing.account))

    async def delete_role(self, request: Request) -> Response:
        """Delete a role, which ends whatever was assumed of it."""
        name = request.path_params["name"]
        await self._guard.require(request.scope, MANAGE_ROLE, f"role/{name}")
        if not await self._run(roles.remove, name):
            raise SpecError(Fault(f'role "{name}"', "does not exist", "see which do: cloister key roles"))
        self._guard.forget()
        return JSONResponse({"name": name, "deleted": True})

    async def _named(self, request: Request) -> AccessKey:
        """The key of the path, once it is sure that the caller may manage it."""
        key_id = str(request.path_params["id"])
        key = await self._run(kept.find, key_id)
        await self._guard.require(request.scope, MANAGE, f"access-key/{key.owner if key else key_id}")
        if key is None:
            raise SpecError(Fault(f"access key {key_id}", "does not exist", "see which do: cloister key list"))
        return key

    async def _run(self, function: Callable[..., _T], *values: object, **named: object) -> _T:
        return await anyio.to_thread.run_sync(partial(function, self._guard.engine, *values, **named))


def _shown(key: AccessKey) -> dict[str, object]:
    return {
        "id": key.id,
        "owner": key.owner,
        "groups": list(key.groups),
        "active": key.active,
        "created_at": key.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "created_by": key.created_by,
        "last_used_at": key.last_used_at.strftime("%Y-%m-%dT%H:%M:%SZ") if key.last_used_at else None,
    }


def _shown_role(role: AssumableRole, account: str) -> dict[str, object]:
    return {
        "name": role.name,
        "arn": f"arn:aws:iam::{account}:role/{role.name}",
        "groups": list(role.groups),
        "trust": role.trust,
        "longest_seconds": role.longest_seconds,
    }
