"""Searches over named experiments: those that the caller may not see are left out, as if they were not there.

In their place stands an id that no experiment has. MLflow searches nothing for it, as for any that does not exist.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlencode

from cloister.gateway.mlflow.canonical import Canonical
from cloister.gateway.mlflow.resources import Resource
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

LEAVES_OUT: Final = "leave-out"
# MLflow counts experiments upwards from 0.
NOBODYS: Final = "-1"
_RULE: Final = Rule("left out of the search")


def partly(verdicts: Sequence[Verdict], resources: Sequence[Resource]) -> tuple[Verdict, frozenset[str]] | None:
    """An ALLOW that says what is left out, and the ids of that; None where nothing would remain."""
    steps: list[Step] = []
    hidden: set[str] = set()
    for verdict, resource in zip(verdicts, resources, strict=True):
        if verdict.answer is Answer.ALLOW or resource.made is None:
            steps.extend(verdict.trace)
        else:
            steps.append(Step(Layer.AUTHORIZATION, resource.name, Outcome.NOTE, verdict.reason, _RULE))
            hidden.add(resource.made[1])
    if not hidden or len(hidden) == len(resources):
        return None
    names = ", ".join(step.at for step in steps if step.rule == _RULE)
    return Verdict(Answer.ALLOW, f"all may be searched but {names}", tuple(steps)), frozenset(hidden)


def without(request: Canonical, hidden: Collection[str]) -> Canonical:
    """The search over the rest of what it names."""
    field = request.route.resources[0].fields[0][0]
    if request.route.body == "json":
        document = replaced(request.document, field.replace("[]", "").split("."), hidden)
        body = json.dumps(document, separators=(",", ":")).encode()
        return replace(request, body=body)
    pairs = [
        (name, NOBODYS if name == field and value in hidden else value)
        for name, values in request.values.items()
        for value in values
    ]
    return replace(request, target=f"{request.target.partition('?')[0]}?{urlencode(pairs, quote_via=quote)}")


def replaced(value: object, below: Sequence[str], hidden: Collection[str]) -> object:
    """The part of a document with the hidden ids at the path below it replaced, in each object of a list."""
    if isinstance(value, list):
        return [replaced(item, below, hidden) for item in value]
    if isinstance(value, dict) and below and below[0] in value:
        return {**value, below[0]: replaced(value[below[0]], below[1:], hidden)}
    return NOBODYS if not below and value in hidden else value
