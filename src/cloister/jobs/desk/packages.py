"""The control API's part on packages: asked for, decided, brought in; and the locks that steps ran in.

Every request is decided first. Who decides on an entry is not who asked for it, whatever the policies say.
"""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.access.principals import Principal
from cloister.errors import CloisterError, Fault, RefusedError, SpecError
from cloister.gateway.guard import RequestFacts
from cloister.gateway.mlflow.resources import named
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, body, told, value
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.errors import MissingError, TooLargeError
from cloister.jobs.packages import upstream
from cloister.jobs.packages.allowing import allow_list
from cloister.jobs.packages.catalogue import Catalogue, catalogue
from cloister.jobs.packages.locks import Pin
from cloister.jobs.packages.names import Entry, read_entry, read_file_name
from cloister.jobs.packages.requests import PackageRequest, PackageRequests, State, refuse_own
from cloister.jobs.packages.shelf import Shelf

READ: Final = "cloister:ReadPackage"
REQUEST: Final = "cloister:RequestPackage"
APPROVE: Final = "cloister:ApprovePackage"
IMPORT: Final = "cloister:ImportPackage"
_EVERY: Final = "package/*"
_LARGEST_FILE: Final = 8 * 2**30
_MOST_ASKED: Final = 500
_MEND: Final = "ask with cloister environment allow"
_DECIDE: Final = "decide with cloister environment approve, reject or revoke"


class Authorizer(rights.Authorizer, Protocol):
    """Decides one request and writes the decision down; the gateway's guard is one."""

    async def record_refusal(
        self, error: CloisterError, facts: RequestFacts, principal: Principal | None = ..., action: str = ...
    ) -> None:
        """Put on record what was refused beyond what the policies say."""


def _one_line(text: str) -> str:
    if not text.isprintable():
        message = "holds more than one line, or what is no letter: it is shown to whoever decides, among other lines"
        raise ValueError(message)
    return text


_Words = Annotated[str, Field(max_length=2000), AfterValidator(_one_line)]


class Asked(BaseModel):
    """What somebody asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entries: tuple[str, ...] = Field(min_length=1, max_length=_MOST_ASKED)
    reason: _Words = ""
    with_dependencies: bool = False
    with_source: bool = False


class Decided(BaseModel):
    """What somebody decides. `pins` are what is allowed of a request with dependencies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    comment: _Words = ""
    pins: tuple[str, ...] = Field(default=(), max_length=_MOST_ASKED)


_ASKED: Final = TypeAdapter(Asked)
_DECIDED: Final = TypeAdapter(Decided)
Close = Callable[[int, Principal, str], PackageRequest]


