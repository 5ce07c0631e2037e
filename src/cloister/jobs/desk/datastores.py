"""The control API's part on datastores: declared, shown without their credentials, forgotten. Decided first."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.gateway.mlflow.resources import named
from cloister.jobs.assets.datastores import DatastoreRecords
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, told
from cloister.jobs.desk.rights import Authorizer


class DatastoreControl:
    """The handlers."""

    def __init__(self, records: DatastoreRecords, authorizer: Authorizer) -> None:
        self._records = records
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/datastores", self._list),
            ("GET", "/datastores/{name}", self._show),
            ("PUT", "/datastores/{name}", self._put),
            ("DELETE", "/datastores/{name}", self._delete),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        asker = await self._authorizer.admit(request.scope, rights.READ_ASSET, "datastore/*", rights.unseen())
        found = await asyncio.to_thread(self._records.all)
        seen = (one for one in found if rights.may_read_asset(asker, named("datastore", one.name)))
        return JSONResponse({"value": [one.document() for one in seen]})

    async def _show(self, request: Request) -> Response:
        name, _ = await self._may(request, rights.READ_ASSET)
        return JSONResponse((await asyncio.to_thread(self._records.get, name)).document())

    async def _put(self, request: Request) -> Response:
        """Take `{"properties": {...}}`; credentials in it are sealed, and told to nobody again."""
        name, by = await self._may(request, rights.MANAGE_ASSET)
        properties = (await body(request, "declare it with cloister datastore create")).get("properties")
        return JSONResponse((await asyncio.to_thread(self._records.put, name, properties, by)).document(), 201)

    async def _delete(self, request: Request) -> Response:
        name, _ = await self._may(request, rights.MANAGE_ASSET)
        await asyncio.to_thread(self._records.delete, name)
        return Response(status_code=204)

    async def _may(self, request: Request, action: str) -> tuple[str, str]:
        """The datastore of the path and who asks. Raises RefusedError."""
        name = str(request.path_params["name"])
        asker = await self._authorizer.admit(request.scope, action, named("datastore", name), rights.unseen())
        return name, asker.principal.name
