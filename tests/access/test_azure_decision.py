"""Azure's roles: what one assignment, or several, allow at a scope, and what is said about it."""

import pytest

from cloister.access.azure.assignments import EVERYONE, DenyAssignment, RoleAssignment
from cloister.access.azure.built_in import built_in_roles, smallest_role
from cloister.access.azure.decision import Asked, decide
from cloister.access.azure.definitions import Allows, Operation, Plane, RoleDefinition, Silent, TakesAway
from cloister.access.azure.scopes import ENVIRONMENT, Scope
from cloister.origin import Origin
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

GROUP = Scope(("group",))
WORKSPACE = Scope(("group", "workspace"))
STORAGE = Scope(("group", "storage"))
CONTAINER = Scope(("group", "storage", "raw"))
ML = "Microsoft.MachineLearningServices/workspaces"
SUBMIT = Operation(f"{ML}/jobs/write")
CREATE_COMPUTE = Operation(f"{ML}/computes/write")
COMPUTE_NODE = Operation(f"{ML}/computes/nodes/write")
WIDE = f"{ML}/*/write"
EXCEPT = f"{ML}/computes/*/write"
READ_BLOB = Operation("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", Plane.DATA)
LIST_KEYS = Operation("Microsoft.Storage/storageAccounts/listKeys/action")
HERE = Origin("cloister.yaml", 7)


def _assigned(role: str | RoleDefinition, scope: Scope, to: str = "user:ada", **more: str | bool) -> RoleAssignment:
    found = built_in_roles().get(role, role) if isinstance(role, str) else role
    return RoleAssignment(name="a", principal=to, role=found, scope=scope, origin=HERE, **more)  # type: ignore[arg-type]


def _asked(operation: Operation, scope: Scope, *groups: str) -> Asked:
    return Asked(("user:ada", *groups), operation, scope)


@pytest.mark.parametrize(
    ("pattern", "operation", "matches"),
    [
        ("*", "Microsoft.Storage/storageAccounts/read", True),
        ("*/read", "Microsoft.Storage/storageAccounts/read", True),
        ("*/read", "Microsoft.Storage/storageAccounts/write", False),
        (f"{ML}/*/write", f"{ML}/jobs/write", True),
        (f"{ML}/*/write", f"{ML}/computes/nodes/write", True),
        (f"{ML}/*/write", f"{ML}/write", True),
        (f"{ML}*/write", f"{ML}/write", True),
        (f"{ML}/*write", f"{ML}/write", True),
        (f"{ML}/*/*/write", f"{ML}/jobs/write", True),
        ("*/write", "write", False),
        (f"{ML}/WRITE", f"{ML}/write", True),
        (f"{ML}/jobs", f"{ML}/jobs/write", False),
        ("Microsoft?Storage/x", "Microsoft.Storage/x", False),
    ],
)
def test_patterns_match_whole_operations_without_regard_to_case(pattern: str, operation: str, *, matches: bool) -> None:
    role = RoleDefinition(name="r", actions=(pattern,))
    assert role.says(Operation(operation)) == (Allows(pattern) if matches else Silent())


def test_a_decision_that_hangs_on_the_wide_reading_says_so() -> None:
    allowed = decide(_asked(Operation(f"{ML}/read"), WORKSPACE), [_assigned("AzureML Data Scientist", WORKSPACE)])
    assert allowed.trace[0].text == (
        f'user:ada has role "AzureML Data Scientist" at workspace; its {ML}/*/read allows {ML}/read, '
        "where /*/ is read as / too"
    )
    refused = decide(_asked(CREATE_COMPUTE, WORKSPACE), [_assigned("AzureML Data Scientist", WORKSPACE)])
    assert refused.trace[0].text == (
        f'user:ada has role "AzureML Data Scientist" at workspace: {WIDE} would allow it, but {EXCEPT} is excepted, '
        "where /*/ is read as / too"
    )


def test_not_actions_take_away_and_planes_are_apart() -> None:
    role = RoleDefinition(name="r", actions=("*",), not_actions=(f"{ML}/write",))
    assert role.says(Operation(f"{ML}/write")) == TakesAway("*", f"{ML}/write")
    assert role.says(READ_BLOB) == Silent()
    data = RoleDefinition(name="d", data_actions=("*",), not_data_actions=(READ_BLOB.name,))
    assert data.says(READ_BLOB) == TakesAway("*", READ_BLOB.name)
    assert data.says(SUBMIT) == Silent()


