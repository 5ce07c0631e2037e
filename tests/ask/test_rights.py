"""Who may do what from where: the way and the right in one verdict. The rows stand in rights_cases.yaml."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from cloister.ask.asking import Environment, answer, ask
from cloister.ask.judgement import OWNERS, Standing, judge
from cloister.ask.rights.needs import Deed
from cloister.ask.rights.principals import find_principal
from cloister.errors import SpecError
from cloister.sources.spec import read_text, sound_part_of_text
from cloister.verdict import Answer, Layer, Outcome

HERE = Path(__file__).parent
TEXT = (HERE / "rights.yaml").read_text(encoding="utf-8")
CASES = yaml.safe_load((HERE / "rights_cases.yaml").read_text(encoding="utf-8"))
OWNER = 'user:olga has role "Owner" at the subscription; its *'
BUILDER = 'sp:pipelines has role "Contributor" at rg-ours; its *'
WRITE_POLICY = "Microsoft.KeyVault/vaults/accessPolicies/write"
READ_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
LONG = {
    "ML": "Microsoft.MachineLearningServices/workspaces",
    "BLOB": "Microsoft.Storage/storageAccounts/blobServices/containers/blobs",
}


@pytest.fixture(scope="module")
def ours() -> Environment:
    return Environment(read_text(TEXT, "r.yaml"))


@pytest.mark.parametrize("question", CASES)
def test_the_way_and_the_right_are_answered_together(ours: Environment, question: str) -> None:
    verdict = answer(ours, question).verdict
    why = verdict.reason
    for short, long in LONG.items():
        why = why.replace(long, short)
    told = {"answer": verdict.answer.value, "how": verdict.how, "why": why, "mend": verdict.mend}
    assert told == {"how": "", "mend": "", **CASES[question]}


def _trace(environment: Environment, question: str) -> list[tuple[str, str, str, str]]:
    """The steps without those of the network: layer, outcome, where, and the rule's name."""
    network = (Layer.NAME, Layer.ROUTE, Layer.FILTER, Layer.FIREWALL, Layer.RETURN)
    steps = [step for step in answer(environment, question).verdict.trace if step.layer not in network]
    return [(step.layer.value, step.outcome.value, step.at, step.rule.name if step.rule else "") for step in steps]


def test_a_deed_of_several_needs_shows_each_way_with_its_rights(ours: Environment) -> None:
    assert _trace(ours, "user:ada at jump-host: submit job on training") == [
        ("need", "note", "management.azure.com:443", "submit job"),
        ("endpoint", "pass", "management.azure.com", ""),
        ("authorization", "pass", "workspace", "role assignment work"),
        ("need", "note", "workspace", "submit job"),
        ("endpoint", "pass", "workspace-endpoint", "private endpoint workspace-endpoint"),
        *[("authorization", "pass", "workspace", "role assignment work")] * 6,
        ("need", "note", "storage/blob", "submit job"),
        ("endpoint", "pass", "storage-blob-endpoint", "private endpoint storage-blob-endpoint"),
        ("authentication", "note", "training", ""),
    ]


def test_a_step_through_a_compute_shows_both_halves(ours: Environment) -> None:
    trace = _trace(ours, "user:ada at jump-host: read data from cold")
    assert trace[:3] == [
        ("authorization", "note", "cold", "role assignment work"),
        ("authentication", "note", "cold", "shared_access_key"),
        ("authorization", "note", "cold", ""),
    ]
    assert trace[-4:] == [
        ("authentication", "pass", "training", "identity"),
        ("need", "note", "cold/blob", "read data"),
        ("endpoint", "pass", "cold-endpoint", "private endpoint cold-endpoint"),
        ("authorization", "pass", "cold", "role assignment cold"),
    ]
    assert ("need", "note", "management.azure.com:443", "submit job") in trace


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "user:olga at jump-host: read secret from old",
            f"could assign itself a role that allows it: {OWNER} allows Microsoft.Authorization/roleAssignments/write",
        ),
        (
            "sp:pipelines at ci-agent: read secret from old",
            f"could write itself an access policy, where these decide: {BUILDER} allows {WRITE_POLICY}",
        ),
        (
            "identity:training at jump-host: pull image",
            "its tokens are issued on training only; taken along, one works until it expires",
        ),
        ("user:ada at jump-host: submit job on training", "the job acts as identity:training"),
        ("user:ada at jump-host: submit job on open", "the job acts as nobody: there is no identity"),
        (
            "group:approvers at jump-host: promote model/churn",
            "nobody approves a version of their own making; who made which version shows when it is asked for",
        ),
    ],
)
def test_what_could_be_done_besides_is_noted(ours: Environment, question: str, text: str) -> None:
    notes = [step.text for step in answer(ours, question).verdict.trace if step.outcome is Outcome.NOTE]
    assert text in notes


