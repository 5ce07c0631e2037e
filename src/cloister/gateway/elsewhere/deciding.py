"""The decision endpoint: the same verdict as the gateway's own, for a proxy that passes the request on itself."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope

from cloister.errors import CloisterError, Fault, RefusedError, SourceError, SpecError
from cloister.gateway import faults
from cloister.gateway.elsewhere.original import ENVOY_PREFIX, Original, of_envoy, of_nginx
from cloister.gateway.elsewhere.unseen import judge_unseen
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.mlflow.base_path import below_stage
from cloister.gateway.mlflow.canonical import Canonical, ambiguous, check_path
from cloister.gateway.mlflow.following import CHANGES
from cloister.gateway.mlflow.reading import read_request
from cloister.gateway.mlflow.resources import Resource
from cloister.gateway.mlflow.routes import Match, find, why_refused
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.judging import Judge, Judged

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Answers out of which the gateway records who made what, on which approvals rest.
_RECORDED = (CHANGES - {"moved"}) | {"touched"}
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Deciding:
    """The endpoint's routes. `deciders` are the proxies that may ask; with none of them nobody may."""

    guard: Guard
    judge: Judge
    deciders: Collection[IPv4Network | IPv6Network]
    largest_json_bytes: int

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [
            Route("/cloister/v1/decision", self.for_nginx, methods=["GET"]),
            Route(ENVOY_PREFIX + "/{target:path}", self.for_envoy, methods=_METHODS),
        ]

    async def for_nginx(self, request: Request) -> Response:
        """200, 401 or 403, which is all that nginx understands; anything else it takes for a failure, and refuses."""
        answer = await self._answer(request, of_nginx)
        if answer.status_code < 500 and answer.status_code not in (200, 401):  # noqa: PLR2004 - HTTP's own numbers
            answer.status_code = 403
        return answer

    async def for_envoy(self, request: Request) -> Response:
        """200, or the gateway's own answer to a refusal, which Envoy hands on to the caller."""
        return await self._answer(request, of_envoy)

    async def _answer(self, request: Request, told: Callable[[Scope], Original]) -> Response:
        self._check_asker(request.scope)
        try:
            original = told(request.scope)
            principal = await self._decide(original, request.receive)
        except CloisterError as error:
            return faults.answer(error, {"x-cloister-decision": "deny"})
        named = principal.encode("ascii", "backslashreplace").decode()
        return Response(None, 200, {"x-cloister-decision": "allow", "x-cloister-principal": named})

    def _check_asker(self, scope: Scope) -> None:
        client = scope.get("client")
        address = ip_address(client[0]) if client else None
        if address is None or not any(address in network for network in self.deciders):
            mend = "name its address under deciders in the gateway's configuration"
            raise RefusedError(Fault("decision endpoint", f"{address} is no proxy that may ask", mend))

    async def _decide(self, original: Original, receive: Receive) -> str:
        """The name of the principal that may do what the original asks for; on record either way."""
        facts = RequestFacts.of(original.scope)
        principal, action = None, "-"
        try:
            identified = await self.guard.authenticate(original.scope)
            principal = identified.principal
            asker = await self.guard.asker(identified, facts)
            match = _match(facts.method, original.scope, self.judge.stage)
            action = match.route.action
            asker = self.judge.calling(asker, match)
            judged = await self._judged(asker, match, original, receive, identified.body_sha256)
        except (RefusedError, SpecError, SourceError) as error:
            await self.guard.record_refusal(error, facts, principal, action)
            raise
        decided = await self.guard.record(judged.verdict, principal, action, judged.subject, facts)
        if not decided.allowed:
            raise judged.refusal
        return str(principal)

    async def _judged(
        self, asker: Asker, match: Match, original: Original, receive: Receive, body_sha256: str | None
    ) -> Judged:
        route = match.route
        if original.declared and not original.shown and route.body == "json":
            _check_digest(body_sha256, None)
            return Judged(judge_unseen(asker, route), (Resource("*"),), filtered=False)
        if original.declared and route.body == "-":
            raise ambiguous(thing=f"body of {route.method}", reason="is not shown, and MLflow would read it")
        if route.answer.partition(":")[0] in _RECORDED or (route.body == "stream" and not route.reads_only):
            mend = "send it to the gateway itself"
            reason = "makes, renames or writes into something, of which a proxy cannot say what came of it"
            raise RefusedError(Fault(route.action, reason, mend))
        body = receive if original.shown else _nothing
        request = await read_request(match, original.scope, body, self.largest_json_bytes)
        _check_digest(body_sha256, request)
        judged = await self.judge.judge(asker, request)
        if judged.written:
            reason = "changes files on which an approval may rest, while a proxy cannot say when it is done"
            raise RefusedError(Fault(judged.subject, reason, "send it to the gateway itself"))
        if judged.filtered or judged.left_out:
            mend = "send it to the gateway itself, which leaves out the rest"
            raise RefusedError(Fault(judged.told_subject, "holds more than the caller may see", mend))
        return judged


def _match(method: str, scope: Scope, stage: str) -> Match:
    path = check_path(scope["raw_path"])
    match = find(method, below_stage(path, stage))
    if match is None:
        fault = Fault(f"{method} {path}", why_refused(method, path), "see which routes are served: docs/gateway.md")
        raise faults.UnknownRouteError(fault)
    return match


def _check_digest(promised: str | None, request: Canonical | None) -> None:
    """A signature that promises a body holds here only for no body: of what is shown the bytes are not kept."""
    if promised is None:
        return
    if request is None or request.document or promised != _EMPTY:
        mend = "send signed requests with a body to the gateway itself"
        raise UnauthenticatedError(Fault("request", "its signature cannot be held against its body here", mend))


async def _nothing() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}
