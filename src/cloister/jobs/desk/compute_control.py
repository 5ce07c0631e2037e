"""The control API's part on computes: the official SDK's REST objects, made, read and deleted. Decided first."""

import asyncio
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.jobs.compute.compute import notes
from cloister.jobs.compute.kept import Computes, KeptCompute
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, told
from cloister.jobs.desk.rights import Authorizer

_CREATE = "make it with cloister compute create"


class ComputeControl:
    """The handlers."""

    def __init__(self, computes: Computes, authorizer: Authorizer) -> None:
        self._computes = computes
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/computes", self._list),
            ("GET", "/computes/{name}", self._show),
            ("PUT", "/computes/{name}", self._put),
            ("DELETE", "/computes/{name}", self._delete),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        await self._authorizer.admit(request.scope, rights.READ_COMPUTE, "compute/*", rights.unseen())
        found = await asyncio.to_thread(self._computes.all)
        return JSONResponse({"computes": [_document(kept) for kept in found]})

    async def _show(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.READ_COMPUTE)
        return JSONResponse(_document(await asyncio.to_thread(self._computes.find, name)))

    async def _put(self, request: Request) -> Response:
        """Take the REST object; its name is that of the path."""
        name, by = await self._admitted(request, rights.MANAGE_COMPUTE)
        document = await body(request, _CREATE)
        if document.get("name", name) != name:
            reason = f'the document names it "{str(document["name"])[:40]}", and the address "{name}"'
            raise SpecError(Fault("compute", reason, "name the same in both"))
        kept = await asyncio.to_thread(self._computes.put, document | {"name": name}, by)
        return JSONResponse(_document(kept) | {"notes": list(notes(document | {"name": name}))}, 201)

    async def _delete(self, request: Request) -> Response:
        name, _ = await self._admitted(request, rights.MANAGE_COMPUTE)
        await asyncio.to_thread(self._computes.delete, name)
        return Response(status_code=204)

    async def _admitted(self, request: Request, action: str) -> tuple[str, str]:
        """The compute's name in the path and who asks, once that one may do this to it."""
        name = str(request.path_params["name"])
        asker = await self._authorizer.admit(request.scope, action, named("compute", name), rights.unseen())
        return name, rights.owner_of(asker.principal)


def _document(kept: KeptCompute) -> dict[str, object]:
    compute = kept.compute
    return {
        "name": compute.name,
        "type": compute.kind.lower(),
        "size": compute.size,
        "min_instances": compute.min_instances,
        "max_instances": compute.max_instances,
        "idle_time_before_scale_down": compute.idle_seconds,
        "tier": "low_priority" if compute.low_priority else "dedicated",
        "cores": compute.cores,
        "memory_bytes": compute.memory_bytes,
        "created_by": kept.created_by,
        "created_at": datetime.fromtimestamp(kept.created_at, UTC).isoformat(timespec="milliseconds"),
        "notes": list(notes(kept.document)),
        "rest": dict(kept.document),
    }
