"""The control API's part on agents: who runs steps, what each serves, and asking one to leave. Decided first."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.gateway.mlflow.resources import named
from cloister.jobs.desk import rights
from cloister.jobs.desk.requests import Handler, told
from cloister.jobs.desk.rights import Authorizer
from cloister.jobs.records.agents import AgentRecord, AgentRecords

# An agent beats every two seconds; one that was silent for this long is taken for dead.
AGENT_ALIVE_SECONDS = 10.0


class AgentControl:
    """The handlers."""

    def __init__(self, agents: AgentRecords, authorizer: Authorizer, clock: Callable[[], float]) -> None:
        self._agents = agents
        self._authorizer = authorizer
        self._clock = clock

    def routes(self) -> list[Route]:
        """The routes, to be put below `/cloister/v1`."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/agents", self._list),
            ("POST", "/agents/{name}/drain", self._drain),
        ]
        return [Route(path, told(handler), methods=[method]) for method, path, handler in table]

    async def _list(self, request: Request) -> Response:
        await self._authorizer.admit(request.scope, rights.READ_AGENT, "agent/*", rights.unseen())
        found = await asyncio.to_thread(self._agents.all)
        return JSONResponse({"agents": [_document(agent, self._clock()) for agent in found]})

    async def _drain(self, request: Request) -> Response:
        """Ask an agent to finish what it runs, to take nothing more, and to leave."""
        name = str(request.path_params["name"])
        await self._authorizer.admit(request.scope, rights.MANAGE_AGENT, named("agent", name), rights.unseen())
        return JSONResponse(_document(await asyncio.to_thread(self._agents.drain, name), self._clock()), 202)


def is_alive(agent: AgentRecord, now: float) -> bool:
    """Whether it was seen lately; a clock that jumps errs here, and nowhere else."""
    return not agent.has_left and abs(now - agent.seen_at) <= AGENT_ALIVE_SECONDS


def _document(agent: AgentRecord, now: float) -> dict[str, object]:
    return {
        "name": agent.name,
        "state": str(agent.state) if agent.has_left or is_alive(agent, now) else "Silent",
        "host": agent.host,
        "computes": list(agent.computes),
        "labels": dict(agent.labels),
        "places": agent.places,
        "orchestrates": agent.orchestrates,
        "isolation": agent.isolation,
        "started_at": _told(agent.started_at),
        "seen_at": _told(agent.seen_at),
    }


def _told(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
