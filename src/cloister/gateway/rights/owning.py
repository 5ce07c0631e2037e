"""Whose an object is, for policies that look at it.

`mlflow:Owned`: the caller, or a job of the same submitter, made the object. `mlflow:ParentOwned`: they made what it
lies in, the experiment of a run or the model of a version. A new name changes nothing about that.
"""

from typing import Final

import anyio.to_thread

from cloister.access.conditions import Context
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.resources import Resource
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.makers import Makers, Thing
from cloister.verdict import Answer

_OWNED: Final = "mlflow:Owned"
_PARENT: Final = "mlflow:ParentOwned"
# What conditions see of whoever owns nothing.
NOTHING: Final[Context] = {_OWNED: ("false",), _PARENT: ("false",)}


def looks_at_owner(asker: Asker, action: str) -> bool:
    """Whether a policy on the action looks at the owner, which costs a look into the database."""
    return not asker.looks_at(action).isdisjoint(NOTHING)


def seen(made: Thing | None, within: Thing | None, own: frozenset[Thing]) -> Context:
    """What conditions see of an object, where `own` is what the asker made."""
    context = {_OWNED: (str(made in own).lower(),)} if made else {}
    return context | ({_PARENT: (str(within in own).lower(),)} if within else {})


async def owned(asker: Asker, action: str, resource: Resource, lookup: Lookup, makers: Makers) -> Context:
    """Whether the asker owns the resource, as conditions see it; nothing where no policy looks at it."""
    if not looks_at_owner(asker, action):
        return {}
    made = resource.made
    if resource.experiment_name and action == "mlflow:GetExperimentByName":
        found = await lookup.experiment_named(resource.experiment_name)
        if found is None:
            return _not_there(asker, "mlflow:CreateExperiment", resource)
        made = ("experiment", found)
    within = resource.within if _PARENT in asker.looks_at(action) else None
    things = frozenset(thing for thing in (made, within) if thing is not None)
    own = makers.known_of(things, asker.principal.persons)
    if own != things:
        own = await anyio.to_thread.run_sync(makers.owned_of, things, asker.principal.persons)
    if made is not None and not own and action == "mlflow:GetRegisteredModel" and not await lookup.has_model(made[1]):
        return _not_there(asker, "mlflow:CreateRegisteredModel", resource)
    return seen(made, within, own)


def _not_there(asker: Asker, creating: str, resource: Resource) -> Context:
    """MLflow's client asks before it creates: who may create it may be told that it is not there."""
    may_create = asker.decide(creating, resource.name).answer is Answer.ALLOW
    return {_OWNED: (str(may_create).lower(),)}
