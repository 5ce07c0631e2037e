"""The control API's part on lineage: of a version of an asset, of a job, and of the step behind an MLflow run."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.errors import RefusedError
from cloister.gateway.faults import ThrottledError, UnauthenticatedError
from cloister.gateway.mlflow.resources import named
from cloister.gateway.rights.asking import Asker
from cloister.jobs.assets.lineage import Thing
from cloister.jobs.assets.names import RESOURCES, AssetId, kind_of
from cloister.jobs.assets.tracing import Node, StepNode, Trace
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, number, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.desk.service import JobService, of_no_step

_DEEPEST: Final = 1000


class LineageControl:
    """The handlers."""

    def __init__(self, service: JobService, authorizer: Authorizer) -> None:
        self._service = service
        self._authorizer = authorizer

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`. `?depth=` says how far to go."""
        table: list[tuple[str, Handler]] = [
            ("/assets/{kind}/{name}/versions/{version}/lineage", self._of_asset),
            ("/jobs/{name}/lineage", self._of_job),
            ("/lineage/runs/{run_id}", self._of_run),
        ]
        return [Route(path, told(handler), methods=["GET"]) for path, handler in table]

    async def _of_asset(self, request: Request) -> Response:
        """`{"upstream": [...], "downstream": [...], "complete": ...}` of links from what was before to what came."""
        kind, name = kind_of(request.path_params["kind"]), request.path_params["name"]
        resource = named(RESOURCES[kind], name)
        asker = await self._authorizer.admit(request.scope, rights.READ_ASSET, resource, rights.unseen())
        wanted = AssetId(kind, name, request.path_params["version"])
        await asyncio.to_thread(self._service.library.assets.version, wanted)
        return await self._walked(request, asker, Thing(kind, name, wanted.version))

    async def _of_job(self, request: Request) -> Response:
        """`{"edges": [...]}`: what each step of the job read and made."""
        name = str(request.path_params["name"])
        await self._admitted(request, name)
        found = await asyncio.to_thread(self._service.library.lineage.of_job, name)
        return JSONResponse({"edges": [edge.document() for edge in found]})

    async def _of_run(self, request: Request) -> Response:
        """As of an asset, from the step that the MLflow run belongs to. One of a job that the asker may not read is
        told of as one that belongs to none.
        """
        run = request.path_params["run_id"]
        await self._authorizer.admit(request.scope, rights.LIST, "server", rights.unseen())
        node = await asyncio.to_thread(self._service.step_of_run, run)
        try:
            asker = await self._admitted(request, node[0])
        except (UnauthenticatedError, ThrottledError):
            raise
        except RefusedError as error:
            raise of_no_step(run) from error
        return await self._walked(request, asker, StepNode(*node))

    async def _admitted(self, request: Request, job: str) -> Asker:
        async def submitter(name: str) -> str | None:
            return await asyncio.to_thread(self._service.submitter, name)

        see = rights.seen(job, submitter)
        return await self._authorizer.admit(request.scope, rights.READ, named("job", job), see)

    async def _walked(self, request: Request, asker: Asker, start: Node) -> Response:
        depth = min(number(request, "depth", _DEEPEST), _DEEPEST)

        def walk() -> dict[str, Any]:
            tracing = self._service.tracing
            may = _may(asker, start, self._service)
            up, down = (tracing.walk(start, way, may, depth) for way in ("up", "down"))
            runs = self._service.runs_of
            return {
                "start": _document(start, may, runs),
                "upstream": _links(up, may, runs),
                "downstream": _links(down, may, runs),
                "complete": up.complete and down.complete,
            }

        return JSONResponse(await asyncio.to_thread(walk))


def _may(asker: Asker, start: Node, service: JobService) -> Callable[[Node], bool]:
    """Whether a node is shown to the asker; where it began, was decided."""

    @cache
    def may(node: Node) -> bool:
        if node == start:
            return True
        if isinstance(node, StepNode):
            return rights.may_read(asker, node.job, service.submitter(node.job) or "")
        if node.kind == "outputs":
            return rights.may_read(asker, node.name, service.submitter(node.name) or "")
        if node.kind == "paths":
            store = node.name.removeprefix("azureml://datastores/").partition("/")[0]
            resource = named("datastore", store)
        else:
            resource = named(RESOURCES[kind_of(node.kind)], node.name)
        return rights.may_read_asset(asker, resource)

    return may


def _links(trace: Trace, may: Callable[[Node], bool], runs: Callable[[str, str], str]) -> list[dict[str, object]]:
    return [
        {
            "from": _document(one.source, may, runs),
            "to": _document(one.target, may, runs),
            # What a step calls what it reads and makes, its submitter says.
            "port": one.port if may(one.source) and may(one.target) else "",
        }
        for one in trace.links
    ]


def _document(node: Node, may: Callable[[Node], bool], runs: Callable[[str, str], str]) -> dict[str, str]:
    """The node; of one that may not be seen, its kind alone."""
    if not may(node):
        return {"kind": "hidden"}
    if isinstance(node, StepNode):
        return {**node.document(), "run_id": runs(node.job, node.step)}
    return node.document()
