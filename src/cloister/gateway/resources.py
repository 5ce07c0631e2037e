"""What a request is about: its resources by the names that policies use.

Names: `experiment/<name>`, `run/<experiment>/<run>`, `logged-model/<experiment>/<model>`,
`artifact/<experiment>/<run or model>/<path>`, `registered-model/<name>`, `model-version/<name>/<version>`, `server`.
A name inside is percent-encoded, so that an experiment called "churn/x" never passes for something of "churn".
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from cloister.gateway.canonical import Canonical, ambiguous
from cloister.gateway.lookup import Lookup
from cloister.gateway.routes import ResourceRule

_LONGEST_LIST = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """One object: its name in policies, and what its makers are recorded under (kind and id), where it has makers.

    `within` is what it lies in, whose makers own it as well. `experiment_name` is that of an experiment whose id the
    request does not tell.
    """

    name: str
    made: tuple[str, str] | None = None
    within: tuple[str, str] | None = None
    experiment_name: str = ""


def named(kind: str, *parts: str) -> str:
    """The name of a resource in policies."""
    return "/".join((kind, *(quote(part, safe=" ") for part in parts)))


async def resources_of(request: Canonical, lookup: Lookup) -> tuple[Resource, ...]:
    """Every resource that the request is about, in the order of the table."""
    found: list[Resource] = []
    for rule in request.route.resources:
        found.extend(await _resources(rule, request, lookup))
    if request.route.answer.startswith("renamed:"):
        old, new = found
        return (old, replace(new, made=old.made))
    return tuple(found)


async def _resources(rule: ResourceRule, request: Canonical, lookup: Lookup) -> list[Resource]:
    if rule.kind in ("server", "all", "graphql"):
        return [Resource("server")]
    if rule.kind in _LISTED:
        return [await _LISTED[rule.kind](value, lookup) for value in _many(rule, request)]
    if rule.kind == "artifact":
        path = request.one(*rule.fields[0]) or ""
        if request.route.action == "mlflow:DeleteArtifact" and owner_of_artifact(path) is None:
            raise ambiguous(
                thing=f"artifact {path!r}", reason="belongs to no run and no logged model, or holds several"
            )
        return [await _artifact(path, lookup)]
    names = [_single(rule, index, request) for index in range(len(rule.fields))]
    if rule.kind in _LOOKED_UP:
        return [await _LOOKED_UP[rule.kind](names[0], lookup)]
    return [_by_name(rule.kind, names)]


def _by_name(kind: str, names: list[str]) -> Resource:
    name = named(_NAMED[kind], *names)
    if kind == "experiment-name":
        return Resource(name, experiment_name=names[0])
    within = ("registered-model", names[0]) if kind == "model-version" else None
    return Resource(name, (kind, "/".join(names)), within)


def _single(rule: ResourceRule, index: int, request: Canonical) -> str:
    spellings = rule.fields[index]
    value = request.one(*spellings)
    if value is None:
        raise ambiguous(thing=f'"{spellings[0]}"', reason="is missing")
    return value


def _many(rule: ResourceRule, request: Canonical) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(request.values.get(rule.fields[0][0], ())))
    if not values or not all(values):
        raise ambiguous(thing=f'"{rule.fields[0][0]}"', reason="names nothing, which MLflow could read as everything")
    if len(values) > _LONGEST_LIST:
        raise ambiguous(thing=f'"{rule.fields[0][0]}"', reason=f"names more than {_LONGEST_LIST}")
    return values


async def experiment_resource(experiment_id: str, lookup: Lookup) -> Resource:
    """The resource of an experiment, by its id."""
    return Resource(named("experiment", await lookup.experiment_name(experiment_id)), ("experiment", experiment_id))


async def run_resource(run_id: str, lookup: Lookup) -> Resource:
    """The resource of a run, by its id."""
    experiment = await lookup.experiment_of_run(run_id)
    name = named("run", await lookup.experiment_name(experiment), run_id)
    return Resource(name, ("run", run_id), ("experiment", experiment))


async def logged_model_resource(model_id: str, lookup: Lookup) -> Resource:
    """The resource of a logged model, by its id."""
    experiment = await lookup.experiment_of_logged_model(model_id)
    name = named("logged-model", await lookup.experiment_name(experiment), model_id)
    return Resource(name, ("logged-model", model_id), ("experiment", experiment))


async def _artifact(path: str, lookup: Lookup) -> Resource:
    """A file below MLflow's artifact root: `<experiment>/<run>/artifacts/...` or `<experiment>/models/<model>/...`.

    Anything else is nobody's file; only a policy that speaks of every artifact covers it.
    """
    made = owner_of_artifact(path)
    if made is None:
        return Resource(named("artifact", "", "", path))
    experiment_id, kind, identity = made
    claimed = await (
        lookup.experiment_of_run(identity) if kind == "run" else lookup.experiment_of_logged_model(identity)
    )
    if claimed != experiment_id:
        raise ambiguous(thing=f"artifact {path!r}", reason=f"lies below an experiment that {kind} {identity} is not of")
    name = await lookup.experiment_name(experiment_id)
    return Resource(named("artifact", name, identity, path), (kind, identity), ("experiment", experiment_id))


def owner_of_artifact(path: str) -> tuple[str, str, str] | None:
    """Experiment id, kind (run, logged-model) and id of the object that an artifact path belongs to, or None."""
    match path.split("/"):
        case [experiment, "models", model, "artifacts", *_] if experiment.isdigit():
            return experiment, "logged-model", model
        case [experiment, run, "artifacts", *_] if experiment.isdigit() and run not in ("models", "traces"):
            return experiment, "run", run
        case _:
            return None


# Kinds whose fields are ids; the names that policies use are looked up.
_LOOKED_UP = {"experiment": experiment_resource, "run": run_resource, "logged-model": logged_model_resource}
_LISTED = {"experiments": experiment_resource, "runs": run_resource}
# Kinds whose fields are the names themselves.
_NAMED = {"experiment-name": "experiment", "registered-model": "registered-model", "model-version": "model-version"}
