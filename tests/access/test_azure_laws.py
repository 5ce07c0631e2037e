"""Laws of Azure's roles over generated ones, and a second evaluator, short and slow, that must agree."""

from hypothesis import given
from hypothesis import strategies as st

from cloister.access.azure.assignments import EVERYONE, DenyAssignment, RoleAssignment
from cloister.access.azure.decision import Asked, decide
from cloister.access.azure.definitions import Operation, Plane, RoleDefinition
from cloister.access.azure.scopes import Scope
from cloister.verdict import Answer

PRINCIPALS = ("user:a", "group:b", "group:c")
WORDS = ("A", "b", "read", "write")


def _texts(words: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=most).map("/".join)


PATTERN_TUPLES = st.lists(_texts((*WORDS, "*", "B", "re*"), 3), max_size=3).map(tuple)
SCOPES = st.lists(st.sampled_from(("x", "y")), max_size=3).map(lambda path: Scope(tuple(path)))
ROLES = st.builds(
    RoleDefinition,
    name=st.just("r"),
    actions=PATTERN_TUPLES,
    not_actions=PATTERN_TUPLES,
    data_actions=PATTERN_TUPLES,
    not_data_actions=PATTERN_TUPLES,
    assignable_scopes=st.lists(SCOPES, min_size=1, max_size=2).map(tuple),
)
ASSIGNMENTS = st.builds(
    RoleAssignment,
    name=st.just("a"),
    principal=st.sampled_from(PRINCIPALS),
    role=ROLES | st.just("unknown"),
    scope=SCOPES,
    condition=st.sampled_from(("", "", "", "c")),
    eligible=st.sampled_from((False, False, True)),
)
DENIALS = st.builds(
    DenyAssignment,
    name=st.just("d"),
    principals=st.lists(st.sampled_from((*PRINCIPALS, EVERYONE)), max_size=2).map(tuple),
    excluded=st.lists(st.sampled_from(PRINCIPALS), max_size=1).map(tuple),
    actions=PATTERN_TUPLES,
    not_actions=PATTERN_TUPLES,
    data_actions=PATTERN_TUPLES,
    not_data_actions=PATTERN_TUPLES,
    scope=SCOPES,
    here_only=st.booleans(),
)
ASKED = st.builds(
    Asked,
    st.permutations(PRINCIPALS).flatmap(lambda names: st.integers(1, 3).map(lambda count: tuple(names[:count]))),
    st.builds(Operation, _texts(WORDS, 3), st.sampled_from(Plane)),
    SCOPES,
)
Worlds = st.tuples(ASKED, st.lists(ASSIGNMENTS, max_size=4), st.lists(DENIALS, max_size=2))


def _glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern.startswith("/*/") and text.startswith("/") and _glob(pattern[2:], text):
        return True
    if pattern[0] == "*":
        return any(_glob(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0].lower() == text[0].lower() and _glob(pattern[1:], text[1:])


def _speaks(of: RoleDefinition | DenyAssignment, operation: Operation) -> bool:
    plane = "data_actions" if operation.plane is Plane.DATA else "actions"
    listed = any(_glob(pattern, operation.name) for pattern in getattr(of, plane))
    return listed and not any(_glob(pattern, operation.name) for pattern in getattr(of, f"not_{plane}"))


def _below(inner: Scope, outer: Scope) -> bool:
    return all(index < len(inner.path) and inner.path[index] == outer.path[index] for index in range(len(outer.path)))


def plain_answer(asked: Asked, assignments: list[RoleAssignment], denials: list[DenyAssignment]) -> Answer:
    """The same decision, written once more from Azure's pages."""
    who = set(asked.holders)
    for denial in denials:
        meant = EVERYONE in denial.principals or who & set(denial.principals)
        place = asked.scope == denial.scope or (not denial.here_only and _below(asked.scope, denial.scope))
        if meant and not who & set(denial.excluded) and place and _speaks(denial, asked.operation):
            return Answer.DENY
    found = {Answer.DENY}
    for one in assignments:
        above, below = _below(asked.scope, one.scope), _below(one.scope, asked.scope)
        if one.principal not in who or not (above or below):
            continue
        if isinstance(one.role, str):
            found.add(Answer.UNKNOWN)
        elif _speaks(one.role, asked.operation) and any(_below(one.scope, may) for may in one.role.assignable_scopes):
            certain = above and not one.condition and not one.eligible
            found.add(Answer.ALLOW if certain else Answer.UNKNOWN)
    return next(answer for answer in (Answer.ALLOW, Answer.UNKNOWN, Answer.DENY) if answer in found)


@given(Worlds)
def test_both_evaluators_agree(world: tuple[Asked, list[RoleAssignment], list[DenyAssignment]]) -> None:
    assert decide(*world).answer is plain_answer(*world)


RANK = {Answer.DENY: 0, Answer.UNKNOWN: 1, Answer.ALLOW: 2}


@given(Worlds)
def test_removing_an_assignment_never_adds_a_right(
    world: tuple[Asked, list[RoleAssignment], list[DenyAssignment]],
) -> None:
    asked, assignments, denials = world
    before = RANK[decide(asked, assignments, denials).answer]
    for index in range(len(assignments)):
        fewer = assignments[:index] + assignments[index + 1 :]
        assert RANK[decide(asked, fewer, denials).answer] <= before


@given(Worlds)
def test_a_deny_assignment_never_adds_a_right(world: tuple[Asked, list[RoleAssignment], list[DenyAssignment]]) -> None:
    asked, assignments, denials = world
    assert RANK[decide(asked, assignments, denials).answer] <= RANK[decide(asked, assignments).answer]


@given(Worlds)
def test_a_right_flows_downwards(world: tuple[Asked, list[RoleAssignment], list[DenyAssignment]]) -> None:
    asked, assignments, _ = world
    inside = Asked(asked.holders, asked.operation, Scope((*asked.scope.path, "part")))
    if decide(asked, assignments).answer is Answer.ALLOW:
        assert decide(inside, assignments).answer is Answer.ALLOW


@given(Worlds)
def test_membership_never_takes_a_right_away(
    world: tuple[Asked, list[RoleAssignment], list[DenyAssignment]],
) -> None:
    asked, assignments, _ = world
    more = Asked((*asked.holders, "group:new"), asked.operation, asked.scope)
    assert RANK[decide(more, assignments).answer] >= RANK[decide(asked, assignments).answer]
