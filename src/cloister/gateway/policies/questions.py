"""The control API's questions to policies: `/cloister/v1/trial`, `/cloister/v1/simulation`, `/cloister/v1/who-can`."""

from collections.abc import Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloister.access.conditions import Context
from cloister.access.decision import Request as Question
from cloister.access.invocations import Api, by_any_call
from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.roles import roles_of
from cloister.access.trying import Change, Standing, changes
from cloister.errors import Fault, SpecError
from cloister.gateway.control import request_document
from cloister.gateway.guard import Guard
from cloister.gateway.mlflow.canonical import ambiguous
from cloister.gateway.policies.asked import Able, known_principals, principal_of, who_can
from cloister.gateway.policies.kept import Target, target_of
from cloister.gateway.policies.routes import READ, text_of
from cloister.gateway.policies.standing import targets_of
from cloister.verdict import Verdict


class PolicyQuestions:
    """What can be asked of policies without changing any."""

    def __init__(self, guard: Guard, api: Api | None) -> None:
        self._guard = guard
        self._api = api

    def routes(self) -> list[Route]:
        """What the gateway mounts."""
        return [
            Route("/cloister/v1/trial", self.trial, methods=["POST"]),
            Route("/cloister/v1/simulation", self.simulation, methods=["POST"]),
            Route("/cloister/v1/who-can", self.who_can, methods=["GET"]),
        ]

    async def trial(self, request: Request) -> Response:
        """Who would gain and lose what: {"name", "document", "attach"?: ["group/readers"]} -> {"changes", "asked"}."""
        await self._guard.require(request.scope, READ, "policy/*")
        body = await request_document(request)
        name, document = text_of(body, "name"), text_of(body, "document")
        listed = body.get("attach", [])
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise ambiguous(thing="attach", reason="is no list of texts")
        targets = frozenset(target_of(*one.partition("/")[::2]) for one in listed)
        tried = read_policy(document, name)
        standings = await anyio.to_thread.run_sync(self._standings, name, PolicySet([tried]), targets)
        found = await anyio.to_thread.run_sync(changes, standings, self._api)
        concerned = sum(one.before.policies != one.after.policies for one in standings)
        return JSONResponse({"changes": [_shown(one) for one in found], "concerned": concerned})

    async def simulation(self, request: Request) -> Response:
        """The verdict on a request: {"principal", "action", "resource", "context"?: {key: [values]}}."""
        await self._guard.require(request.scope, READ, "policy/*")
        body = await request_document(request)
        principal = await anyio.to_thread.run_sync(principal_of, self._guard.engine, text_of(body, "principal"))
        context = {"aws:username": (principal.name,), **_context(body)}
        policies = self._guard.policies(principal)
        question = Question(principal, text_of(body, "action"), text_of(body, "resource"), context)
        verdict = by_any_call(policies, question, self._api)
        return JSONResponse(verdict_shown(verdict) | {"policies": [policy.name for policy in policies.policies]})

    async def who_can(self, request: Request) -> Response:
        """Everybody who can do `?action=...&resource=...`: {"principals": [...]}."""
        await self._guard.require(request.scope, READ, "policy/*")
        action, resource = (request.query_params.get(name, "") for name in ("action", "resource"))
        if not action or not resource:
            raise SpecError(Fault("who-can", "names no action or no resource", "name both, ?action=...&resource=..."))
        found = await anyio.to_thread.run_sync(who_can, self._guard, self._api, action, resource)
        return JSONResponse({"action": action, "resource": resource, "principals": [_able(one) for one in found]})

    def _standings(self, name: str, tried: PolicySet, targets: frozenset[Target]) -> list[Standing]:
        """Everybody before and after the policy is put, and attached to what it is attached to and to `targets`."""
        found: list[Standing] = []
        for _, principal in known_principals(self._guard):
            before = self._guard.policies(principal)
            here = targets_of(principal, roles_of(principal, self._guard.role_of_group))
            held = any(name in self._guard.standing.now.names_attached_to(one) for one in here)
            others = tuple(one for one in before.policies if not (held and one.name == name))
            speaks = held or bool(targets & set(here))
            after = PolicySet((*others, *tried.policies)) if speaks else before
            found.append(Standing(principal, before, after))
        return found


def verdict_shown(verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON."""
    rule = verdict.trace[0].rule
    shown = {"answer": verdict.answer.value, "reason": verdict.reason, "rule": rule.name if rule else ""}
    return {**shown, "mend": verdict.mend}


def _context(body: Mapping[str, object]) -> Context:
    given = body.get("context", {})
    if not isinstance(given, Mapping) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in given.values()
    ):
        raise ambiguous(thing="context", reason="is no object of lists of texts")
    return {key: tuple(values) for key, values in given.items()}


def _shown(change: Change) -> dict[str, object]:
    return {
        "change": "gains" if change.gains else "loses",
        "principals": list(change.principals),
        "actions": list(change.actions),
        "resource": change.resource,
        "when": change.when,
        "rule": change.rule,
    }


def _able(able: Able) -> dict[str, object]:
    return {
        "principal": able.principal,
        "kind": able.kind,
        "answer": able.supposed.answer.value,
        "through": list(able.through),
        "rule": able.supposed.rule,
        "hangs_on": list(able.supposed.hangs_on),
    }
