"""Controls on traffic and `ask` agree: each question behind a control is asked anew, apart from the judgement."""

from collections.abc import Iterator

import pytest

from cloister.ask import asking
from cloister.ask.judgement import judge
from cloister.ask.packs.opening import posed_of
from cloister.ask.posed import Posed
from cloister.ask.question import parse_question
from cloister.controls.catalogue import catalogue
from cloister.controls.control import Doubt, Entry, Environment, Finding
from cloister.controls.traffic import Traffic
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Side
from cloister.sources.spec import read_text
from cloister.verdict import Answer

_LONE = ("AZ353", "AZ354", "AZ356", "AZ016")
ASKING = [one for one in catalogue() if one.control.id in _LONE or ".required." in one.check.__module__]
HALVES = ("AZ309", "AZ310")
"""They share one question: what filters do to it is the one's, what routes do the other's."""
ENVIRONMENTS = {
    "as it is": "blueprint: azure-hub-spoke\n",
    "two networks": "blueprint: azure-two-vnet\n",
    "Azure keeps the network": "blueprint: azure-managed-network\n",
    "nothing public is permitted": "blueprint: azure-never-public\n",
    "only filters": "blueprint: azure-nsg-only\n",
    "in China the names are others": "blueprint: azure-hub-spoke\ncloud: azure-china\nregion: chinanorth3\n",
    "public addresses behind a firewall": "blueprint: azure-hub-spoke\ncomputes: {training: {node_public_ip: true}}\n",
    "an appliance of which nothing is known": """blueprint: azure-hub-spoke
machines: {appliance: {purpose: other, subnet: hub/jump, private_ip: 10.10.1.9}}
route_tables: {through-firewall: {routes: {everything: {next_hop: 10.10.1.9}}}}
""",
}


@pytest.mark.parametrize("document", [pytest.param(text, id=name) for name, text in ENVIRONMENTS.items()])
def test_what_a_control_says_is_what_ask_answers(document: str) -> None:
    inventory = read_text(f"version: 1\nname: example\n{document}", "cloister.yaml")
    environment = Environment(inventory, judge(inventory))
    asked = asking.Environment(inventory)
    for entry, traffic in _subjects(inventory):
        said = {type(one) for one in entry.check(traffic, environment)}
        wanted = {kind for posed in _posed(inventory, traffic) for kind in _told(asked, posed)}
        assert said == wanted or (entry.control.id in HALVES and said < wanted), (entry.control.id, traffic.place)


def _subjects(inventory: Inventory) -> Iterator[tuple[Entry, Traffic]]:
    """Every control on traffic with each place that it is about; where none stands, nobody can ask."""
    for entry in ASKING:
        for subject in entry.subjects(inventory):
            if all(posed.place for posed in _posed(inventory, subject)):
                yield entry, subject


def _posed(inventory: Inventory, traffic: Traffic) -> Iterator[Posed]:
    for pack in {pack for pack, _ in traffic.intents}:
        yield from (one for one in posed_of(inventory, pack) if (pack, one.intent.name) in traffic.intents)


def _told(asked: asking.Environment, posed: Posed) -> Iterator[type]:
    """What a control has to say: nothing where one way is as it has to be, else what the best of them comes to."""
    is_flow = posed.intent.side is Side.FLOW
    right, wrong = (Answer.ALLOW, Answer.DENY) if is_flow else (Answer.DENY, Answer.ALLOW)
    ways = posed.ways or ((posed.intent.question,),)
    answers = [{asking.answer(asked, parse_question(one)).verdict.answer for one in way} for way in ways]
    if {right} not in answers:
        yield Finding if all(wrong in way for way in answers) and not posed.disputed else Doubt


def test_the_traffic_that_the_service_requires_is_all_in_controls() -> None:
    """No need of the tables stands without a control, but what is asked by the services' own doors."""
    inventory = read_text("version: 1\nname: example\nblueprint: azure-hub-spoke\n", "cloister.yaml")
    packs = ("azure-ml-required", "azure-ml-node-storage", "studio")
    wanted = {(pack, posed.intent.name) for pack in packs for posed in posed_of(inventory, pack)}
    held = {intent for _, traffic in _subjects(inventory) for intent in traffic.intents}
    assert {name.rpartition("-")[2] for _, name in wanted - held} == {"monitoring", "endpoints"}
