"""Laws of the way: taking away a rule that allows opens nothing, and one that refuses closes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloister.ask.asking import Environment, answer
from cloister.ask.telling import as_json
from cloister.inventory.azure import (
    ApplicationRule,
    Inventory,
    NetworkRule,
    NetworkSecurityGroup,
    Route,
    RouteTable,
    RuleCollection,
    RuleCollectionGroup,
    SecurityRule,
)
from cloister.origin import Origin
from cloister.verdict import Answer

HERE = Origin("laws.yaml", 1)
QUESTIONS = [
    "near -> pypi.org:443",
    "near -> store:443",
    "near -> distant:22",
    "desk -> near:22",
    "near -> internet:443",
]
WORDS = ["*", "10.1.0.0/16", "10.1.1.4", "10.2.0.0/16", "192.168.0.0/16", "20.0.0.0/8"]
TAGS = [*WORDS, "VirtualNetwork", "Internet", "Storage", "AzureFrontDoor.Frontend"]

words = st.sampled_from(TAGS).map(lambda word: (word,))
actions = st.sampled_from(["Allow", "Deny"])
ports = st.sampled_from([("*",), ("443",), ("22",)])
security_rules = st.builds(
    SecurityRule,
    name=st.just("rule"),
    priority=st.integers(100, 120),
    direction=st.sampled_from(["Inbound", "Outbound"]),
    access=actions,
    protocol=st.sampled_from(["Tcp", "*"]),
    source=words,
    destination=words,
    destination_ports=ports,
    origin=st.just(HERE),
)
network_rules = st.builds(
    NetworkRule,
    name=st.just("addresses"),
    protocols=st.just(("TCP",)),
    sources=st.sampled_from(WORDS).map(lambda word: (word,)),
    destinations=st.sampled_from([*WORDS, "Storage"]).map(lambda word: (word,)),
    ports=ports,
    origin=st.just(HERE),
)
application_rules = st.builds(
    ApplicationRule,
    name=st.just("names"),
    protocols=st.just((("Https", 443),)),
    sources=st.sampled_from(WORDS).map(lambda word: (word,)),
    fqdns=st.sampled_from([("*",), ("pypi.org",), ("*.windows.net",)]),
    origin=st.just(HERE),
)


def _collection(
    kind: Literal["network", "application"],
) -> Callable[[int, Literal["Allow", "Deny"], NetworkRule | ApplicationRule], RuleCollection]:
    def build(priority: int, action: Literal["Allow", "Deny"], rule: NetworkRule | ApplicationRule) -> RuleCollection:
        rules = (rule,)
        return RuleCollection(name="c", priority=priority, action=action, rules=rules, kind=kind, origin=HERE)  # type: ignore[arg-type]  # one rule of the kind that was asked for

    return build


collections = st.one_of(
    st.builds(_collection("network"), st.integers(100, 130), actions, network_rules),
    st.builds(_collection("application"), st.integers(100, 130), actions, application_rules),
)
security = st.lists(security_rules, max_size=4, unique_by=lambda rule: (rule.priority, rule.direction)).map(tuple)
policy = st.lists(collections, max_size=4, unique_by=lambda one: one.priority).map(tuple)


@pytest.fixture(scope="module")
def base(plain: Callable[[dict[str, object]], Environment]) -> Inventory:
    return plain({}).inventory


def _with(
    base: Inventory, rules: tuple[SecurityRule, ...], policy: tuple[RuleCollection, ...], *, forced: bool
) -> Inventory:
    firewall = base.firewalls[0]
    group = RuleCollectionGroup(name="g", priority=100, collections=policy, origin=HERE)
    route = Route(
        name="all", prefix="0.0.0.0/0", next_hop_type="VirtualAppliance", next_hop=firewall.private_ip, origin=HERE
    )
    routes = tuple(RouteTable(name=table.name, routes=(route,), origin=HERE) for table in base.route_tables)
    return replace(
        base,
        network_security_groups=(NetworkSecurityGroup(name="nsg", rules=rules, origin=HERE),),
        firewalls=(replace(firewall, rule_collection_groups=(group,)),),
        route_tables=routes if forced else base.route_tables,
    )


def _fewer(
    base: Inventory,
    rules: tuple[SecurityRule, ...],
    policy: tuple[RuleCollection, ...],
    action: str,
    *,
    forced: bool,
) -> Iterator[Inventory]:
    """The environment with one rule of that action taken away, in every way."""
    for rule in rules:
        if rule.access == action:
            yield _with(base, tuple(one for one in rules if one is not rule), policy, forced=forced)
    for collection in policy:
        if collection.action == action:
            yield _with(base, rules, tuple(one for one in policy if one is not collection), forced=forced)


def _answers(inventory: Inventory) -> dict[str, Answer]:
    environment = Environment(inventory)
    return {question: answer(environment, question).verdict.answer for question in QUESTIONS}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=security, policy=policy, forced=st.booleans())
def test_taking_away_what_allows_opens_nothing(
    base: Inventory, rules: tuple[SecurityRule, ...], policy: tuple[RuleCollection, ...], *, forced: bool
) -> None:
    before = _answers(_with(base, rules, policy, forced=forced))
    for inventory in _fewer(base, rules, policy, "Allow", forced=forced):
        after = _answers(inventory)
        opened = [q for q in QUESTIONS if before[q] is not Answer.ALLOW and after[q] is Answer.ALLOW]
        assert not opened


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=security, policy=policy, forced=st.booleans())
def test_taking_away_what_refuses_closes_nothing(
    base: Inventory, rules: tuple[SecurityRule, ...], policy: tuple[RuleCollection, ...], *, forced: bool
) -> None:
    before = _answers(_with(base, rules, policy, forced=forced))
    for inventory in _fewer(base, rules, policy, "Deny", forced=forced):
        after = _answers(inventory)
        closed = [q for q in QUESTIONS if before[q] is Answer.ALLOW and after[q] is not Answer.ALLOW]
        assert not closed


def test_equal_environments_give_equal_answers(plain: Callable[[dict[str, object]], Environment]) -> None:
    one, two = plain({}), plain({})
    for question in QUESTIONS:
        assert as_json(answer(one, question)) == as_json(answer(two, question))


def test_every_refusal_and_doubt_names_a_rule_or_a_missing_fact(
    plain: Callable[[dict[str, object]], Environment],
) -> None:
    environment = plain({})
    places = [*environment.fabric.places]
    for place in places:
        for other in places:
            verdict = answer(environment, f"{place} -> {other}:22").verdict
            step = verdict.first_refusal
            assert verdict.trace
            assert (verdict.answer is Answer.ALLOW) == (step is None)
            assert step is None or step.text
