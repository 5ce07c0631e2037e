"""What a request is about: its resources by the names that policies use.

A name inside of a resource's name is percent-encoded, so that an experiment called "churn/x" never passes for something
of "churn". What is named by an id is looked up; a caller who may not use it learns neither its name nor whether it is
there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from cloister.gateway.mlflow.canonical import Canonical, ambiguous
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.prompts import as_prompt, is_prompt
from cloister.gateway.mlflow.routes import ResourceRule

# A batch of OpenTelemetry's exporter has at most 512 spans, each of which may be of another trace.
_LONGEST_LIST = 512


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of a request.

    `name` is what policies call it, `made` what its makers are recorded under (kind and id), where it has makers.
    `within` is what it lies in, whose makers own it as well. `experiment_name` is that of an experiment whose id the
    request does not tell. `said` is what the caller called it, where that is not its name. `action` is asked for; where
    empty, that of the route. `is_new`: it comes into being inside of something that is asked for beside it, so nothing
    more is asked. `unfit` is why even those who may use it are refused.
    """

    name: str
    made: tuple[str, str] | None = None
    within: tuple[str, str] | None = None
    experiment_name: str = ""
    said: str = ""
    action: str = ""
    is_new: bool = False
    unfit: str = ""

    @property
    def told(self) -> str:
        """What a caller who is refused may read."""
        return self.said or self.name


def named(kind: str, *parts: str) -> str:
    """The name of a resource in policies."""
    return "/".join((kind, *(quote(part, safe=" ") for part in parts)))


async def resources_of(request: Canonical, lookup: Lookup) -> tuple[Resource, ...]:
    """Every resource that the request is about, in the order of the table."""
    found: list[Resource] = []
    for rule in request.route.resources:
        named_here = any(request.values.get(name) for spellings in rule.fields for name in spellings)
        if named_here or not rule.is_optional:
            found.extend(await _resources(rule, request, lookup))
    if request.route.answer.startswith("renamed:"):
        old, new = found
        name = as_prompt(new.name) if old.name.startswith("prompt/") else new.name
        return (old, replace(new, name=name, made=old.made))
    return tuple(found)


async def _resources(rule: ResourceRule, request: Canonical, lookup: Lookup) -> list[Resource]:
    if rule.kind == "all":
        return []  # asked for as a list
    if rule.kind in ("server", "graphql"):
        return [Resource("server")]
    if rule.kind == "started":
        experiment = _started_in(request)
        return [await started_trace(trace, experiment, lookup) for trace in _many(rule, request)]
    if rule.is_plural:
        found = [await _LISTED[rule.kind](value, lookup) for value in _many(rule, request)]
    else:
        found = [await _single_resource(rule, request, lookup)]
    return [replace(item, action=rule.action) if rule.action else item for item in found]


async def _single_resource(rule: ResourceRule, request: Canonical, lookup: Lookup) -> Resource:
    if rule.kind == "artifact":
        return await _artifact_asked_for(request.one(*rule.fields[0]) or "", request, lookup)
    names = [_single(rule, index, request) for index in range(len(rule.fields))]
    if rule.kind == "scorer":
        return await scorer_resource(names[0], names[1], lookup)
    if rule.kind in _INSIDE:
        return await _inside(rule.kind, names[0], await lookup.experiment_of(rule.kind, names[0]), lookup)
    if rule.kind in _LOOKED_UP:
        return await _LOOKED_UP[rule.kind](names[0], lookup)
    if rule.kind in ("registered-model", "model-version"):
        return await _registered(_by_name(rule.kind, names), names[0], request, lookup)
    return _by_name(rule.kind, names)


async def registered_model_resource(name: str, lookup: Lookup) -> Resource:
    """The resource of a registered model, which may be a prompt, by its name."""
    shown = await lookup.tagged("registered-model", name)
    return _told_apart(_by_name("registered-model", [name]), name, shown)


async def _registered(resource: Resource, model: str, request: Canonical, lookup: Lookup) -> Resource:
    """A registered model or a version, which may be a prompt: when it is made by its tags, later by those it has."""
    is_new = request.route.action == "mlflow:CreateRegisteredModel"
    shown = request.document if is_new else await lookup.tagged("registered-model", model)
    return _told_apart(resource, model, shown)


def _told_apart(resource: Resource, model: str, shown: Mapping[str, object]) -> Resource:
    said = f"registered model {model!r}"
    return (
        replace(resource, name=as_prompt(resource.name), said=said)
        if is_prompt(shown)
        else replace(resource, said=said)
    )


async def _artifact_asked_for(path: str, request: Canonical, lookup: Lookup) -> Resource:
    if request.route.action == "mlflow:DeleteArtifact" and owner_of_artifact(path) is None:
        raise ambiguous(thing=f"artifact {path!r}", reason="belongs to no run and no logged model, or holds several")
    return await _artifact(path, lookup)


def _by_name(kind: str, names: list[str]) -> Resource:
    name = named(_NAMED[kind], *names)
    if kind == "experiment-name":
        return Resource(name, experiment_name=names[0])
    if kind == "dataset-name":
        return Resource(name)  # several may have it; makers are recorded by id
    within = ("registered-model", names[0]) if kind == "model-version" else None
    return Resource(name, (kind, "/".join(names)), within)


def _single(rule: ResourceRule, index: int, request: Canonical) -> str:
    spellings = rule.fields[index]
    value = request.one(*spellings)
    if value is None:
        raise ambiguous(thing=f'"{spellings[0]}"', reason="is missing")
    return value