@pytest.mark.parametrize(
    ("question", "thing", "reason", "mend"),
    [
        (
            "readers at jump-host: promote model/churn",
            'principal "readers"',
            "does not say what kind of principal it is",
            "write group:readers",
        ),
        (
            "user:adda at jump-host: promote model/churn",
            'principal "user:adda"',
            "is not in the environment",
            "did you mean user:ada?",
        ),
        (
            "user:ada at jump-host: promte model/churn",
            'action "promte model"',
            "is none that Cloister knows the needs of",
            "did you mean promote model or read model or register model?",
        ),
        (
            "user:ada at jump-host: read data from lakes",
            'resource "lakes"',
            "is nothing at which to read data",
            "did you mean lake?",
        ),
        (
            "user:ada at jump-host: open notebook",
            'action "open notebook"',
            "does not say which instance is meant",
            "write open notebook on notebook or open",
        ),
        (
            "user:ada at jump-host: manage network",
            'action "manage network"',
            "does not say which network is meant",
            "write manage network on hub or ml or source-control",
        ),
        (
            "user:ada at jump-host: just do it",
            'action "just do it"',
            "is not an action that can be asked about",
            'write ACTION OBJECT, with "on RESOURCE" where several are meant, for example "read data from lake"',
        ),
    ],
)
def test_words_that_mean_nothing_are_told(ours: Environment, question: str, thing: str, reason: str, mend: str) -> None:
    with pytest.raises(SpecError) as refusal:
        answer(ours, question)
    (fault,) = refusal.value.faults
    assert (fault.thing, fault.reason, fault.mend) == (thing, reason, mend)


def test_an_environment_without_assignments_is_unknown_not_closed(hub_spoke: Environment) -> None:
    bare = Environment(replace(hub_spoke.inventory, role_assignments=()))
    verdict = answer(bare, "user:reader at jump-host: read data").verdict
    assert (verdict.answer, verdict.reason) == (
        Answer.UNKNOWN,
        f"storage: no role assignment is stated, so it is not known who may {READ_BLOB}",
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("group:data-scientists at jump-host: submit job on training", Answer.ALLOW),
        ("group:data-scientists at internet: submit job on training", Answer.DENY),
        ("group:data-scientists at workstation: read data from lake", Answer.ALLOW),
        ("group:data-scientists at workstation: write data from lake", Answer.DENY),
        ("group:data-scientists at workstation: read secret", Answer.DENY),
        ("group:data-scientists at workstation: assign role", Answer.DENY),
        ("identity:ci-agent at ci-agent: deploy endpoint/churn", Answer.ALLOW),
        ("identity:ci-agent at ci-agent: push image", Answer.ALLOW),
        ("identity:ci-agent at ci-agent: assign role", Answer.DENY),
        ("identity:training at training: read data from lake", Answer.ALLOW),
        ("identity:training at training: write data from lake", Answer.DENY),
        ("group:approvers at workstation: promote model/churn", Answer.ALLOW),
        ("group:readers at workstation: promote model/churn", Answer.DENY),
    ],
)
def test_the_good_blueprint_says_who_may_what(hub_spoke: Environment, question: str, answer: Answer) -> None:
    assert ask(hub_spoke.inventory, question).answer is answer


