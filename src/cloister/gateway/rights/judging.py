"""From a request with one reading to a verdict: resources looked up, policies asked, duties separated."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import anyio.to_thread

from cloister.access.decision import Breadth, Request
from cloister.access.duties import not_by_a_job, separate
from cloister.access.invocations import Api
from cloister.errors import Fault, RefusedError, SpecError
from cloister.gateway.guard import Guard
from cloister.gateway.identity.users import answering_for
from cloister.gateway.lists.leaving_out import LEAVES_OUT, partly
from cloister.gateway.lists.rows import VERSIONS
from cloister.gateway.mlflow import graphql
from cloister.gateway.mlflow.canonical import Canonical, ambiguous, canonical_path
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.nested import check_tags, logged_models
from cloister.gateway.mlflow.prompts import check_prompt, check_version, kinds_of
from cloister.gateway.mlflow.provenance import Maker, check_source, makers_of, parts_of_version
from cloister.gateway.mlflow.resources import (
    Resource,
    experiment_resource,
    logged_model_resource,
    resources_of,
    run_resource,
)
from cloister.gateway.mlflow.routes import Match
from cloister.gateway.mlflow.tags import tagged, tags_set
from cloister.gateway.mlflow.traces import check_trace
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.makers import Makers
from cloister.gateway.rights.owning import NOTHING, owned
from cloister.gateway.rights.seals import SEALED_ACTIONS, Seals, being_written, sealed
from cloister.gateway.rights.writes import Writes
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

MOVES = frozenset({"mlflow:TransitionModelVersionStage", "mlflow:SetRegisteredModelAlias"})
# Where the files of a run or logged model are read: that call must be allowed to whoever hands them on.
_READ_AT = {"run": "/get-artifact", "logged-model": "/ajax-api/2.0/mlflow/logged-models/{}/artifacts/files"}
_BY_ROW: Final = "filter:"
_SEARCH_RUNS: Final = "mlflow:SearchRuns"
_ASK: Final = "ask an administrator"
_ANSWERED_BY_ID: dict[str, Callable[[str, Lookup], Awaitable[Resource]]] = {
    "experiment": experiment_resource,
    "run": run_resource,
    "logged-model": logged_model_resource,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, the resources that it is about, and whether the answer must be filtered row by row.

    `left_out` are the ids of experiments that a search must not be passed on with. `origins` is what a version that is
    to be registered comes from, `written` the parts whose files may change. `told` is the reason for the caller's eyes,
    where the verdict's own would tell what the caller may not know.
    """

    verdict: Verdict
    resources: tuple[Resource, ...]
    filtered: bool
    origins: frozenset[Maker] = frozenset()
    written: tuple[Maker, ...] = ()
    told: str = ""
    left_out: frozenset[str] = frozenset()

    @property
    def refusal(self) -> RefusedError:
        """The error that tells a verdict other than ALLOW."""
        return RefusedError(Fault(self.told_subject, self.told or self.verdict.reason, self.verdict.mend or _ASK))

    @property
    def told_subject(self) -> str:
        """The resources as one text for the caller's eyes."""
        return ", ".join(resource.told for resource in self.resources)

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
    writes: Writes
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
            return await self._judge_all(asker, request, kind)
        _check_location(request)
        check_trace(route, request.document)
        check_prompt(request)
        resources = await resources_of(request, self.lookup)
        origins: frozenset[Maker] = frozenset()
        if route.action == "mlflow:CreateModelVersion":
            origins = await check_source(request.document, self.lookup)
        sources = [await _ANSWERED_BY_ID[kind](identity, self.lookup) for kind, identity in sorted(origins)]
        beside = [*await self._models(request), *sources]
        asked = [await self._asked(asker, item, request) for item in resources if not item.is_new]
        is_approval = route.action in MOVES and self.guard.duties.approves(asked[0])
        if is_approval:
            # Ownership gives no right to approve: what holds for the owner must hold for anybody else.
            asked.append(replace(asked[0], context={**asked[0].context, **NOTHING}))
        verdicts = [*map(asker.answer, asked), *[await self._beside(asker, item, request) for item in beside]]
        verdict = _first_refusal_or_all(verdicts)
        if verdict.answer is not Answer.ALLOW:
            if route.answer == LEAVES_OUT and (rest := partly(verdicts, resources)):
                return Judged(rest[0], resources, filtered=False, left_out=rest[1])
            told = _told(asker, route.action, (*resources, *beside), verdict)
            return Judged(verdict, resources, filtered=False, told=told)
        _check_fit(resources)
        check_version(request, resources[0].name)
        verdict = check_tags(route, asker.principal, request.document, asked[0].resource) or verdict
        written: tuple[Maker, ...] = ()
        if route.action in SEALED_ACTIONS:
            written = tuple(item.made for item in resources if item.made)
            verdict = await self._unsealed(verdict, resources)
        if is_approval:
            verdict = await self._approve(verdict, asked[0], request)
        return Judged(verdict, resources, filtered=False, origins=origins, written=written)

    async def _judge_all(self, asker: Asker, request: Canonical, kind: str) -> Judged:
        """The verdict on a list of everything, and on what the request narrows it to."""
        named = await resources_of(request, self.lookup)
        verdict, filtered = judge_list(asker, request.route.action, kind, filters=request.route.answer)
        verdicts = [asker.answer(await self._asked(asker, item, request)) for item in named]
        verdict = _first_refusal_or_all([verdict, *verdicts])
        told = _told(asker, request.route.action, named, verdict)
        return Judged(verdict, (Resource(f"{kind}/*"), *named), filtered, told=told)

    async def _asked(self, asker: Asker, resource: Resource, request: Canonical) -> Request:
        action = resource.action or request.route.action
        context: dict[str, tuple[str, ...]] = {}
        for key, field in (("mlflow:Stage", "stage"), ("mlflow:Alias", "alias")):
            if value := request.one(field):
                context[key] = (value,)
        context |= await owned(asker, action, resource, self.lookup, self.makers)
        context |= await tagged(asker, action, resource, self.lookup)
        context |= tags_set(asker, action, request)
        return asker.asks(action, resource.name, context)

    async def _models(self, request: Canonical) -> list[Resource]:
        """The logged models that the request names beside its run. One that a run takes in is only read."""
        action = "mlflow:GetLoggedModel" if request.route.action == "mlflow:LogInputs" else ""
        named = logged_models(request.route, request.document)
        return [replace(await logged_model_resource(identity, self.lookup), action=action) for identity in named]

    async def _beside(self, asker: Asker, resource: Resource, request: Canonical) -> Verdict:
        """The answer on what a request names beside its own resources.

        A version hands on the files of its run or logged model, so who registers it must be able to read them.
        """
        if request.route.action == "mlflow:CreateModelVersion" and resource.made is not None:
            kind, identity = resource.made
            asker = asker.by_way_of("GET", _READ_AT[kind].format(identity))
            resource = replace(resource, action="mlflow:GetArtifact")
        return asker.answer(await self._asked(asker, resource, request))

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
        if moved.principal.kind not in ("user", "role"):
            return not_by_a_job(verdict, moved)
        name, version = request.one("name") or "", request.one("version") or ""
        parts = await parts_of_version(name, version, self.lookup, self.makers)
        verdict = await self._separate(verdict, moved, parts)
        if verdict.answer is not Answer.ALLOW or parts is None:
            return verdict
        seal = partial(self.seals.seal, parts, moved.resource, now=self.guard.clock())
        await anyio.to_thread.run_sync(seal)
        since = (await parts_of_version(name, version, self.lookup, self.makers) or frozenset()) - parts
        under_way = await anyio.to_thread.run_sync(self.writes.into, parts)
        if (part := under_way or next(iter(since), None)) is not None:
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
        hidden: set[str] = set()
        filtered = False
        for question in graphql.asked(request.document):
            kind, _, every = question.kind.partition(":")
            if kind == "all":
                verdict, by_row = _judge_versions(asker, question, every, request)
                filtered = filtered or by_row
                verdicts.append(verdict)
                resources.append(Resource(f"{every}/*"))
                continue
            found = [await _ANSWERED_BY_ID[kind](identity, self.lookup) for identity in question.identities]
            asked = [await self._asked(asker, replace(item, action=question.action), request) for item in found]
            answers = [*map(asker.answer, asked)]
            if question.action == _SEARCH_RUNS and (rest := partly(answers, found)):
                answers, hidden = [rest[0]], hidden | rest[1]
            verdicts.extend(answers)
            resources.extend(found)
        if not verdicts:
            server = Resource("server")
            return Judged(asker.decide(request.route.action, "server"), (server,), filtered=False)
        verdict = _first_refusal_or_all(verdicts)
        told = _told(asker, request.route.action, resources, verdict)
        return Judged(verdict, tuple(resources), filtered, told=told, left_out=frozenset(hidden))