def _many(rule: ResourceRule, request: Canonical) -> tuple[str, ...]:
    field, *_ = spellings = rule.fields[0]
    values = tuple(dict.fromkeys(value for name in spellings for value in request.values.get(name, ())))
    if not values or not all(values):
        raise ambiguous(thing=f'"{field}"', reason="names nothing, which MLflow could read as everything")
    if len(values) > _LONGEST_LIST:
        raise ambiguous(thing=f'"{field}"', reason=f"names more than {_LONGEST_LIST}")
    return values


async def experiment_resource(experiment_id: str, lookup: Lookup) -> Resource:
    """The resource of an experiment, by its id."""
    name = named("experiment", await lookup.experiment_name(experiment_id))
    return Resource(name, ("experiment", experiment_id), said=f"experiment {experiment_id}")


async def run_resource(run_id: str, lookup: Lookup) -> Resource:
    """The resource of a run, by its id."""
    return await _inside("run", run_id, await lookup.experiment_of_run(run_id), lookup)


async def logged_model_resource(model_id: str, lookup: Lookup) -> Resource:
    """The resource of a logged model, by its id."""
    return await _inside("logged-model", model_id, await lookup.experiment_of_logged_model(model_id), lookup)


async def trace_resource(trace_id: str, lookup: Lookup) -> Resource:
    """The resource of a trace, by its id."""
    return await _inside("trace", trace_id, await lookup.experiment_of_trace(trace_id), lookup)


async def started_trace(trace_id: str, experiment_id: str, lookup: Lookup) -> Resource:
    """The resource of a trace that is written into an experiment: a new one, or one that is already there.

    MLflow takes a trace from wherever it is to the experiment that a second start names, and puts spans into any
    trace whose id they carry (mlflow 3.17.2, SqlAlchemyStore.start_trace and log_spans).
    """
    found = await lookup.experiment_of_trace(trace_id)
    resource = await _inside("trace", trace_id, found or experiment_id, lookup)
    if not found:
        return replace(resource, is_new=True)
    unfit = "" if found == experiment_id else "is of another experiment, and traces do not move"
    return replace(resource, action="mlflow:EndTrace", unfit=unfit)


async def scorer_resource(experiment_id: str, name: str, lookup: Lookup) -> Resource:
    """The resource of a scorer, by its name in an experiment."""
    said = f"scorer {name!r} of experiment {experiment_id}"
    scorer = named("scorer", await lookup.experiment_name(experiment_id), name)
    return Resource(scorer, None, ("experiment", experiment_id), said=said)


async def dataset_resource(dataset_id: str, lookup: Lookup) -> Resource:
    """The resource of an evaluation dataset, by its id."""
    name = named("dataset", await lookup.dataset_name(dataset_id))
    return Resource(name, ("dataset", dataset_id), said=f"dataset {dataset_id}")


def _started_in(request: Canonical) -> str:
    """The id of the experiment that a route puts traces into."""
    rule = next(rule for rule in request.route.resources if rule.kind == "experiment")
    return _single(rule, 0, request)


async def _inside(kind: str, identity: str, experiment_id: str, lookup: Lookup) -> Resource:
    name = named(kind, await lookup.experiment_name(experiment_id), identity)
    said = f"{kind.replace('-', ' ')} {identity}"
    return Resource(name, (kind, identity), ("experiment", experiment_id), said=said)


async def _artifact(path: str, lookup: Lookup) -> Resource:
    """A file below MLflow's artifact root: `<experiment>/<run>/artifacts/...` or `<experiment>/models/<model>/...`.

    Anything else is nobody's file; only a policy that speaks of every artifact covers it.
    """
    owner = owner_of_artifact(path)
    if owner is None:
        return Resource(named("artifact", "", "", path))
    experiment_id, kind, identity = owner
    unfit = ""
    if await _EXPERIMENT_OF[kind](lookup, identity) != experiment_id:
        unfit = f"lies below an experiment that {kind} {identity} is not of"
    name = named("artifact", await lookup.experiment_name(experiment_id), identity, path)
    within = ("experiment", experiment_id)
    return Resource(name, (kind, identity), within, said=f"artifact {path!r}", unfit=unfit)


def owner_of_artifact(path: str) -> tuple[str, str, str] | None:
    """Experiment id, kind (run, logged-model, trace) and id of the object that an artifact path belongs to, or None."""
    match path.split("/"):
        case [experiment, "models", model, "artifacts", *_] if experiment.isdigit():
            return experiment, "logged-model", model
        case [experiment, "traces", trace, "artifacts", *_] if experiment.isdigit():
            return experiment, "trace", trace
        case [experiment, run, "artifacts", *_] if experiment.isdigit() and run not in ("models", "traces"):
            return experiment, "run", run
        case _:
            return None


_EXPERIMENT_OF = {
    "run": Lookup.experiment_of_run,
    "logged-model": Lookup.experiment_of_logged_model,
    "trace": Lookup.experiment_of_trace,
}
# Kinds whose fields are ids; the names that policies use are looked up.
_LOOKED_UP = {
    "experiment": experiment_resource,
    "run": run_resource,
    "logged-model": logged_model_resource,
    "trace": trace_resource,
    "dataset": dataset_resource,
}
# Kinds whose field is an id of something that lies in an experiment.
_INSIDE = ("label-schema", "review-queue", "issue")
_LISTED = {
    "experiments": experiment_resource,
    "runs": run_resource,
    "traces": trace_resource,
    "registered-models": registered_model_resource,
}
# Kinds whose fields are the names themselves.
_NAMED = {
    "experiment-name": "experiment",
    "dataset-name": "dataset",
    "registered-model": "registered-model",
    "model-version": "model-version",
}
