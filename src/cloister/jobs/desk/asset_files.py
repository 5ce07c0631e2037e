"""The control API's part on what lies behind assets: the list of files, and each file as a stream."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cloister.errors import Fault
from cloister.jobs.assets.addresses import JobOutput, StorePath, is_inside
from cloister.jobs.assets.folder_store import FolderStore
from cloister.jobs.assets.names import AssetId, kind_of
from cloister.jobs.assets.stored import Stored
from cloister.jobs.desk import rights
from cloister.jobs.desk.references import to_read_asset
from cloister.jobs.desk.requests import Handler, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.touching import one_by_one
from cloister.jobs.errors import MissingError

# A file behind an address that somebody else chose is never shown as a page of ours.
_PLAIN: Final = {"content-type": "application/octet-stream", "content-disposition": "attachment"}
Opened = tuple[Stored, str]


class AssetFileControl:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._library = service.library
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`. Those with a path answer with a file."""
        files = "/assets/{kind}/{name}/versions/{version}/files"
        table: list[tuple[str, Handler]] = [(files, self._list), (f"{files}/{{path:path}}", self._file)]
        return [Route(path, told(handler), methods=["GET"]) for path, handler in table]

    async def _list(self, request: Request) -> Response:
        """The files of a version: `{"is_file": ..., "name": ..., "files": [{"path", "size"}]}`."""
        stored, path = await self._asset(request)
        return JSONResponse(await asyncio.to_thread(_listing, stored, path))

    async def _file(self, request: Request) -> Response:
        stored, path = await self._asset(request)
        return await _file(stored, _joined(path, request.path_params["path"]))

    async def _asset(self, request: Request) -> Opened:
        kind, name = kind_of(request.path_params["kind"]), request.path_params["name"]
        wanted = AssetId(kind, name, request.path_params["version"])
        async for one in one_by_one(to_read_asset(wanted, self._library.following)):
            await self._authorizer.admit(request.scope, one.action, one.resource, rights.unseen())
        return await asyncio.to_thread(self._opened, wanted)

    def _opened(self, wanted: AssetId) -> Opened:
        following = self._library.following
        match following.end_of(following.place_of(wanted)):
            case StorePath(store, path):
                return self._library.datastores.open(store), path
            case JobOutput(job, output, path):
                made = self._service.published.folder(job, output)
                return FolderStore(f"job-{job}", made.parent), _joined(made.name, path)


def _listing(stored: Stored, path: str) -> dict[str, Any]:
    found = stored.find(path)
    files = [{"path": entry.path, "size": entry.size} for entry in found.entries]
    return {"is_file": found.is_file, "name": path.rpartition("/")[2], "files": files}


async def _file(stored: Stored, path: str) -> Response:
    """One file as a stream; its length is told, so that a broken one is noticed."""
    found = await asyncio.to_thread(stored.find, path)
    if not found.is_file:
        raise _absent(path)

    def pieces() -> Iterator[bytes]:
        yield from stored.pieces(path)

    return StreamingResponse(pieces(), headers={**_PLAIN, "content-length": str(found.entries[0].size)})


def _joined(top: str, path: str) -> str:
    """The path below the top. Raises MissingError on one that leads out."""
    if not is_inside(path):
        raise _absent(path)
    return "/".join(part for part in (top, path) if part)


def _absent(path: str) -> MissingError:
    return MissingError(Fault(f'"{path[:200]}"', "is no file that was made", "see what there is: list it first"))
