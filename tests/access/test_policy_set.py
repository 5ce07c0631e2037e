"""Sets of policies: the same answers as the plain reading, only faster; and what lists are asked for."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.access.conditions import Context
from cloister.access.decision import Request, decide
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet, compiled
from cloister.access.principals import Principal
from cloister.access.visible import Visible

_ADA = Principal("ada", "user")
_KEYS = ("mlflow:Stage", "aws:ResourceTag/team")
_LETTERS = ("a", "b", "A", "run/", "experiment/", "/", "*", "?")
_WORDS = ("mlflow:Get", "mlflow:get", "mlflow:GetRun", "mlflow:", "s3:Get")


def policy(*statements: dict[str, object], name: str = "p") -> Policy:
    return read_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name)


def _several(one: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(one, min_size=1, max_size=3)


_ACTIONS = st.builds(str.__add__, st.sampled_from(_WORDS), st.sampled_from(("Run", "?un", "*", "R*n"))) | st.just("*")
_RESOURCES = st.sampled_from(
    ("*", "run/*", "run/a", "run/a*", "run/a/b", "*/a", "run/${mlflow:Stage}", "run/${aws:ResourceTag/team, 'a'}*")
) | st.lists(st.sampled_from(_LETTERS), min_size=1, max_size=5).map("".join)
_CONDITIONS = st.dictionaries(
    st.sampled_from(("StringEquals", "StringNotLike", "StringLikeIfExists")),
    st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(("a", "b*")), min_size=1),
    max_size=2,
)
_STATEMENTS = st.builds(
    lambda effect, action, actions, resource, resources, condition: {
        "Effect": effect,
        action: actions,
        resource: resources,
        "Condition": condition,
    },
    st.sampled_from(("Allow", "Allow", "Deny")),
    st.sampled_from(("Action", "Action", "NotAction")),
    _several(_ACTIONS),
    st.sampled_from(("Resource", "Resource", "NotResource")),
    _several(_RESOURCES),
    _CONDITIONS,
).filter(lambda one: one["Effect"] == "Deny" or not any("Stage}" in text for text in one.get("NotResource", ())))
_POLICIES = st.lists(st.lists(_STATEMENTS, min_size=1, max_size=4).map(lambda found: policy(*found)), max_size=4)
_CONTEXTS = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from((("a",), ("b",), ("a*",))))
_REQUESTS = st.builds(
    Request,
    st.just(_ADA),
    st.sampled_from(("mlflow:GetRun", "mlflow:getrun", "s3:GetRun", "mlflow:GetRum", "\u017f3:GetRun", "x")),
    st.sampled_from(("run/a", "run/a/b", "run/b"))
    | st.lists(st.sampled_from([letter for letter in _LETTERS if letter not in "*?"]), max_size=5).map("".join),
    _CONTEXTS,
)


@given(_POLICIES, st.lists(_REQUESTS, min_size=1, max_size=4))
def test_a_set_answers_as_the_plain_reading_does(policies: list[Policy], requests: list[Request]) -> None:
    found = PolicySet(policies)
    for request in requests:
        assert found.decide(request) == decide(policies, request)


@given(_POLICIES, st.sampled_from(("run", "experiment")), st.sampled_from(("", "a", "b/a", "A/b")), _CONTEXTS)
def test_what_is_visible_covers_what_is_allowed(policies: list[Policy], kind: str, name: str, context: Context) -> None:
    common = {key: values for key, values in context.items() if key == "mlflow:Stage"}
    visible = PolicySet(policies).patterns("mlflow:GetRun", kind, common)
    answer = decide(policies, Request(_ADA, "mlflow:GetRun", f"{kind}/{name}", context)).answer
    if answer == "ALLOW":
        assert visible.shows(name)
    elif visible.exact:
        assert not visible.shows(name)


def _allow(resource: object, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "mlflow:Search*", "Resource": resource, **more}


def _deny(resource: object, **more: object) -> dict[str, object]:
    return _allow(resource, **more) | {"Effect": "Deny"}


_FROM_HOME = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}
_OWNED = {"Bool": {"mlflow:Owned": "true"}}


@pytest.mark.parametrize(
    ("statements", "allow", "deny", "exact"),
    [
        pytest.param([_allow("*")], ("*",), (), True, id="everything"),
        pytest.param([_allow("experiment/*")], ("*",), (), True, id="everything of the kind"),
        pytest.param([_allow("run/*")], (), (), True, id="another kind"),
        pytest.param([_allow(["experiment/a*", "exp*/b"])], ("a*", "*/b", "b"), (), True, id="patterns"),
        pytest.param([_allow("*/a")], ("*/a", "a"), (), True, id="a star that reaches over the kind"),
        pytest.param([_allow("e?periment/a")], ("a",), (), True, id="one letter left open"),
        pytest.param([_allow("*"), _deny("experiment/x*")], ("*",), ("x*",), True, id="all but some"),
        pytest.param([_allow("a", Condition=_FROM_HOME), _allow("*")], ("*",), (), True, id="said twice"),
        pytest.param([_allow("experiment/a", Condition=_FROM_HOME)], ("a",), (), True, id="a condition that holds"),
        pytest.param([_allow("*"), _deny("*", Condition=_FROM_HOME)], ("*",), ("*",), True, id="a denial that holds"),
        pytest.param([_allow("experiment/a", Condition=_OWNED)], ("a",), (), False, id="a condition on the row"),
        pytest.param(
            [_allow("*"), _deny("*", Condition=_OWNED)], ("*",), (), False, id="a denial that hangs on the row"
        ),
        pytest.param(
            [_allow("*"), _allow("*", Condition=_OWNED)], ("*",), (), True, id="a row's condition for nothing"
        ),
        pytest.param([_allow("*"), _deny("run/*", Condition=_OWNED)], ("*",), (), True, id="a row of another kind"),
        pytest.param(
            [{"Effect": "Allow", "Action": "*", "NotResource": "experiment/x"}], ("*",), (), False, id="all but one"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "*", "NotResource": "run/*"}], ("*",), (), True, id="all but another kind"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "*", "NotResource": "experiment/*"}], (), (), True, id="all but this kind"
        ),
    ],
)
def test_what_a_list_is_asked_for(
    statements: list[dict[str, object]], allow: tuple[str, ...], deny: tuple[str, ...], exact: bool
) -> None:
    found = PolicySet([policy(*statements)])
    context = {"aws:SourceIp": ("127.0.0.1",)}
    assert found.patterns("mlflow:SearchExperiments", "experiment", context) == Visible(allow, deny, exact)


@pytest.mark.parametrize(
    ("visible", "nothing", "everything"),
    [
        (Visible((), (), exact=True), True, False),
        (Visible(("a",), ("*",), exact=True), True, False),
        (Visible(("*",), (), exact=True), False, True),
        (Visible(("*",), ("x",), exact=True), False, False),
        (Visible(("*",), (), exact=False), False, False),
    ],
)
def test_nothing_and_everything(visible: Visible, nothing: bool, everything: bool) -> None:
    assert (visible.is_nothing, visible.is_everything) == (nothing, everything)


def test_a_set_knows_which_keys_an_action_hangs_on() -> None:
    found = PolicySet([policy(_allow("*", Condition=_OWNED), {"Effect": "Deny", "Action": "*", "Resource": "x"})])
    assert found.looks_at("mlflow:SearchRuns") == {"mlflow:Owned"}
    assert found.looks_at("mlflow:GetRun") == frozenset()


def test_the_same_policies_are_compiled_once() -> None:
    first, again = policy(_allow("*")), policy(_allow("*"))
    assert compiled((first,)) is compiled((again,))
    assert compiled((first,)) is not compiled((policy(_allow("a")),))


def test_a_decision_does_not_cost_what_other_resources_are_told() -> None:
    policies = [policy(_allow(f"experiment/team-{number}-*"), _deny(f"run/{number}/*")) for number in range(1000)]
    found = PolicySet(policies)
    request = Request(_ADA, "mlflow:SearchRuns", "experiment/team-700-churn")
    found.decide(request)
    started = time.process_time()
    for _ in range(1000):
        found.decide(request)
    # Microseconds for one: about 10; statement by statement it is over 1,000.
    assert (time.process_time() - started) * 1000 < 100
