"""The control API's part on quotas: set, shown with what is used, and let be. Every request is decided first."""

import asyncio
from dataclasses import asdict
from typing import get_args

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault
from cloister.gateway.mlflow.resources import named
from cloister.jobs.compute.quotas import EACH, Limits, Quota, Scope
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, told, value
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService
from cloister.jobs.errors import MissingError

_SET = "set it with cloister quota set"
_LIMITS = TypeAdapter(Limits)


class QuotaControl:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        one = "/quotas/{scope}/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/quotas", self._list),
            ("GET", one, self._show),
            ("PUT", one, self._put),
            ("DELETE", one, self._delete),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        await self._authorizer.admit(request.scope, rights.READ_QUOTA, "quota/*", rights.unseen())
        found = await asyncio.to_thread(self._service.quotas.all)
        return JSONResponse({"quotas": [_document(quota) for quota in found]})

    async def _show(self, request: Request) -> Response:
        """What a person or a project uses, and the quotas that bind it; whoever it is may know."""
        scope, name, _ = await self._admitted(request, rights.READ_QUOTA)
        used = await asyncio.to_thread(self._used, scope, name)
        return JSONResponse({"scope": scope, "name": name, **used})

    async def _put(self, request: Request) -> Response:
        """Take the bounds: `{"nodes", "cores", "storage_gib", "money"}`, each if given."""
        scope, name, by = await self._admitted(request, rights.MANAGE_QUOTA)
        quota = Quota(scope, name, value(_LIMITS, await body(request, _SET), _SET))
        await asyncio.to_thread(self._service.quotas.put, quota, by)
        return JSONResponse(_document(quota), 201)

    async def _delete(self, request: Request) -> Response:
        scope, name, _ = await self._admitted(request, rights.MANAGE_QUOTA)
        await asyncio.to_thread(self._service.quotas.delete, scope, name)
        return Response(status_code=204)

    def _used(self, scope: Scope, name: str) -> dict[str, object]:
        binding = [q for q in self._service.quotas.all() if q.scope == scope and q.name in (EACH, name)]
        use = self._service.quotas.use(scope, name, self._service.storage(scope, name))
        return {"use": asdict(use), "quotas": [_document(quota) for quota in binding]}

    async def _admitted(self, request: Request, action: str) -> tuple[Scope, str, str]:
        """Whose quota the path names, and who asks, once that one may do this to it."""
        scope, name = str(request.path_params["scope"]), str(request.path_params["name"])
        owner = name if scope == "person" else None
        see = rights.seen_of(owner)
        asker = await self._authorizer.admit(request.scope, action, named("quota", scope, name), see)
        for known in get_args(Scope):
            if known == scope:
                return known, name, rights.owner_of(asker.principal)
        mend = f"use one of {', '.join(get_args(Scope))}"
        raise MissingError(Fault(f'quota of a "{scope[:40]}"', "there is no such scope", mend))


def _document(quota: Quota) -> dict[str, object]:
    return {"scope": quota.scope, "name": quota.name, **asdict(quota.limits)}