class PackageControl:
    """The handlers."""

    def __init__(
        self,
        shelf: Shelf,
        requests: PackageRequests,
        kept: KeptEnvironments,
        authorizer: Authorizer,
        *,
        submitter: Callable[[str], str | None],
        fetches: bool,
    ) -> None:
        self._shelf = shelf
        self._requests = requests
        self._kept = kept
        self._authorizer = authorizer
        self._submitter = submitter
        self._fetches = fetches

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        one = "/packages/requests/{number:int}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/packages", self._list),
            ("PUT", "/packages/files/{filename}", self._import),
            ("GET", "/packages/requests", self._listed),
            ("POST", "/packages/requests", self._ask),
            ("GET", f"{one}/dependencies", self._dependencies),
            ("POST", f"{one}/approve", self._approve),
            ("POST", f"{one}/reject", self._reject),
            ("POST", f"{one}/revoke", self._revoke),
            ("GET", "/environments/{sha256}", self._lock),
            ("GET", "/jobs/{name}/environments", self._of_job),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        """What the index serves, file by file."""
        await self._admit(request, READ, _EVERY)
        now = await asyncio.to_thread(self._now)
        files = [file for project in now.projects for file in now.of(project)]
        shown = [
            {"filename": file.filename, "sha256": file.sha256, "size": file.size, "from": file.taken_from}
            for file in files
        ]
        return JSONResponse({"files": shown})

    async def _import(self, request: Request) -> Response:
        """Take a file as the body; the answer holds its hash, which its name stands for from then on."""
        name = read_file_name(request.path_params["filename"])
        principal = await self._admit(request, IMPORT, named("package", name.project))
        with tempfile.NamedTemporaryFile(prefix="cloister-package-") as file:
            size = 0
            try:
                async for piece in request.stream():
                    size += len(piece)
                    if size > _LARGEST_FILE:
                        reason = f"is larger than {_LARGEST_FILE // 2**30} GiB"
                        raise TooLargeError(Fault(name.text, reason, "put it into the packages' folder by hand"))
                    await asyncio.to_thread(file.write, piece)
            except ClientDisconnect as error:
                raise SpecError(Fault(name.text, "broke off in the middle", "send it again")) from error
            file.flush()
            taken = await asyncio.to_thread(self._shelf.take, Path(file.name), name.text, str(principal))
        now = await asyncio.to_thread(self._now)
        document = {"filename": taken.filename, "project": taken.project, "version": taken.version}
        allowed = taken in now.of(taken.project)
        return JSONResponse(document | {"sha256": taken.sha256, "size": taken.size, "is_allowed": allowed}, 201)

    async def _listed(self, request: Request) -> Response:
        """The requests that are open, or all of them with `?state=any`; and what was asked of the index in vain."""
        await self._admit(request, READ, _EVERY)
        state = request.query_params.get("state", State.OPEN.value)
        if state not in ("any", *State):
            raise SpecError(Fault("state", f'"{state[:20]}" is none of its values', f"use any or {', '.join(State)}"))
        found = await asyncio.to_thread(self._requests.listed, None if state == "any" else State(state))
        refused = await asyncio.to_thread(self._requests.refused)
        now = await asyncio.to_thread(self._now)
        return JSONResponse(
            {
                "requests": [_shown(one) for one in found],
                "refused": [
                    {"project": r.project, "reason": r.reason, "times": r.times}
                    for r in refused
                    if not now.of(r.project)
                ],
                "not_fetched": [{"entry": str(one.entry), "reason": one.fault} for one in now.allowed if one.fault],
            }
        )

    async def _ask(self, request: Request) -> Response:
        """Take `{"entries": ["NAME==VERSION"], "reason", "with_dependencies", "with_source"}`."""
        asked: Asked = value(_ASKED, await body(request, _MEND), _MEND)
        entries = tuple(read_entry(text, bare=asked.with_dependencies) for text in asked.entries)
        made = []
        for entry in dict.fromkeys(entries):
            principal = await self._admit(request, REQUEST, named("package", entry.project))
            ask = self._requests.ask
            wanted = {"with_dependencies": asked.with_dependencies, "with_source": asked.with_source}
            made.append(await asyncio.to_thread(ask, entry, principal, asked.reason.strip(), **wanted))
        return JSONResponse({"requests": [_shown(one) for one in made]}, 201)

    async def _dependencies(self, request: Request) -> Response:
        """What a request comes to today, and from whom; asked by whoever decides, since it may ask upstream."""
        found, principal = await self._found(request, APPROVE)
        await self._refuse_own(request, found, principal)
        entries: tuple[Entry, ...] = (found.entry,)
        if found.with_dependencies:
            entries = tuple(read_entry(str(pin)) for pin in await self._needs(found))
        now = await asyncio.to_thread(self._now)
        return JSONResponse({"pins": [self._looked_at(entry, now) for entry in entries]})

    def _looked_at(self, entry: Entry, now: Catalogue) -> dict[str, object]:
        """What whoever decides has to know: whose file it is, and whose the others of the name, if there are any."""
        return {
            "entry": str(entry),
            "is_allowed": any(one.entry == entry for one in now.allowed),
            "is_fetched": self._fetches,
            "brought_by": now.brought_by(entry.project, entry),
            "others_by": now.brought_by(entry.project),
        }

    async def _approve(self, request: Request) -> Response:
        """Take `{"pins": ["NAME==VERSION"], "comment"}`: with dependencies, what is allowed is the pins alone."""
        found, principal = await self._found(request, APPROVE)
        decided: Decided = value(_DECIDED, await body(request, _DECIDE), _DECIDE)
        pins = tuple(read_entry(text) for text in decided.pins)
        if bool(pins) != found.with_dependencies:
            reason = "come with a request with dependencies, and with no other"
            raise SpecError(Fault("pins", reason, "see what it comes to: cloister environment approve"))
        entries: tuple[Entry, ...] = pins or (found.entry,)
        for project in sorted({entry.project for entry in entries} - {found.entry.project}):
            await self._admit(request, APPROVE, named("package", project))
        if pins:
            await self._refuse_own(request, found, principal)
            _refuse_others(pins, await self._needs(found))

        def approve(number: int, by: Principal, comment: str) -> PackageRequest:
            return self._requests.approve(number, by, entries, comment)

        return await self._closed(request, found, principal, approve, decided.comment)

    async def _refuse_own(self, request: Request, found: PackageRequest, principal: Principal) -> None:
        """Before anything goes upstream, the name least of all, somebody else has looked at it."""
        try:
            refuse_own(found, principal)
        except RefusedError as error:
            await self._authorizer.record_refusal(error, RequestFacts.of(request.scope), principal, APPROVE)
            raise

    async def _needs(self, found: PackageRequest) -> tuple[Pin, ...]:
        """What a request with dependencies comes to today."""
        files, fetches = self._shelf.files, self._fetches
        return await asyncio.to_thread(upstream.dependencies, found.entry, files, upstream=fetches)

    async def _reject(self, request: Request) -> Response:
        found, principal = await self._found(request, APPROVE, REQUEST)
        return await self._closed(request, found, principal, self._requests.reject, await _comment(request))

    async def _revoke(self, request: Request) -> Response:
        found, principal = await self._found(request, APPROVE)
        return await self._closed(request, found, principal, self._requests.revoke, await _comment(request))

    async def _closed(
        self, request: Request, found: PackageRequest, by: Principal, close: Close, comment: str
    ) -> Response:
        try:
            closed = await asyncio.to_thread(close, found.number, by, comment)
        except RefusedError as error:
            await self._authorizer.record_refusal(error, RequestFacts.of(request.scope), by, APPROVE)
            raise
        return JSONResponse(_shown(closed))

    async def _lock(self, request: Request) -> Response:
        """The lock of that hash, or of the beginning of one."""
        await self._admit(request, READ, _EVERY)
        sha256 = request.path_params["sha256"]
        found = await asyncio.to_thread(self._kept.find, sha256)
        if found is None:
            mend = "see those of a job: cloister environment show --job NAME"
            raise MissingError(Fault(f'environment "{sha256[:64]}"', "there is none of that hash", mend))
        document = {"sha256": found.sha256, "python": found.python, "tree_sha256": found.tree_sha256}
        return JSONResponse(document | {"lock": found.lock})

    async def _of_job(self, request: Request) -> Response:
        """Which environment each step of a job ran in."""
        name = request.path_params["name"]

        async def submitter(job: str) -> str | None:
            return await asyncio.to_thread(self._submitter, job)

        await self._authorizer.admit(request.scope, rights.READ, named("job", name), rights.seen(name, submitter))
        found = await asyncio.to_thread(self._kept.of_job, name)
        shown = [{"step": step, "sha256": sha256, "note": note} for step, (sha256, note) in found.items()]
        return JSONResponse({"environments": shown})

    async def _found(self, request: Request, action: str, own: str = "") -> tuple[PackageRequest, Principal]:
        """The request of the path and who asks; with `own`, whoever asked for it needs that right alone."""
        await self._admit(request, READ, _EVERY)
        found = await asyncio.to_thread(self._requests.find, request.path_params["number"])
        resource = named("package", found.entry.project)
        try:
            return found, await self._admit(request, action, resource)
        except RefusedError:
            if not own:
                raise
            principal = await self._admit(request, own, resource)
            if found.asked_by != principal.name:
                raise
            return found, principal

    async def _admit(self, request: Request, action: str, resource: str) -> Principal:
        asker = await self._authorizer.admit(request.scope, action, resource, rights.unseen())
        return asker.principal

    def _now(self) -> Catalogue:
        return catalogue(allow_list(self._requests.allowed()), self._shelf.listed())


def _refuse_others(entries: tuple[Entry, ...], needs: tuple[Pin, ...]) -> None:
    """Raise SpecError on what nobody asked for: whoever approves one thing would allow any other alone."""
    asked = {str(read_entry(str(pin))) for pin in needs}
    if others := [str(one) for one in entries if str(one) not in asked]:
        reason = f"{', '.join(others)[:500]}: not what the request comes to today"
        raise SpecError(Fault("pins", reason, "look again at what it comes to: cloister environment approve"))


async def _comment(request: Request) -> str:
    decided: Decided = value(_DECIDED, await body(request, _DECIDE), _DECIDE)
    return decided.comment


def _shown(request: PackageRequest) -> dict[str, object]:
    return {
        "number": request.number,
        "entry": str(request.entry),
        "with_dependencies": request.with_dependencies,
        "with_source": request.with_source,
        "reason": request.reason,
        "asked_by": request.asked_by,
        "asked_for": request.asked_for,
        "state": request.state.value,
        "decided_by": request.decided_by,
        "comment": request.comment,
    }
