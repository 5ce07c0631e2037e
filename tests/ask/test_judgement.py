"""Closure and flow: what is asked of an environment, and how an answer stands against what is wanted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloister.ask.asking import Environment
from cloister.ask.judgement import OWNERS, Asked, Judged, Judgement, Standing, judge, worst
from cloister.ask.question import Question
from cloister.errors import SpecError
from cloister.facts.packs import ways_out
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Intent, Side
from cloister.origin import Origin
from cloister.sources.spec import read_text
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

HERE = Origin("cloister.yaml", 12)
RULE = Rule("names/any", HERE)
OUTCOMES = {Answer.ALLOW: Outcome.PASS, Answer.DENY: Outcome.REFUSE, Answer.UNKNOWN: Outcome.UNKNOWN}


def _always(answer: Answer) -> Callable[[Question], Verdict]:
    return lambda question: Verdict(answer, question.text, (Step(Layer.ROUTE, "somewhere", OUTCOMES[answer], "so"),))


def _judged(side: Side, answer: Answer, *steps: Step, intent_mend: str = "", mend: str = "") -> Judged:
    intent = Intent(name="i", side=side, question="a -> b:1", why="so", mend=intent_mend, origin=HERE)
    trace = steps or (Step(Layer.ROUTE, "a/subnet", OUTCOMES[answer], "so"),)
    return Judged("heading", intent, (Asked(intent.question, Verdict(answer, "so", trace, mend)),))


@pytest.mark.parametrize(
    ("side", "answer", "standing"),
    [
        (Side.CLOSURE, Answer.DENY, Standing.MET),
        (Side.CLOSURE, Answer.ALLOW, Standing.MISSED),
        (Side.CLOSURE, Answer.UNKNOWN, Standing.UNDECIDED),
        (Side.FLOW, Answer.ALLOW, Standing.MET),
        (Side.FLOW, Answer.DENY, Standing.MISSED),
        (Side.FLOW, Answer.UNKNOWN, Standing.UNDECIDED),
    ],
)
def test_an_answer_stands_against_what_its_side_wants(side: Side, answer: Answer, standing: Standing) -> None:
    assert _judged(side, answer).standing is standing


@pytest.mark.parametrize(
    ("standings", "whole"),
    [
        ((), Standing.MET),
        ((Standing.MET, Standing.MET), Standing.MET),
        ((Standing.MET, Standing.UNDECIDED), Standing.UNDECIDED),
        ((Standing.UNDECIDED, Standing.MISSED, Standing.MET), Standing.MISSED),
    ],
)
def test_the_worst_decides(standings: tuple[Standing, ...], whole: Standing) -> None:
    assert worst(standings) is whole


FILTER = Step(Layer.FILTER, "vm", Outcome.PASS, "lets it out")
ROUTE = Step(Layer.ROUTE, "ml/compute", Outcome.PASS, "leaves for the internet")
TO_FIREWALL = Step(Layer.ROUTE, "ml/compute", Outcome.PASS, "goes to the firewall")
FIREWALL = Step(Layer.FIREWALL, "firewall", Outcome.PASS, "allowed", RULE)
FROM_OUTSIDE = Step(Layer.ROUTE, "internet", Outcome.PASS, "has a public address")
OUTSIDE = Step(Layer.ENDPOINT, "example.com", Outcome.PASS, "arrives on the internet")
DOOR = Step(Layer.ENDPOINT, "workspace", Outcome.PASS, "is on", Rule("public_network_access", HERE))
LETS_IN = Step(Layer.FILTER, "ml/compute", Outcome.PASS, "lets it in", Rule("ssh (200)", HERE))
BY_DEFAULT = Step(Layer.FILTER, "ml/compute", Outcome.PASS, "lets it in", Rule("AllowVnetInBound (65000)"))
NO_FILTER = Step(Layer.FILTER, "ml/other", Outcome.NOTE, "no filter stands here")
APPROVED = Step(Layer.ENDPOINT, "vault-endpoint", Outcome.PASS, "approved", Rule("vault-endpoint", HERE))
RETURN = Step(Layer.RETURN, "internet", Outcome.PASS, "comes back")
REFUSAL = Step(Layer.FILTER, "vm", Outcome.REFUSE, "does not let it out")
DOUBT = Step(Layer.FIREWALL, "firewall", Outcome.UNKNOWN, "may or may not", RULE)
BLIND = Step(Layer.NAME, "server", Outcome.UNKNOWN, "what it answers is not stated")


@pytest.mark.parametrize(
    ("answer", "trace", "decisive", "mend"),
    [
        (
            Answer.ALLOW,
            (FILTER, ROUTE, OUTSIDE, RETURN),
            ROUTE,
            "route 0.0.0.0/0 of ml/compute to a firewall that permits approved names only",
        ),
        (
            Answer.ALLOW,
            (FILTER, TO_FIREWALL, FIREWALL, ROUTE, OUTSIDE, RETURN),
            FIREWALL,
            "remove or narrow rule names/any (cloister.yaml:12)",
        ),
        (
            Answer.ALLOW,
            (FROM_OUTSIDE, DOOR, RETURN),
            DOOR,
            "set public_network_access: false on workspace (cloister.yaml:12)",
        ),
        (
            Answer.ALLOW,
            (FROM_OUTSIDE, LETS_IN, RETURN),
            LETS_IN,
            "remove or narrow rule ssh (200) (cloister.yaml:12)",
        ),
        (
            Answer.ALLOW,
            (FILTER, TO_FIREWALL, LETS_IN, APPROVED, RETURN),
            LETS_IN,
            "remove or narrow rule ssh (200) (cloister.yaml:12)",
        ),
        (
            Answer.ALLOW,
            (ROUTE, BY_DEFAULT, RETURN),
            BY_DEFAULT,
            "deny it in a network security group at ml/compute before AllowVnetInBound (65000) allows it",
        ),
        (Answer.ALLOW, (ROUTE, NO_FILTER, RETURN), ROUTE, "deny it in a network security group at ml/other"),
        (Answer.ALLOW, (NO_FILTER,), NO_FILTER, "deny it in a network security group at ml/other"),
        (
            Answer.UNKNOWN,
            (FILTER, DOUBT),
            DOUBT,
            "let rule names/any (cloister.yaml:12) name what it is about, so that it can be decided",
        ),
        (Answer.UNKNOWN, (BLIND,), BLIND, "describe what the spec leaves open at server"),
        (Answer.DENY, (FILTER, REFUSAL), REFUSAL, ""),
    ],
    ids=[
        "past the firewall",
        "a rule too wide",
        "from outside to a service",
        "from outside to a machine",
        "from inside to an endpoint",
        "inside by a default rule",
        "inside past no filter",
        "inside one subnet",
        "a rule in doubt",
        "a blind spot",
        "refused",
    ],
)
def test_the_first_step_and_the_mend(answer: Answer, trace: tuple[Step, ...], decisive: Step, mend: str) -> None:
    judged = _judged(Side.CLOSURE, answer, *trace)
    assert (judged.decisive, judged.mend) == (decisive, mend)


@pytest.mark.parametrize(
    ("intent_mend", "verdict_mend", "mend"),
    [("the owner's words", "the verdict's", "the owner's words"), ("", "the verdict's", "the verdict's"), ("", "", "")],
)
def test_the_owners_mend_goes_first(intent_mend: str, verdict_mend: str, mend: str) -> None:
    judged = _judged(Side.FLOW, Answer.DENY, REFUSAL, intent_mend=intent_mend, mend=verdict_mend)
    assert judged.mend == mend


def test_what_is_met_needs_no_mend() -> None:
    assert _judged(Side.FLOW, Answer.ALLOW, DOOR, intent_mend="never told").mend == ""


def _questions(judgement: Judgement, heading: str) -> list[str]:
    return [asked.question for one in judgement.all() if one.heading == heading for asked in one.asked]


def test_the_closed_blueprint_is_met_on_both_sides(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory)
    assert [one.question for one in judgement.all() if one.standing is not Standing.MET] == []


def test_the_way_in_is_asked_of_every_door(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.DENY))
    targets = (
        "workspace:443 workspace/cert:443 workspace/notebooks:443 an-endpoint.westeurope.inference.ml.azure.com:443 "
        "storage/blob:443 storage/file:445 storage/queue:443 storage/table:443 storage/dfs:443 storage/web:443 "
        "vault:443 registry:443 registry/data:443"
    )
    assert {f"internet -> {target}" for target in targets.split()} <= set(_questions(judgement, "no way in"))


def test_no_shell_is_open_to_the_internet_nor_to_sites(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.DENY))
    shells = {question for question in _questions(judgement, "no way in") if question.endswith((":22", ":3389"))}
    doors = {f"internet -> {name}:{port}" for name in ("jump-host", "ci-agent", "notebook") for port in (22, 3389)}
    # People at a site are meant to enter jump hosts.
    assert shells >= doors | {f"office -> {name}:{port}" for name in ("ci-agent", "notebook") for port in (22, 3389)}
    assert not [question for question in shells if question.startswith("office -> jump-host")]


def test_the_way_out_is_asked_from_every_place_inside(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.DENY))
    ways = [way for way in ways_out("azure") if way.name != "storage-other-region"]
    targets = {f"{way.target.format(region='westeurope')}:{way.port}" for way in ways} | {"Storage.northeurope:443"}
    asked = _questions(judgement, "no way out")
    for place in ("training", "notebook", "jump-host", "ci-agent"):
        assert targets <= {question.partition(" -> ")[2] for question in asked if question.startswith(f"{place} -> ")}


NEEDS = [
    ("packages", "inner"),
    ("pre-trained models", "inner"),
    ("source code", "inner"),
    ("free compute", "inner"),
    ("fast compute for tuning", "middle"),
    ("re-run with changed parameters", "middle"),
    ("data source or lake", "middle"),
    ("deployment from outside", "outer"),
    ("model QA from outside", "outer"),
    ("monitoring", "outer"),
    ("automatic retraining", "outer"),
]


@pytest.mark.parametrize("answer", list(Answer))
def test_the_three_loops_are_eleven_needs(hub_spoke: Environment, answer: Answer) -> None:
    judgement = judge(hub_spoke.inventory, _always(answer))
    standing = _judged(Side.FLOW, answer).standing
    assert [(need.name, need.loop, need.standing) for need in judgement.needs] == [
        (name, loop, standing) for name, loop in NEEDS
    ]


def test_every_intent_says_why_and_has_a_name_of_its_own(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.ALLOW))
    intents = [one.intent for one in judgement.all()]
    assert [intent.name for intent in intents if not intent.why] == []
    assert len({intent.name for intent in intents}) == len(intents)


def test_the_owners_intents_are_asked_as_well(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.ALLOW))
    asked = {one.intent for one in judgement.all() if one.heading == OWNERS}
    assert asked == set(hub_spoke.inventory.intents)


def test_a_question_is_asked_once(hub_spoke: Environment) -> None:
    asked: list[str] = []

    def answer(question: Question) -> Verdict:
        asked.append(question.text)
        return _always(Answer.ALLOW)(question)

    judge(hub_spoke.inventory, answer)
    assert len(asked) == len(set(asked))


def _without(inventory: Inventory, *purposes: str) -> Inventory:
    kept = tuple(machine for machine in inventory.machines if machine.purpose not in purposes)
    return replace(inventory, machines=kept, intents=())


def test_a_need_without_a_place_to_start_from_is_missed(hub_spoke: Environment) -> None:
    judgement = judge(_without(hub_spoke.inventory, "ci-agent"), _always(Answer.ALLOW))
    needs = {need.name: need.standing for need in judgement.needs}
    missed = [name for name, standing in needs.items() if standing is Standing.MISSED]
    assert missed == ["deployment from outside", "model QA from outside", "automatic retraining"]
    lacking = next(one for one in judgement.flow if one.standing is Standing.MISSED)
    assert (lacking.verdict.reason, lacking.mend) == (
        "there is no CI agent",
        "add a machine with purpose ci-agent",
    )


def test_people_come_from_the_jump_host_where_they_have_no_machine(hub_spoke: Environment) -> None:
    judgement = judge(_without(hub_spoke.inventory, "client"), _always(Answer.ALLOW))
    assert _questions(judgement, "free compute") == [
        "jump-host -> workspace:443",
        "jump-host -> workspace-new-instance:443",
    ]


def test_a_server_of_ones_own_is_asked_for_the_source_code(hub_spoke: Environment) -> None:
    judgement = judge(hub_spoke.inventory, _always(Answer.ALLOW))
    assert _questions(judgement, "source code") == ["training -> git-server:443", "notebook -> git-server:443"]
    judgement = judge(_without(hub_spoke.inventory, "source-control"), _always(Answer.ALLOW))
    assert _questions(judgement, "source code") == ["training -> github.com:443", "notebook -> github.com:443"]


def test_each_source_of_data_is_asked_for(hub_spoke: Environment) -> None:
    whole = hub_spoke.inventory
    judgement = judge(whole, _always(Answer.ALLOW))
    assert _questions(judgement, "data source or lake") == ["training -> lake/dfs:443", "training -> customers:1433"]
    neither = replace(_without(whole, "database"), storage_accounts=whole.storage_accounts[:1], intents=())
    assert [account.name for account in neither.storage_accounts] == ["storage"]
    judgement = judge(neither, _always(Answer.ALLOW))
    assert _questions(judgement, "data source or lake") == ["training -> storage/blob:443"]


def test_every_intent_that_is_no_question_is_told(hub_spoke: Environment) -> None:
    broken = tuple(
        Intent(name=name, side=Side.FLOW, question=question, why="a test", origin=HERE)
        for name, question in (("first", "nowhere -> workspace:443"), ("second", "training to workspace"))
    )
    with pytest.raises(SpecError) as raised:
        judge(replace(hub_spoke.inventory, intents=broken))
    assert [(fault.thing, fault.origin) for fault in raised.value.faults] == [
        ('intent "first": place "nowhere"', HERE),
        ('intent "second": question "training to workspace"', HERE),
    ]


TWO_WORKSPACES = """version: 1
name: two
region: westeurope
networks:
  a: {address_space: [10.1.0.0/24], subnets: {nodes: {prefix: 10.1.0.0/26}}}
  b: {address_space: [10.2.0.0/24], subnets: {nodes: {prefix: 10.2.0.0/26}}}
