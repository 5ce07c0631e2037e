"""What the words of an owner's flows stand for, and what is said of words that stand for nothing."""

import pytest

from cloister.ask.asking import Environment
from cloister.ask.groups import members, questions
from cloister.ask.judgement import OWNERS, Standing, judge
from cloister.errors import SpecError
from cloister.inventory.intents import Flows
from cloister.sources.spec import read_text

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: golden\n"


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("computes", {"training", "image-build", "notebook"}),
        ("instances", {"notebook"}),
        ("clusters", {"training", "image-build"}),
        ("machines", {"jump-host", "ci-agent", "workstation"}),
        ("sites", {"office"}),
        ("subnets", {"hub/jump", "ml/compute", "ml/private-endpoints"}),
        ("everything", {"training", "notebook", "jump-host", "ci-agent", "hub/jump", "ml/compute"}),
        ("purpose:ci-agent", {"ci-agent"}),
        ("subnet:ml/*", {"ml/compute", "ml/private-endpoints"}),
        ("network:hub", {"jump-host", "hub/jump"}),
        ("machine:jump-*", {"jump-host"}),
        ("compute:t*", {"training"}),
        ("service:vault", {"vault"}),
        ("services", {"workspace", "workspace/notebooks", "storage/blob", "storage/web", "vault", "registry/data"}),
        ("jump-host", {"jump-host"}),
        ("pastebin.com", {"pastebin.com"}),
    ],
)
def test_a_word_stands_for(word: str, named: set[str], hub_spoke: Environment) -> None:
    assert named <= set(members(hub_spoke.inventory, [word]))


@pytest.mark.parametrize(
    ("word", "absent"),
    [
        ("everything", "office"),  # what a site's own internet access does is not known
        ("everything", "workstation"),
        ("everything", "hub/AzureFirewallSubnet"),
        ("subnets", "hub/GatewaySubnet"),
        ("clusters", "notebook"),
        ("subnet:ml/*", "hub/jump"),
    ],
)
def test_a_word_does_not_stand_for(word: str, absent: str, hub_spoke: Environment) -> None:
    assert absent not in members(hub_spoke.inventory, [word])


@pytest.mark.parametrize(
    ("word", "reason", "mend"),
    [
        ("compuets", "is no group", "write computes"),
        ("subnett:ml/*", "is no group", "write subnet:ml/*"),
        ("purpose:ci-agnet", "no purpose fits it", "write purpose:ci-agent"),
        ("subnet:nowhere/*", "no subnet fits it", ""),
    ],
)
def test_a_word_for_nothing_is_a_fault(word: str, reason: str, mend: str, hub_spoke: Environment) -> None:
    with pytest.raises(SpecError) as raised:
        members(hub_spoke.inventory, [word])
    [fault] = raised.value.faults
    assert (fault.thing, fault.reason) == (f'group "{word}"', reason)
    assert fault.mend.startswith(mend or "use one of hub/jump, ")


def test_a_group_of_nothing_is_a_fault_and_not_met() -> None:
    empty = read_text("version: 1\nname: empty\nregion: westeurope\n", "empty.yaml")
    with pytest.raises(SpecError) as raised:
        members(empty, ["computes"])
    assert str(raised.value) == 'group "computes": no computes stand here\n  mend: take the group out'


FLOWS = {
    "each place with each target on each port": (
        Flows(places=("clusters",), targets=("vault", "pypi.org"), ports=("443", "80-81")),
        [
            f"{place} -> {target}:{port}"
            for place in ("training", "image-build")
            for target in ("vault", "pypi.org")
            for port in (443, 80, 81)
        ],
    ),
    "the usual ports where none is stated": (
        Flows(places=("training",), targets=("storage/file", "vault")),
        ["training -> storage/file", "training -> vault"],
    ),
    "UDP": (
        Flows(places=("training",), targets=("internet",), ports=("53",), protocol="udp"),
        ["training -> internet:53/udp"],
    ),
    "places left out": (
        Flows(places=("computes",), targets=("vault",), except_places=("clusters",)),
        ["notebook -> vault"],
    ),
    "targets left out": (
        Flows(places=("notebook",), targets=("service:registry",), except_targets=("registry/data",)),
        ["notebook -> registry"],
    ),
    "pairs left out": (
        Flows(
            places=("notebook", "training"),
            targets=("vault", "registry"),
            except_places=("notebook",),
            except_targets=("vault",),
        ),
        ["notebook -> registry", "training -> vault", "training -> registry"],
    ),
    "nothing to itself": (
        Flows(places=("instances", "jump-host"), targets=("instances",), ports=("22",)),
        ["jump-host -> notebook:22"],
    ),
}


@pytest.mark.parametrize(("flows", "asked"), FLOWS.values(), ids=FLOWS)
def test_flows_come_down_to(flows: Flows, asked: list[str], hub_spoke: Environment) -> None:
    assert list(questions(hub_spoke.inventory, flows)) == asked


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        (
            Flows(places=("vault",), targets=("vault",)),
            "leave no question: every pair of a place and a target is left out, or is one and the same",
        ),
        (
            Flows(places=("training",), targets=("vault",), ports=("*",)),
            "name 65535 ports, and each is a question of its own",
        ),
    ],
)
def test_flows_that_ask_nothing_or_too_much(flows: Flows, reason: str, hub_spoke: Environment) -> None:
    with pytest.raises(SpecError) as raised:
        questions(hub_spoke.inventory, flows)
    assert [fault.reason for fault in raised.value.faults] == [reason]


def test_an_intent_of_many_questions_is_told_as_one_with_the_first_that_fails() -> None:
    text = f"""{HEAD}intents:
  nobody-shells:
    must_not:
      from: everything
      to: [computes, ci-agent]
      ports: [22, 3389]
      except: {{from: [computes, ml/compute]}}
    why: people use the workspace
  all-reach-files:
    must: {{from: [computes, jump-host], to: storage/file}}
    why: notebooks lie there
"""
    judgement = judge(read_text(text, "cloister.yaml"))
    one = {judged.intent.name: judged for judged in judgement.all() if judged.heading == OWNERS}
    closed, files = one["nobody-shells"], one["all-reach-files"]
    assert (closed.standing, closed.failing) == (Standing.MET, 0)
    assert len(closed.asked) == len({asked.question for asked in closed.asked}) > 30
    assert (files.standing, files.question, files.failing, len(files.asked)) == (
        Standing.MISSED,
        "jump-host -> storage/file",
        1,
        4,
    )
    assert files.mend == "allow tcp/445 to 10.20.0.8 in nsg-jump"


def test_every_fault_of_an_intent_is_told_at_once_with_its_name() -> None:
    text = f"""{HEAD}intents:
  wrong:
    must: {{from: [compuets, purpose:ci-agnet], to: vault}}
    why: a test
  wrong-too:
    must_not: {{from: ml/computee, to: [vault, nowhere-at-all]}}
    why: a test
"""
    with pytest.raises(SpecError) as raised:
        judge(read_text(text, "cloister.yaml"))
    told = [(fault.thing, fault.mend, str(fault.origin)) for fault in raised.value.faults]
    assert told[:3] == [
        ('intent "wrong": group "compuets"', "write computes", "cloister.yaml:6"),
        ('intent "wrong": group "purpose:ci-agnet"', "write purpose:ci-agent", "cloister.yaml:6"),
        (
            'intent "wrong-too": place "ml/computee"',
            "did you mean ml/compute or compute?",
            "cloister.yaml:9",
        ),
    ]