def _judge_versions(asker: Asker, question: graphql.Asked, kind: str, request: Canonical) -> tuple[Verdict, bool]:
    """The verdict on the model versions of a query, and whether they are to be filtered.

    Those of a run are filtered even where none may be seen: the run is shown without them.
    """
    if not question.nested:
        filters = "-" if graphql.pages_versions(request.document) else _BY_ROW
        return judge_list(asker, question.action, kind, filters=filters)
    breadths = {asker.breadth(question.action, one) for one in kinds_of(kind)}
    if breadths == {Breadth.ALL}:
        return asker.decide(question.action, f"{kind}/*"), False
    return _by_row(asker, kind), True


def _told(asker: Asker, action: str, resources: Sequence[Resource], verdict: Verdict) -> str:
    """What a caller is told whom a policy refuses: the same, whether there is such an object or not.

    Empty where the policy's own reason tells nothing that the caller did not say itself.
    """
    if not any(resource.said and resource.name in verdict.reason for resource in resources):
        return ""
    subject = ", ".join(resource.told for resource in resources)
    return f"no statement lets {asker.principal} do {action} on {subject}, or there is no such thing"


def _check_fit(resources: Sequence[Resource]) -> None:
    """Refuse what even those may not do who may use the object."""
    for resource in resources:
        if resource.unfit:
            raise ambiguous(thing=resource.told, reason=resource.unfit)


