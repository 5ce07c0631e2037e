"""The control API's part on assets: the SDK's REST objects in and out, each request decided first."""

import asyncio
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.jobs.assets.addresses import Labelled
from cloister.jobs.assets.names import RESOURCES, AssetId, Kind, kind_of
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.desk.requests import Handler, body, told

READ: Final = "cloister:ReadAsset"
MANAGE: Final = "cloister:ManageAsset"
_ARCHIVED: Final = {"no": False, "only": True, "too": None}
_MEND: Final = "create assets with cloister data create and its kin"


class Requiring(Protocol):
    """Decides one request and writes the decision down; the gateway's guard is one."""

    async def require(self, scope: Scope, action: str, resource: str = ...) -> Principal:
        """The principal who asks, and may. Raises RefusedError."""


class AssetControl:
    """The handlers."""

    def __init__(self, records: AssetRecords, authorizer: Requiring) -> None:
        self._records = records
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        name = "/assets/{kind}/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/assets/{kind}", self._list),
            ("GET", name, self._container),
            ("GET", f"{name}/versions", self._versions),
            ("POST", f"{name}/versions", self._create),
            ("GET", f"{name}/versions/{{version}}", self._show),
            ("PUT", f"{name}/versions/{{version}}", self._create),
            ("GET", f"{name}/labels/{{label}}", self._labelled),
            ("POST", f"{name}/archive", self._archive),
            ("POST", f"{name}/restore", self._restore),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        kind = kind_of(request.path_params["kind"])
        await self._authorizer.require(request.scope, READ, f"{RESOURCES[kind]}/*")
        found = await asyncio.to_thread(self._records.containers, kind, archived=_archived(request))
        return JSONResponse({"value": [one.document() for one in found]})

    async def _container(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, READ)
        return JSONResponse((await asyncio.to_thread(self._records.container, kind, name)).document())

    async def _versions(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, READ)
        found = await asyncio.to_thread(self._records.versions, kind, name, archived=_archived(request))
        return JSONResponse({"value": [one.document() for one in found]})

    async def _show(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, READ)
        wanted = AssetId(kind, name, request.path_params["version"])
        return JSONResponse((await asyncio.to_thread(self._records.version, wanted)).document())

    async def _labelled(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, READ)
        wanted = Labelled(kind, name, request.path_params["label"])
        return JSONResponse((await asyncio.to_thread(self._records.labelled, wanted)).document())

    async def _create(self, request: Request) -> Response:
        """Take `{"properties": {...}}`, as the SDK makes it; without a version in the path, the next number is it."""
        kind, name, principal = await self._may(request, MANAGE)
        document = await body(request, _MEND)
        version = request.path_params.get("version", "")
        made = await asyncio.to_thread(
            self._records.put, kind, name, version, document.get("properties"), principal.name
        )
        return JSONResponse(made.document(), 201)

    async def _archive(self, request: Request) -> Response:
        return await self._set_archived(request, archived=True)

    async def _restore(self, request: Request) -> Response:
        return await self._set_archived(request, archived=False)

    async def _set_archived(self, request: Request, *, archived: bool) -> Response:
        """Take `{"version": "..."}`; without a version, all of that name is meant."""
        kind, name, principal = await self._may(request, MANAGE)
        version = (await body(request, _MEND)).get("version", "")
        if not isinstance(version, str):
            raise SpecError(Fault("version", "is no text", _MEND))
        await asyncio.to_thread(self._records.archive, kind, name, version, archived=archived, by=principal.name)
        return JSONResponse((await asyncio.to_thread(self._records.container, kind, name)).document())

    async def _may(self, request: Request, action: str) -> tuple[Kind, str, Principal]:
        """The kind and name of the path, and who asks. Raises RefusedError."""
        kind, name = kind_of(request.path_params["kind"]), request.path_params["name"]
        principal = await self._authorizer.require(request.scope, action, named(RESOURCES[kind], name))
        return kind, name, principal


def _archived(request: Request) -> bool | None:
    text = request.query_params.get("archived", "no")
    if text not in _ARCHIVED:
        raise SpecError(Fault("archived", f'"{text[:20]}" is none of its values', "use no, only or too"))
    return _ARCHIVED[text]