machines:
  workstation: {purpose: client, subnet: a/nodes, private_ip: 10.1.0.9}
storage_accounts: {stone: {}, sttwo: {}, stshared: {hierarchical_namespace: true}}
key_vaults: {keys: {}}
workspaces:
  one: {storage_account: stone, key_vault: keys}
  two: {storage_account: sttwo, key_vault: keys}
computes:
  nodes-one: {kind: cluster, workspace: one, subnet: a/nodes}
  nodes-two: {kind: cluster, workspace: two, subnet: b/nodes}
"""


def test_each_workspace_is_asked_for_its_own_computes_and_services_only() -> None:
    judgement = judge(read_text(TWO_WORKSPACES, "two.yaml"), _always(Answer.ALLOW))
    asked = [one for one in _questions(judgement, "the workspace's services") if "." not in one]
    own = [question for question in asked if question.startswith("nodes-two -> ")]
    targets = ("two:443", "sttwo/blob:443", "sttwo/file:445", "stshared/blob:443", "keys:443")
    assert own == [f"nodes-two -> {target}" for target in targets]
    assert _questions(judgement, "data source or lake") == [
        f"nodes-{one} -> stshared/dfs:443" for one in ("one", "two")
    ]
    assert _questions(judgement, "free compute") == [
        f"workstation -> {target}:443" for target in ("one", "one-new-instance", "two", "two-new-instance")
    ]


def test_a_workspace_is_asked_for_the_loops_that_run_in_it(hub_spoke: Environment) -> None:
    workspace = replace(hub_spoke.inventory.workspaces[0], loops=("outer",))
    judgement = judge(replace(hub_spoke.inventory, workspaces=(workspace,)), _always(Answer.ALLOW))
    assert [(need.name, need.loop) for need in judgement.needs] == NEEDS[-4:]
    assert _questions(judgement, "Azure Machine Learning") != []
