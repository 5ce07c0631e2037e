"""The control API's part on assets: the SDK's REST objects in and out, each request decided first."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.resources import named
from cloister.jobs.assets.addresses import Labelled, StorePath
from cloister.jobs.assets.following import place_named
from cloister.jobs.assets.names import RESOURCES, AssetId, Kind, kind_of
from cloister.jobs.desk import rights
from cloister.jobs.desk.references import above_upload, to_name, upload_named
from cloister.jobs.desk.requests import Handler, body, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.touching import one_by_one
from cloister.jobs.errors import MissingError

_ARCHIVED: Final = {"no": False, "only": True, "too": None}
_MEND: Final = "create assets with cloister data create and its kin"


class AssetControl:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._following = service.library.following
        self._records = service.library.assets
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
        every = f"{RESOURCES[kind]}/*"
        asker = await self._authorizer.admit(request.scope, rights.READ_ASSET, every, rights.unseen())
        found = await asyncio.to_thread(self._records.containers, kind, archived=_archived(request))
        seen = (one for one in found if rights.may_read_asset(asker, named(RESOURCES[kind], one.name)))
        return JSONResponse({"value": [one.document() for one in seen]})

    async def _container(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, rights.READ_ASSET)
        return JSONResponse((await asyncio.to_thread(self._records.container, kind, name)).document())

    async def _versions(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, rights.READ_ASSET)
        found = await asyncio.to_thread(self._records.versions, kind, name, archived=_archived(request))
        return JSONResponse({"value": [one.document() for one in found]})

    async def _show(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, rights.READ_ASSET)
        wanted = AssetId(kind, name, request.path_params["version"])
        return JSONResponse((await asyncio.to_thread(self._records.version, wanted)).document())

    async def _labelled(self, request: Request) -> Response:
        kind, name, _ = await self._may(request, rights.READ_ASSET)
        wanted = Labelled(kind, name, request.path_params["label"])
        return JSONResponse((await asyncio.to_thread(self._records.labelled, wanted)).document())

    async def _create(self, request: Request) -> Response:
        """Take `{"properties": {...}}`, as the SDK makes it; without a version in the path, the next number is it.

        With `?unless=same`, the newest version of the same content is the answer, if there is one.
        """
        kind, name, principal = await self._may(request, rights.MANAGE_ASSET)
        properties = (await body(request, _MEND)).get("properties")
        await self._may_read_what_it_names(request, principal, kind, properties)
        version = request.path_params.get("version", "")
        if not version and request.query_params.get("unless") == "same":
            same = await asyncio.to_thread(self._records.same, kind, name, properties)
            if same is not None:
                return JSONResponse(same.document())
        made = await asyncio.to_thread(self._records.put, kind, name, version, properties, principal.name)
        return JSONResponse(made.document(), 201)

    async def _may_read_what_it_names(self, request: Request, asker: Principal, kind: Kind, properties: object) -> None:
        """An asset opens what lies behind it to whoever may read the asset: so its maker must be able to read that."""
        uri = place_named(kind, properties) if isinstance(properties, dict) else ""
        if (place := upload_named(uri)) is not None:
            await self._may_name_upload(request, asker, place)
            return
        async for one in one_by_one(to_name(uri, self._following) if uri else iter(())):
            if one.job and asker.kind == "job" and asker.name.startswith(f"job/{one.job}/"):
                # A step registers what its own job has made.
                continue
            see = rights.seen(one.job, self._submitter) if one.job else rights.unseen()
            await self._authorizer.admit(request.scope, one.action, one.resource, see)

    async def _may_name_upload(self, request: Request, principal: Principal, place: StorePath) -> None:
        """Whoever has sent it may, and whoever may read an asset that holds it. Steps print its path."""
        datastore = named("datastore", place.store)
        asker = await self._authorizer.admit(request.scope, rights.READ_ASSET, datastore, rights.unseen())

        def may() -> bool:
            if self._service.library.contents.has_placed(place, principal.name):
                return True
            holding = (one.id for above in above_upload(place) for one in self._records.lying_at(str(above)))
            return any(rights.may_read_asset(asker, one.resource) for one in holding)

        if not await asyncio.to_thread(may):
            raise MissingError(Fault(f'"{place}"', "was not sent", "send it first, or name the asset that it is in"))

    async def _submitter(self, job: str) -> str | None:
        return await asyncio.to_thread(self._service.submitter, job)

    async def _archive(self, request: Request) -> Response:
        return await self._set_archived(request, archived=True)

    async def _restore(self, request: Request) -> Response:
        return await self._set_archived(request, archived=False)

    async def _set_archived(self, request: Request, *, archived: bool) -> Response:
        """Take `{"version": "..."}`; without a version, all of that name is meant."""
        kind, name, principal = await self._may(request, rights.MANAGE_ASSET)
        version = (await body(request, _MEND)).get("version", "")
        if not isinstance(version, str):
            raise SpecError(Fault("version", "is no text", _MEND))
        await asyncio.to_thread(self._records.archive, kind, name, version, archived=archived, by=principal.name)
        return JSONResponse((await asyncio.to_thread(self._records.container, kind, name)).document())

    async def _may(self, request: Request, action: str) -> tuple[Kind, str, Principal]:
        """The kind and name of the path, and who asks. Raises RefusedError."""
        kind, name = kind_of(request.path_params["kind"]), request.path_params["name"]
        asker = await self._authorizer.admit(request.scope, action, named(RESOURCES[kind], name), rights.unseen())
        return kind, name, asker.principal


def _archived(request: Request) -> bool | None:
    text = request.query_params.get("archived", "no")
    if text not in _ARCHIVED:
        raise SpecError(Fault("archived", f'"{text[:20]}" is none of its values', "use no, only or too"))
    return _ARCHIVED[text]