def _verdict(answer: Answer, reason: str, text: str, at: str, mend: str = "") -> Verdict:
    outcome = {Answer.ALLOW: Outcome.PASS, Answer.DENY: Outcome.REFUSE, Answer.UNKNOWN: Outcome.UNKNOWN}[answer]
    rule = Rule("role assignment a", HERE)
    return Verdict(answer, reason, (Step(Layer.AUTHORIZATION, at, outcome, text, rule),), mend)


def test_the_assignment_and_the_pattern_that_allow_are_named() -> None:
    verdict = decide(_asked(SUBMIT, WORKSPACE), [_assigned("AzureML Data Scientist", GROUP)])
    assert verdict == _verdict(
        Answer.ALLOW,
        f"user:ada may {SUBMIT} at workspace",
        f'user:ada has role "AzureML Data Scientist" at group; its {ML}/*/write allows {SUBMIT}',
        "workspace",
    )


def test_a_role_comes_by_a_group() -> None:
    assignment = _assigned("Storage Blob Data Reader", STORAGE, to="group:readers")
    verdict = decide(_asked(READ_BLOB, STORAGE, "group:readers"), [assignment])
    text = f'user:ada, by group:readers, has role "Storage Blob Data Reader" at storage, which allows {READ_BLOB}'
    assert verdict == _verdict(Answer.ALLOW, f"user:ada may {READ_BLOB} at storage", text, "storage")
    assert decide(_asked(READ_BLOB, STORAGE), [assignment]).answer is Answer.DENY


@pytest.mark.parametrize(
    ("operation", "scope", "assignments", "text", "mend"),
    [
        (
            COMPUTE_NODE,
            WORKSPACE,
            [_assigned("AzureML Data Scientist", WORKSPACE)],
            f'user:ada has role "AzureML Data Scientist" at workspace: {WIDE} would allow it, but {EXCEPT} is excepted',
            'assign "AzureML Compute Operator" to user:ada at workspace',
        ),
        (
            READ_BLOB,
            STORAGE,
            [_assigned("Owner", ENVIRONMENT), _assigned("Reader", ENVIRONMENT)],
            f"no role that it has there allows {READ_BLOB}: Owner, Reader",
            'assign "Storage Blob Data Reader" to user:ada at storage',
        ),
        (
            READ_BLOB,
            STORAGE,
            [_assigned("Storage Blob Data Owner", WORKSPACE)],
            "it has roles elsewhere only: Storage Blob Data Owner at workspace",
            'assign "Storage Blob Data Reader" to user:ada at storage',
        ),
    ],
    ids=["taken away", "silent", "elsewhere"],
)
def test_a_refusal_tells_what_comes_closest(
    operation: Operation, scope: Scope, assignments: list[RoleAssignment], text: str, mend: str
) -> None:
    verdict = decide(_asked(operation, scope), assignments)
    reason = f"user:ada may not {operation} at {scope}: {text}"
    assert verdict == _verdict(Answer.DENY, reason, text, str(scope), mend)


def test_without_any_assignment_nothing_is_allowed() -> None:
    verdict = decide(_asked(SUBMIT, WORKSPACE), [_assigned("Owner", ENVIRONMENT, to="user:bob")])
    assert verdict == Verdict(
        Answer.DENY,
        f"user:ada may not {SUBMIT} at workspace: user:ada has no role assignment",
        (Step(Layer.AUTHORIZATION, "workspace", Outcome.REFUSE, "user:ada has no role assignment"),),
        'assign "AzureML Data Scientist" to user:ada at workspace',
    )


@pytest.mark.parametrize(
    ("assignment", "doubt", "mend"),
    [
        (
            _assigned("Storage Blob Data Reader", STORAGE, condition="@Resource[container] StringEquals 'raw'"),
            "it counts only where its condition holds: @Resource[container] StringEquals 'raw'",
            "",
        ),
        (
            _assigned("Storage Blob Data Reader", STORAGE, eligible=True),
            "the principal is eligible for it, and has it only once it is activated",
            "",
        ),
        (
            _assigned("Storage Blob Data Reader", CONTAINER),
            "the role counts at raw only, which is a part of storage",
            "ask about raw",
        ),
        (
            _assigned("Lake Reader", GROUP),
            'what the role "Lake Reader" allows is not known here',
            'describe "Lake Reader" under role_definitions',
        ),
        (
            _assigned("Storage Blob Reader", GROUP),
            'what the role "Storage Blob Reader" allows is not known here',
            'describe "Storage Blob Reader" under role_definitions, or write "Storage Blob Data Reader"',
        ),
    ],
    ids=["condition", "eligible", "part", "unknown role", "misspelt role"],
)
def test_what_may_count_is_unknown(assignment: RoleAssignment, doubt: str, mend: str) -> None:
    text = f'user:ada has role "{assignment.role_name}" at {assignment.scope}, but {doubt}'
    reason = f"user:ada may or may not {READ_BLOB} at storage: {text}"
    expected = _verdict(Answer.UNKNOWN, reason, text, "storage", mend)
    assert decide(_asked(READ_BLOB, STORAGE), [assignment]) == expected
    certain = _assigned("Storage Blob Data Owner", GROUP)
    assert decide(_asked(READ_BLOB, STORAGE), [assignment, certain]).answer is Answer.ALLOW