@pytest.mark.parametrize(
    ("mode", "answer"), [("aad_token", Answer.ALLOW), ("key", Answer.DENY), ("aml_token", Answer.DENY)]
)
def test_the_mode_of_an_endpoint_says_which_right_counts(mode: str, answer: Answer) -> None:
    stated = f"online_endpoints: {{churn: {{workspace: workspace, auth_mode: {mode}}}}}\n"
    environment = Environment(read_text(TEXT + stated, "r.yaml"))
    right = environment.judge.right(find_principal(environment.inventory, "user:kim"), Deed("invoke", "endpoint/churn"))
    assert (right.answer, right.trace[0].text) == (answer, f"the endpoint authenticates by {mode}")


def test_a_fault_in_who_may_what_leaves_the_way_alone() -> None:
    broken = sound_part_of_text(TEXT.replace("scope: lake}", "scope: lakes}"), "r.yaml").inventory
    question = "user:ada at jump-host: read data"
    verdict = ask(broken, question)
    assert verdict.answer is Answer.UNKNOWN
    fault = 'role assignment "list": scope "lakes" is no scope of this environment'
    assert verdict.reason == f"storage: depends on what could not be read: {fault}"
    assert ask(broken, "jump-host -> storage/blob").answer is Answer.ALLOW


def test_removing_an_assignment_never_adds_a_right(ours: Environment) -> None:
    questions = [question for question in CASES if CASES[question]["answer"] != "ALLOW"]
    for index in range(len(ours.inventory.role_assignments)):
        kept = ours.inventory.role_assignments[:index] + ours.inventory.role_assignments[index + 1 :]
        fewer = Environment(replace(ours.inventory, role_assignments=kept))
        allowed = [question for question in questions if answer(fewer, question).verdict.answer is Answer.ALLOW]
        assert not allowed


INTENTS = """
intents:
  approvers-promote: {must: "group:approvers at jump-host: promote model/churn", why: w}
  scientists-train: {must: "group:scientists at jump-host: submit job on training", why: w}
  readers-do-not-promote: {must_not: "group:readers at jump-host: promote model/churn", why: w}
  nobody-trains-from-outside: {must_not: "group:scientists at internet: submit job", why: w}
  no-data-by-key: {must_not: "user:ada at jump-host: read data", why: w}
  kim-reads: {must: "user:kim at jump-host: read data from cold", why: w}
  kim-asks-for-a-part: {must_not: "user:kim at jump-host: read data/raw from cold", why: w}
  pia-pulls: {must: "user:pia at ci-agent -> registry", why: w}
"""


def test_intents_ask_for_both_halves() -> None:
    judgement = judge(read_text(TEXT + INTENTS, "r.yaml"))
    own = {
        one.intent.name: one for one in judgement.all() if one.heading == OWNERS and one.intent.origin.file == "r.yaml"
    }
    assert {name: one.standing for name, one in own.items()} == {
        "approvers-promote": Standing.MET,
        "scientists-train": Standing.MET,
        "readers-do-not-promote": Standing.MET,
        "nobody-trains-from-outside": Standing.MET,
        "no-data-by-key": Standing.MISSED,
        "kim-reads": Standing.UNDECIDED,
        "kim-asks-for-a-part": Standing.MISSED,
        "pia-pulls": Standing.MISSED,
    }
    assert own["kim-reads"].decisive.layer is Layer.AUTHORIZATION
    assert own["pia-pulls"].mend == 'assign "AcrPull" to user:pia at registry'
    assert own["no-data-by-key"].mend == "set shared_access_key: false on storage (r.yaml:6)"
    assert own["kim-asks-for-a-part"].mend == "take away what lets it: role assignment raw (r.yaml:68)"


def test_an_intent_with_an_unknown_principal_is_told_with_its_name() -> None:
    with pytest.raises(SpecError) as refusal:
        judge(read_text(TEXT + INTENTS.replace("group:approvers", "group:aprovers"), "r.yaml"))
    (fault,) = refusal.value.faults
    assert (fault.thing, fault.mend) == (
        'intent "approvers-promote": principal "group:aprovers"',
        "did you mean group:approvers?",
    )