def _check_location(request: Canonical) -> None:
    """Refuse an experiment with a place of its own for artifacts: below another's, or outside of the platform.

    Paths below MLflow's root tell whose an artifact is, and that rests on MLflow's own choice of the place.
    """
    if request.one("artifact_location"):
        reason = "is chosen by the platform"
        raise SpecError(Fault("artifact_location", reason, "leave it out; each experiment has a folder of its own"))


def judge_list(asker: Asker, action: str, kind: str, *, filters: str) -> tuple[Verdict, bool]:
    """The verdict on a list of everything, and whether its rows are to be filtered.

    Somebody whose policy narrows the list gets the rows that it allows, where the gateway can filter the answer, and is
    refused where it cannot.
    """
    breadths = {asker.breadth(action, one) for one in kinds_of(kind)}
    if breadths == {Breadth.ALL} and kind == "registered-model":
        # A model brings its newest versions along.
        breadths = {asker.breadth(VERSIONS, one) for one in kinds_of("model-version")} | breadths
    everything_denied = all("*" in asker.visible(action, one).deny for one in kinds_of(kind))
    if everything_denied or breadths in ({Breadth.ALL}, {Breadth.NONE}):
        return asker.decide(action, f"{kind}/*"), False
    if filters.startswith(_BY_ROW):
        return _by_row(asker, kind), True
    text = f"{action} cannot be narrowed to what {asker.principal} may see"
    step = Step(Layer.AUTHORIZATION, f"{kind}/*", Outcome.REFUSE, text, Rule("lists that cannot be filtered"))
    return Verdict(Answer.DENY, text, (step,), "ask for single objects, or for a role that reads everything"), False


def _by_row(asker: Asker, kind: str) -> Verdict:
    rule = Rule("filtered row by row")
    text = f"{asker.principal} sees what its policies allow of {kind}/*"
    return Verdict(Answer.ALLOW, text, (Step(Layer.AUTHORIZATION, f"{kind}/*", Outcome.PASS, text, rule),))


def _first_refusal_or_all(verdicts: Sequence[Verdict]) -> Verdict:
    refused = next((verdict for verdict in verdicts if verdict.answer is not Answer.ALLOW), None)
    if refused is not None:
        return refused
    return Verdict(Answer.ALLOW, verdicts[0].reason, tuple(step for verdict in verdicts for step in verdict.trace))
