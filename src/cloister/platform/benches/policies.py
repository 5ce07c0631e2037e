"""Decisions over 1,000 policies that all speak for a caller of 100 groups, against Cedar's engine in Rust.

The baseline is its Python binding (`cedarpy`, Apache-2.0; `pip install cedarpy`) on policies of the same meaning, read
beforehand as ours are; without it the figures stand alone. Both must give the same answers. Three sites: each policy
speaks of names of its own; all speak of everything, and each asks for another tag; the same with patterns of tags,
where no index helps.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cloister.access.decision import Request
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.errors import Fault, InternalError
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.verdict import Answer

_GROUPS, _POLICIES_EACH = 100, 10
_ROUNDS = 20
_MICRO = 1_000_000
_GROUP_NAMES = tuple(f"g{number}" for number in range(_GROUPS))
_CALLER = Principal("ada", "user", _GROUP_NAMES)
_READING = ("GetRun", "SearchRuns", "GetExperiment")


@dataclass(frozen=True, slots=True)
class Site:
    """Policies in both languages, and requests to them: action, resource, and what conditions look at."""

    ours: tuple[Policy, ...]
    cedar: str
    asked: tuple[tuple[str, str, Mapping[str, str]], ...]


@cache
def _by_name() -> Site:
    """Each policy reads the experiments of one name, and denies deletion of what is in production."""
    places = [f"{group}-{number}" for group in _GROUP_NAMES for number in range(_POLICIES_EACH)]
    ours = tuple(_policy(place, _reads(f"run/{place}-*"), _denies(f"run/{place}-*")) for place in places)
    cedar = "\n".join(
        _in_cedar("permit", place, _READING, f'context.name like "run/{place}-*"')
        + _in_cedar(
            "forbid", place, ("DeleteRun",), f'context.name like "run/{place}-*" && context.stage == "Production"'
        )
        for place in places
    )
    hit = places[len(places) // 2]
    asked = (
        ("GetRun", f"run/{hit}-churn/1", {"stage": "None"}),
        ("DeleteRun", f"run/{hit}-churn/1", {"stage": "Production"}),
        ("DeleteRun", f"run/{hit}-churn/1", {"stage": "None"}),
        ("SearchRuns", "run/elsewhere/1", {"stage": "None"}),
    )
    return Site(ours, cedar, asked)


@cache
def _by_tag(operator: str) -> Site:
    """Each policy reads whatever has a tag of its own, so that no name tells which one speaks of it."""
    tags = [f"{group}-{number}" for group in _GROUP_NAMES for number in range(_POLICIES_EACH)]
    wild, compared = ("*", "like") if operator == "StringLike" else ("", "==")
    ours = tuple(
        _policy(tag, _reads("*") | {"Condition": {operator: {"aws:ResourceTag/team": tag + wild}}}) for tag in tags
    )
    cedar = "\n".join(_in_cedar("permit", tag, _READING, f'context.stage {compared} "{tag}{wild}"') for tag in tags)
    asked = (
        ("GetRun", "run/churn/1", {"stage": tags[len(tags) // 2]}),
        ("GetRun", "run/churn/1", {"stage": "nobody's"}),
    )
    return Site(ours, cedar, asked)


def _policy(name: str, *statements: Mapping[str, object]) -> Policy:
    return read_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name)


def _reads(resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": [f"mlflow:{name}" for name in _READING], "Resource": resource}


def _denies(resource: str) -> dict[str, object]:
    condition = {"StringEquals": {"aws:ResourceTag/team": "Production"}}
    return {"Effect": "Deny", "Action": "mlflow:DeleteRun", "Resource": resource, "Condition": condition}


def _in_cedar(effect: str, place: str, actions: Sequence[str], condition: str) -> str:
    listed = ", ".join(f'Action::"{name}"' for name in actions)
    group = place.partition("-")[0]
    return f'{effect}(principal in Group::"{group}", action in [{listed}], resource) when {{ {condition} }};\n'


def _timed(decide: Callable[[], Sequence[bool]], questions: int) -> Figures:
    decide()
    started = time.perf_counter()
    for _ in range(_ROUNDS):
        decide()
    return {"microseconds": (time.perf_counter() - started) / (_ROUNDS * questions) * _MICRO}


def _subject(site: Callable[[], Site]) -> Figures:
    """The microseconds of one decision, request and verdict made anew, and the milliseconds of compiling the set."""
    started = time.perf_counter()
    policies = PolicySet(site().ours)
    compiling = time.perf_counter() - started
    return {
        **_timed(lambda: _decided(policies, site()), len(site().asked)),
        "milliseconds_to_compile": compiling * 1000,
    }


def _decided(policies: PolicySet, site: Site) -> list[bool]:
    return [
        policies.decide(
            Request(_CALLER, f"mlflow:{action}", resource, {"aws:ResourceTag/team": (context["stage"],)})
        ).answer
        is Answer.ALLOW
        for action, resource, context in site.asked
    ]


@dataclass(frozen=True, slots=True)
class _Cedar:
    """Cedar's engine with policies and entities read."""

    engine: Any
    policies: object
    entities: object

    def decided(self, site: Site) -> list[bool]:
        return [
            bool(
                self.engine.is_authorized(
                    {
                        "principal": 'User::"ada"',
                        "action": f'Action::"{action}"',
                        "resource": 'Thing::"it"',
                        "context": {"name": resource, **context},
                    },
                    self.policies,
                    self.entities,
                ).allowed
            )
            for action, resource, context in site.asked
        ]


def _cedar(site: Site) -> _Cedar | None:
    if find_spec("cedarpy") is None:
        return None
    engine = import_module("cedarpy")
    groups = [{"uid": {"type": "Group", "id": name}, "attrs": {}, "parents": []} for name in _GROUP_NAMES]
    parents = [group["uid"] for group in groups]
    caller = {"uid": {"type": "User", "id": "ada"}, "attrs": {}, "parents": parents}
    entities = engine.Entities.from_json_str(json.dumps([*groups, caller]))
    return _Cedar(engine, engine.PolicySet.from_str(site.cedar), entities)


def _baseline(site: Callable[[], Site]) -> Figures:
    """The same questions to Cedar, if it is there. Raises InternalError where it answers otherwise."""
    cedar = _cedar(site())
    if cedar is None:
        return {}
    ours, theirs = _decided(PolicySet(site().ours), site()), cedar.decided(site())
    if ours != theirs:
        reason = f"answers {theirs}, and Cloister {ours}: the policies do not mean the same"
        raise InternalError(Fault("cedarpy", reason, "compare the two sites in cloister/platform/benches/policies.py"))
    return _timed(lambda: cedar.decided(site()), len(site().asked))


_CEDAR = "cedarpy"
_COUNT = _GROUPS * _POLICIES_EACH


def _compared_by_tag(name: str, operator: str, targets: tuple[Target, ...] = ()) -> Comparison:
    def site() -> Site:
        return _by_tag(operator)

    title = f"{_COUNT} policies by {name}"
    return Comparison(title, lambda: _subject(site), _CEDAR, lambda: _baseline(site), targets)


BENCHMARK = Benchmark(
    "policies",
    (
        Comparison(
            f"{_COUNT} policies by name",
            lambda: _subject(_by_name),
            _CEDAR,
            lambda: _baseline(_by_name),
            (Target("microseconds", 100.0),),
        ),
        _compared_by_tag("tag", "StringEquals", (Target("microseconds", 100.0),)),
        _compared_by_tag("pattern of tags", "StringLike"),
    ),
)