def test_a_custom_role_counts_only_where_it_may_be_assigned() -> None:
    role = RoleDefinition(name="Submitter", actions=(SUBMIT.name,), assignable_scopes=(WORKSPACE,))
    assert decide(_asked(SUBMIT, WORKSPACE), [_assigned(role, WORKSPACE)]).answer is Answer.ALLOW
    verdict = decide(_asked(SUBMIT, WORKSPACE), [_assigned(role, GROUP)])
    assert verdict.trace[0].text == 'user:ada has role "Submitter" at group, where that role may not be assigned'


def _denial(**more: object) -> DenyAssignment:
    given = {"principals": (EVERYONE,), "actions": ("*/listKeys/action",), "scope": GROUP} | more
    return DenyAssignment(name="stack", origin=HERE, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("denial", "answer"),
    [
        (_denial(), Answer.DENY),
        (_denial(principals=("group:all",)), Answer.DENY),
        (_denial(principals=("user:bob",)), Answer.ALLOW),
        (_denial(excluded=("group:all",)), Answer.ALLOW),
        (_denial(scope=WORKSPACE), Answer.ALLOW),
        (_denial(here_only=True), Answer.ALLOW),
        (_denial(here_only=True, scope=STORAGE), Answer.DENY),
        (_denial(not_actions=(LIST_KEYS.name,)), Answer.ALLOW),
        (_denial(actions=(), data_actions=("*",)), Answer.ALLOW),
    ],
)
def test_a_deny_assignment_wins_over_every_role(denial: DenyAssignment, answer: Answer) -> None:
    verdict = decide(_asked(LIST_KEYS, STORAGE, "group:all"), [_assigned("Owner", ENVIRONMENT)], [denial])
    assert verdict.answer is answer
    if answer is Answer.DENY:
        text = f'deny assignment "stack" at {denial.scope} denies {LIST_KEYS} by */listKeys/action'
        assert verdict.trace == (Step(Layer.AUTHORIZATION, "storage", Outcome.REFUSE, text, Rule("stack", HERE)),)


@pytest.mark.parametrize(
    ("role", "operation", "allowed"),
    [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Storage/storageAccounts/listKeys/action", True),
        ("Reader", "Microsoft.Storage/storageAccounts/listKeys/action", False),
        ("AzureML Data Scientist", f"{ML}/listStorageAccountKeys/action", True),
        ("AzureML Data Scientist", f"{ML}/listKeys/action", False),
        ("AzureML Compute Operator", f"{ML}/computes/write", True),
        ("AcrPull", "Microsoft.ContainerRegistry/registries/push/write", False),
        ("AcrPush", "Microsoft.ContainerRegistry/registries/push/write", True),
        ("Key Vault Contributor", "Microsoft.KeyVault/vaults/accessPolicies/write", True),
        ("Network Contributor", "Microsoft.Network/networkSecurityGroups/securityRules/write", True),
    ],
)
def test_built_in_roles_are_as_published(role: str, operation: str, *, allowed: bool) -> None:
    assert isinstance(built_in_roles()[role].says(Operation(operation)), Allows) == allowed


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        (READ_BLOB, '"Storage Blob Data Reader"'),
        (Operation("Microsoft.KeyVault/vaults/secrets/getSecret/action", Plane.DATA), '"Key Vault Secrets User"'),
        (Operation("Microsoft.ContainerRegistry/registries/pull/read"), '"AcrPull"'),
        (Operation("Microsoft.Nobody/knows/action", Plane.DATA), ""),
    ],
)
def test_the_smallest_role_is_proposed(operation: Operation, role: str) -> None:
    assert smallest_role(operation) == role
