"""The control API's routes of users; the platform mounts them beside its own."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.guard import Guard
from cloister.gateway.identity.users import User, add_user, list_users, set_disabled, set_password
from cloister.gateway.mlflow.canonical import ambiguous, read_json
from cloister.gateway.passing.forwarding import check_json_type, read_body

_LARGEST_BODY: Final = 64 * 1024


class UserRoutes:
    """`/cloister/v1/users`: list, add, new password, disable and enable."""

    def __init__(self, guard: Guard, groups: Mapping[str, str]) -> None:
        self._guard = guard
        self._groups = groups

    def routes(self) -> list[Route]:
        """What the platform mounts."""
        return [
            Route("/cloister/v1/users", self.list, methods=["GET"]),
            Route("/cloister/v1/users", self.add, methods=["POST"]),
            Route("/cloister/v1/users/{name}/password", self.password, methods=["POST"]),
            Route("/cloister/v1/users/{name}/disabled", self.disabled, methods=["PUT"]),
        ]

    async def list(self, request: Request) -> Response:
        """Every user with groups and roles: {"users": [...]}."""
        await self._guard.require(request.scope, "cloister:ManageUser", "user/*")
        users = await anyio.to_thread.run_sync(list_users, self._guard.engine)
        return JSONResponse({"users": [self._shown(user) for user in users]})

    async def add(self, request: Request) -> Response:
        """A new user: {"name", "groups", "password"?} -> {"name", "password"}, the only time that it is shown."""
        document = await request_document(request)
        name, groups = document.get("name"), document.get("groups", [])
        if not isinstance(name, str):
            raise ambiguous(thing="name", reason="is no text")
        by = await self._guard.require(request.scope, "cloister:ManageUser", f"user/{name}")
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise ambiguous(thing="groups", reason="is no list of texts")
        mend = f"use one of {', '.join(sorted(self._groups))}"
        if unknown := [
            Fault(f'group "{group}"', "does not exist", mend) for group in groups if group not in self._groups
        ]:
            raise SpecError(unknown)
        password, now = _password(document), self._guard.clock()
        add = partial(add_user, self._guard.engine, name, groups, password, now=now, by=by.name)
        made = await anyio.to_thread.run_sync(add)
        self._guard.forget()
        return JSONResponse({"name": name, "password": made}, 201, {"cache-control": "no-store"})

    async def password(self, request: Request) -> Response:
        """A new password: {"password"?} -> {"name", "password"}; tokens and sessions from before end."""
        name = request.path_params["name"]
        document = await request_document(request)
        by = await self._guard.require(request.scope, "cloister:ManageUser", f"user/{name}")
        password, now = _password(document), self._guard.clock()
        change = partial(set_password, self._guard.engine, name, password, now=now, by=by.name)
        made = await anyio.to_thread.run_sync(change)
        self._guard.forget()
        return JSONResponse({"name": name, "password": made}, headers={"cache-control": "no-store"})

    async def disabled(self, request: Request) -> Response:
        """Shut a user out or let it in again: {"disabled": true | false}."""
        name = request.path_params["name"]
        document = await request_document(request)
        await self._guard.require(request.scope, "cloister:ManageUser", f"user/{name}")
        disabled, now = document.get("disabled"), self._guard.clock()
        if not isinstance(disabled, bool):
            raise ambiguous(thing="disabled", reason="is neither true nor false")
        await anyio.to_thread.run_sync(lambda: set_disabled(self._guard.engine, name, disabled=disabled, now=now))
        self._guard.forget()
        return JSONResponse({"name": name, "disabled": disabled})

    def _shown(self, user: User) -> dict[str, object]:
        roles = sorted({self._groups[group] for group in user.groups if group in self._groups})
        return {"name": user.name, "groups": list(user.groups), "roles": roles, "disabled": user.disabled}


async def request_document(request: Request) -> dict[str, object]:
    """The JSON object in the body of a request. Raises SpecError where there is none, or it is too large."""
    check_json_type(request.scope["headers"])
    return read_json(await read_body(request.receive, _LARGEST_BODY), empty_is_object=False)


def _password(document: Mapping[str, object]) -> str | None:
    password = document.get("password")
    if password is not None and not isinstance(password, str):
        raise ambiguous(thing="password", reason="is no text")
    return password
