"""From a request with one reading to a verdict: resources looked up, policies asked, duties separated."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio.to_thread

from cloister.access.decision import Breadth, Request
from cloister.access.duties import not_by_a_job, separate
from cloister.access.invocations import Api
from cloister.errors import Fault, SpecError
from cloister.gateway import graphql
from cloister.gateway.asking import Asker
from cloister.gateway.canonical import Canonical, canonical_path
from cloister.gateway.guard import Guard
from cloister.gateway.lookup import Lookup
from cloister.gateway.makers import Makers
from cloister.gateway.nested import check_tags, logged_models
from cloister.gateway.owning import NOTHING, owned
from cloister.gateway.provenance import Maker, check_source, makers_of, parts_of_version
from cloister.gateway.resources import Resource, experiment_resource, logged_model_resource, resources_of, run_resource
from cloister.gateway.routes import Match
from cloister.gateway.seals import SEALED_ACTIONS, Seals, being_written, sealed
from cloister.gateway.tags import looks_at_tags, tagged, tags_set
from cloister.gateway.users import answering_for
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

MOVES = frozenset({"mlflow:TransitionModelVersionStage", "mlflow:SetRegisteredModelAlias"})
# Where the files of a run or logged model are read: that call must be allowed to whoever hands them on.
_READ_AT = {"run": "/get-artifact", "logged-model": "/ajax-api/2.0/mlflow/logged-models/{}/artifacts/files"}
_ANSWERED_BY_ID: dict[str, Callable[[str, Lookup], Awaitable[Resource]]] = {
    "experiment": experiment_resource,
    "run": run_resource,
    "logged-model": logged_model_resource,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, the resources that it is about, and whether the answer must be filtered row by row.

    `origins` is what a version that is to be registered comes from, `written` the parts whose files may change.
    """

    verdict: Verdict
    resources: tuple[Resource, ...]
    filtered: bool
    origins: frozenset[Maker] = frozenset()
    written: tuple[Maker, ...] = ()

    @property
    def subject(self) -> str:
        """The resources as one text for the record."""
        return ", ".join(resource.name for resource in self.resources)


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides on requests to MLflow."""

    guard: Guard
    lookup: Lookup
    makers: Makers
    seals: Seals
    # What the gateway is called in policies that speak of calls; its stage is the base path of the tracking URI.
    api: Api | None = None

    @property
    def stage(self) -> str:
        """The base path of the tracking URI, or an empty text."""
        return self.api.stage if self.api else ""

    def calling(self, asker: Asker, match: Match) -> Asker:
        """The asker with the call that its request is, which is asked of beside what the request is about."""
        return asker.calling(self.api, match.route.method, canonical_path(match))

    async def judge(self, asker: Asker, request: Canonical) -> Judged:
        """The verdict on a request; the first refusal, or all steps of an allow."""
        route = request.route
        if route.resources[0].kind == "graphql":
            return await self._judge_graphql(asker, request)
        if route.resources[0].kind == "all":
            kind = route.resources[0].fields[0][0]
            verdict, filtered = _judge_list(asker, route.action, kind, filters=route.answer)
            return Judged(verdict, (Resource(f"{kind}/*"),), filtered)
        _check_location(request)
        resources = await resources_of(request, self.lookup)
        asked = [await self._asked(asker, route.action, item, request) for item in resources]
        is_approval = route.action in MOVES and self.guard.duties.approves(asked[0])
        if is_approval:
            # Ownership gives no right to approve: what holds for the owner must hold for anybody else.
            asked.append(replace(asked[0], context={**asked[0].context, **NOTHING}))
        origins: frozenset[Maker] = frozenset()
        sources: list[Verdict] = []
        if route.action == "mlflow:CreateModelVersion":
            origins = await check_source(request.document, self.lookup)
            sources = await self._sources(asker, origins, request)
        for identity in logged_models(route, request.document):
            resource = await logged_model_resource(identity, self.lookup)
            # A model that a run takes in is only read.
            action = "mlflow:GetLoggedModel" if route.action == "mlflow:LogInputs" else route.action
            asked.append(await self._asked(asker, action, resource, request))
        reserved = check_tags(route, asker.principal, request.document, asked[0].resource)
        verdict = reserved or _first_refusal_or_all([*map(asker.answer, asked), *sources])
        written: tuple[Maker, ...] = ()
        if route.action in SEALED_ACTIONS:
            written = tuple(item.made for item in resources if item.made)
            verdict = await self._unsealed(verdict, resources)
        if is_approval:
            verdict = await self._approve(verdict, asked[0], request)
        return Judged(verdict, resources, filtered=False, origins=origins, written=written)

    async def _asked(self, asker: Asker, action: str, resource: Resource, request: Canonical) -> Request:
        context: dict[str, tuple[str, ...]] = {}
        for key, field in (("mlflow:Stage", "stage"), ("mlflow:Alias", "alias")):
            if value := request.one(field):
                context[key] = (value,)
        context |= await owned(asker, action, resource, self.lookup, self.makers)
        context |= await tagged(asker, action, resource, self.lookup)
        context |= tags_set(asker, action, request)
        return asker.asks(action, resource.name, context)

    async def _sources(self, asker: Asker, found: frozenset[Maker], request: Canonical) -> list[Verdict]:
        """A version hands on the files of its run or logged model, so who registers it must be able to read them."""
        verdicts: list[Verdict] = []
        for kind, identity in sorted(found):
            resource = await _ANSWERED_BY_ID[kind](identity, self.lookup)
            reading = asker.by_way_of("GET", _READ_AT[kind].format(identity))
            asked = await self._asked(reading, "mlflow:GetArtifact", resource, request)
            verdicts.append(reading.answer(asked))
        return verdicts

    async def _unsealed(self, verdict: Verdict, resources: Sequence[Resource]) -> Verdict:
        """The verdict, or a refusal where one of the resources was sealed by an approval."""
        if verdict.answer is not Answer.ALLOW:
            return verdict
        for resource in resources:
            version = await anyio.to_thread.run_sync(self.seals.of, resource.made) if resource.made else None
            if version is not None:
                return sealed(resource.name, version)
        return verdict

    async def _approve(self, verdict: Verdict, moved: Request, request: Canonical) -> Verdict:
        """The verdict on an approval: by somebody who had no part in the version, whose files are sealed by it.

        Who had a part is asked again once they are sealed, because until then somebody may have written.
        """
        if moved.principal.kind != "user":
            return not_by_a_job(verdict, moved)
        name, version = request.one("name") or "", request.one("version") or ""
        parts = await parts_of_version(name, version, self.lookup, self.makers)
        verdict = await self._separate(verdict, moved, parts)
        if verdict.answer is not Answer.ALLOW or parts is None:
            return verdict
        seal = partial(self.seals.seal, parts, moved.resource, now=self.guard.clock())
        await anyio.to_thread.run_sync(seal)
        if (part := self.seals.written_now(parts)) is not None:
            return being_written(moved.resource, part)
        return await self._separate(verdict, moved, parts)

    async def _separate(self, verdict: Verdict, moved: Request, parts: frozenset[Maker] | None) -> Verdict:
        if not self.guard.duties.separated and parts is not None:
            return verdict
        found = await makers_of(parts, self.makers)
        answering = partial(answering_for, self.guard.engine)
        return await anyio.to_thread.run_sync(separate, verdict, moved, found, answering)

    async def _judge_graphql(self, asker: Asker, request: Canonical) -> Judged:
        verdicts: list[Verdict] = []
        resources: list[Resource] = []
        for question in graphql.asked(request.document):
            kind, _, every = question.kind.partition(":")
            if kind == "all":
                verdict, _ = _judge_list(asker, question.action, every, filters="-")
                verdicts.append(verdict)
                resources.append(Resource(f"{every}/*"))
                continue
            found = [await _ANSWERED_BY_ID[kind](identity, self.lookup) for identity in question.identities]
            asked = [await self._asked(asker, question.action, item, request) for item in found]
            verdicts.extend(map(asker.answer, asked))
            resources.extend(found)
        if not verdicts:
            server = Resource("server")
            return Judged(asker.decide(request.route.action, "server"), (server,), filtered=False)
        return Judged(_first_refusal_or_all(verdicts), tuple(resources), filtered=False)


def _check_location(request: Canonical) -> None:
    """Refuse an experiment with a place of its own for artifacts: below another's, or outside of the platform.

    Paths below MLflow's root tell whose an artifact is, and that rests on MLflow's own choice of the place.
    """
    if request.one("artifact_location"):
        reason = "is chosen by the platform"
        raise SpecError(Fault("artifact_location", reason, "leave it out; each experiment has a folder of its own"))


def _judge_list(asker: Asker, action: str, kind: str, *, filters: str) -> tuple[Verdict, bool]:
    """The verdict on a list of everything, and whether its rows are to be filtered.

    Somebody whose policy narrows the list gets the rows that it allows, where the gateway can filter the answer, and is
    refused where it cannot.
    """
    if asker.breadth(action, kind) is not Breadth.SOME:
        return asker.decide(action, f"{kind}/*"), False
    # A version in MLflow's answer does not bring the tags of its model along, which are those that count.
    if filters.startswith("filter:") and not (kind == "model-version" and looks_at_tags(asker, action)):
        rule = Rule("filtered row by row")
        text = f"{asker.principal} sees what its policies allow of {kind}/*"
        return Verdict(Answer.ALLOW, text, (Step(Layer.AUTHORIZATION, f"{kind}/*", Outcome.PASS, text, rule),)), True
    text = f"{action} cannot be narrowed to what {asker.principal} may see"
    step = Step(Layer.AUTHORIZATION, f"{kind}/*", Outcome.REFUSE, text, Rule("lists that cannot be filtered"))
    return Verdict(Answer.DENY, text, (step,), "ask for single objects, or for a role that reads everything"), False


def _first_refusal_or_all(verdicts: Sequence[Verdict]) -> Verdict:
    refused = next((verdict for verdict in verdicts if verdict.answer is not Answer.ALLOW), None)
    if refused is not None:
        return refused
    return Verdict(Answer.ALLOW, verdicts[0].reason, tuple(step for verdict in verdicts for step in verdict.trace))
