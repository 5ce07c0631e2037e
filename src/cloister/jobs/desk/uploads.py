"""The control API's part on what authors upload: which files are wanted, their bytes in pieces, and their place."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.content import MOST_FILES, Contents, SentFile
from cloister.jobs.assets.datastores import DEFAULT
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, number, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.errors import TooLargeError

LARGEST_PIECE: Final = 16 * 1024 * 1024
_MEND: Final = "upload with cloister data create"


class UploadControl:
    """The handlers. Whoever uploads puts data into the default datastore, and needs the right to that."""

    def __init__(self, contents: Contents, authorizer: Authorizer) -> None:
        self._contents = contents
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/uploads/wanted", self._wanted),
            ("PUT", "/uploads/{sha256}", self._piece),
            ("POST", "/uploads", self._place),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _wanted(self, request: Request) -> Response:
        """Take `{"files": [[path, sha256, size], ...]}`; the answer says from which byte each is wanted."""
        by = await self._may(request)
        files = _files((await body(request, _MEND)).get("files"))

        def offsets() -> dict[str, int]:
            found = {file.sha256: self._contents.offset(file, by) for file in files}
            return {sha256: offset for sha256, offset in found.items() if offset is not None}

        return JSONResponse({"offsets": await asyncio.to_thread(offsets)})

    async def _piece(self, request: Request) -> Response:
        """Take a piece of a file as the body: `?offset=` says where it begins, `?size=` how long the file is."""
        by = await self._may(request)
        file = SentFile("file", request.path_params["sha256"], number(request, "size", 0))
        piece = bytearray()
        try:
            async for part in request.stream():
                piece += part
                if len(piece) > LARGEST_PIECE:
                    raise TooLargeError(Fault("upload", f"a piece has more than {LARGEST_PIECE} bytes", _MEND))
        except ClientDisconnect as error:
            raise SpecError(Fault("upload", "broke off in the middle", "go on where it stopped")) from error
        offset = number(request, "offset", 0)
        have = await asyncio.to_thread(self._contents.append, file, by, offset, bytes(piece))
        return JSONResponse({"offset": have})

    async def _place(self, request: Request) -> Response:
        """Take `{"name", "files", "is_file"}` of files that were sent; the answer is where they lie from now on."""
        by = await self._may(request)
        document = await body(request, _MEND)
        name, is_file = document.get("name"), document.get("is_file")
        if not isinstance(name, str) or not isinstance(is_file, bool):
            raise SpecError(Fault("upload", "has no name, or does not say whether it is a file", _MEND))
        files = _files(document.get("files"))
        place = await asyncio.to_thread(self._contents.place, name, files, by, is_file=is_file)
        return JSONResponse({"uri": str(place)}, 201)

    async def _may(self, request: Request) -> str:
        """Who uploads. Raises RefusedError."""
        asker = await self._authorizer.admit(
            request.scope, rights.WRITE_DATASTORE, f"datastore/{DEFAULT}", rights.unseen()
        )
        return asker.principal.name


def _files(found: object) -> list[SentFile]:
    """The files that a body names. Raises SpecError."""
    if not isinstance(found, list) or len(found) > MOST_FILES:
        raise SpecError(Fault("upload", "has no list of files, or a longer one than is taken", _MEND))
    files = []
    for one in found:
        match one:
            case [str(path), str(sha256), int(size)]:
                files.append(SentFile(path, sha256, size))
            case _:
                raise SpecError(Fault("upload", f"{str(one)[:80]} is no file", "send [path, sha256, size]"))
    return files
