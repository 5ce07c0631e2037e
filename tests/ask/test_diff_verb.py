"""`cloister diff`: what opens and closes, from the outside; and its laws."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.ask.asking import Environment, answer
from cloister.ask.changes import Turn, changes
from cloister.ask.pairs import Wanted
from cloister.cli.diff import diff
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.sources.spec import read_text
from cloister.verdict import Answer

HEAD = """\
version: 1
name: here
cloud: azure
region: westeurope
networks:
  net:
    address_space: [10.0.0.0/16]
    subnets:
      work: {prefix: 10.0.1.0/24, network_security_group: nsg, default_outbound_access: false}
      data: {prefix: 10.0.2.0/24, network_security_group: nsg, default_outbound_access: false}
"""
SHUT = "      shut: {priority: 200, direction: Inbound, access: Deny, destination_ports: '*', protocol: '*'}\n"
OPEN = """\
      open:
        {priority: 100, direction: Inbound, access: Allow, source: 10.0.1.0/24,
         destination: 10.0.2.0/24, destination_ports: 22}
"""
VAGUE = (
    OPEN.replace("open", "vague").replace("100", "150").replace("10.0.1.0/24", "10.0.1.0/25").replace(": 22", ": 80")
)
MACHINE = "machines:\n  box: {purpose: other, subnet: net/data, private_ip: 10.0.2.9}\n"
OPENED = """\
opens
  tcp 22: net/work -> net/data
      filter: net/data: nsg lets it in [nsg/open (100)] (new.yaml:14)
      cloister ask "net/work -> net/data:22"

pairs of place and target: 1 open, 0 close, 0 become undecided
"""
CLOSED = """\
closes
  tcp 22: net/work -> net/data
      filter: net/data: nsg does not let it in [nsg/shut (200)] (new.yaml:14)
      cloister ask "net/work -> net/data:22"

pairs of place and target: 0 open, 1 close, 0 become undecided
"""


def _document(*rules: str) -> str:
    return HEAD + "network_security_groups:\n  nsg:\n    rules:\n" + "".join(rules)


def _environment(document: str) -> Environment:
    return Environment(read_text(document, "cloister.yaml"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`cloister diff` of two documents."""
    monkeypatch.chdir(tmp_path)

    def between(old: str, new: str, *options: str) -> Result:
        Path("old.yaml").write_text(old, encoding="utf-8")
        Path("new.yaml").write_text(new, encoding="utf-8")
        return CliRunner().invoke(diff, ["old.yaml", "new.yaml", *options])

    return between


def test_what_opens_is_told_with_a_question_and_the_rule_that_opens_it(run: Callable[..., Result]) -> None:
    result = run(_document(SHUT), _document(OPEN, SHUT))
    assert (result.output, result.exit_code) == (OPENED, 10)


def test_what_closes_is_told_with_the_rule_that_closes_it(run: Callable[..., Result]) -> None:
    result = run(_document(OPEN, SHUT), _document(SHUT))
    assert (result.output, result.exit_code) == (CLOSED, 0)


def test_what_becomes_undecided_is_not_a_quiet_pass(run: Callable[..., Result]) -> None:
    result = run(_document(SHUT), _document(VAGUE, SHUT))
    assert result.output.splitlines()[:2] == ["becomes undecided", "  tcp 80: net/work -> net/data"]
    assert result.exit_code == 11


def test_a_new_place_is_told_and_what_is_open_to_it_opens(run: Callable[..., Result]) -> None:
    result = run(_document(OPEN, SHUT), _document(OPEN, SHUT) + MACHINE)
    assert "new places: box" in result.output
    assert "  tcp 22: net/work -> box\n" in result.output
    assert result.exit_code == 10
    gone = run(_document(OPEN, SHUT) + MACHINE, _document(OPEN, SHUT))
    assert "places that are gone: box" in gone.output
    assert '  tcp 22: net/work -> box\n      cloister ask "net/work -> box:22"\n' in gone.output
    assert gone.exit_code == 0


def test_the_json_form_says_the_same(run: Callable[..., Result]) -> None:
    result = run(_document(SHUT), _document(OPEN, SHUT), "--format", "json")
    document = json.loads(result.output)
    (change,) = document.pop("opens")
    assert document == {"closes": [], "becomes_undecided": [], "new_places": [], "gone_places": []}
    assert change == {
        "place": "net/work",
        "target": "net/data",
        "kind": "place",
        "ports": {"tcp": ["22"]},
        "witness": "net/work -> net/data:22",
        "step": {
            "layer": "filter",
            "at": "net/data",
            "text": "nsg lets it in",
            "rule": {"name": "nsg/open (100)", "origin": {"file": "new.yaml", "line": 14}, "source": None},
        },
    }


def test_an_environment_differs_in_nothing_from_itself(hub_spoke: Environment, run: Callable[..., Result]) -> None:
    found = changes(hub_spoke, Environment(hub_spoke.inventory), Wanted())
    assert (found.all, found.new_places, found.gone_places) == ((), (), ())
    same = run(_document(OPEN), _document(OPEN))
    assert (same.output, same.exit_code) == ("pairs of place and target: 0 open, 0 close, 0 become undecided\n", 0)


def test_every_witness_has_in_the_new_environment_the_answer_that_its_change_says() -> None:
    """Between two blueprints, which share hardly a thing."""
    old, new = (
        _environment(f"version: 1\nblueprint: {name}\nname: one\n")
        for name in ("azure-published-terraform", "azure-hub-spoke")
    )
    found = changes(old, new, Wanted(ports=PortSet.of("443", "22"), protocols=(Protocol.TCP,)))
    wanted = {Turn.OPENS: Answer.ALLOW, Turn.CLOSES: Answer.DENY, Turn.UNDECIDED: Answer.UNKNOWN}
    still = [change for change in found.all if change.step]
    assert {change.turn for change in still} >= {Turn.OPENS, Turn.UNDECIDED}
    assert all(answer(new, change.witness).verdict.answer is wanted[change.turn] for change in still)


@pytest.mark.parametrize("faulty_first", [True, False])
def test_a_file_with_faults_is_compared_as_far_as_it_goes_and_leaves_with_2(
    run: Callable[..., Result], faulty_first: bool
) -> None:
    sound = _document(OPEN, SHUT)
    pair = (sound.replace("destination_ports: 22", "destination_ports: 99999"), sound)
    result = run(*(pair if faulty_first else pair[::-1]))
    assert result.exit_code == 2
    assert f"({'old' if faulty_first else 'new'}.yaml:" in result.stderr.splitlines()[0]
    assert result.stdout.splitlines()[-1].startswith("pairs of place and target: ")


HUB = "version: 1\nname: hub\nblueprint: azure-hub-spoke\n"
AGENTS = """\
firewalls:
  firewall:
    rule_collection_groups:
      names:
        application_rule_collections:
          more: {{priority: 900, action: Allow, rules: {{one: {{sources: [10.30.0.0/26], fqdns: ["{host}"]}}}}}}
"""
OPENED_BY_NAME = """\
opens
  tcp 443: source-control/agents -> {asked}
      firewall: firewall: allowed by application rule [firewall/names/more/one] (new.yaml:9)
      cloister ask "source-control/agents -> {asked}:443"
  tcp 443: ci-agent -> {asked}
      firewall: firewall: allowed by application rule [firewall/names/more/one] (new.yaml:9)
      cloister ask "ci-agent -> {asked}:443"

pairs of place and target: 2 open, 0 close, 0 become undecided
"""


@pytest.mark.parametrize(
    ("host", "asked"), [("index.crates.io", "index.crates.io"), ("*.crates.io", "any-host.crates.io")]
)
def test_a_host_that_a_firewall_lets_out_by_name_opens(run: Callable[..., Result], host: str, asked: str) -> None:
    result = run(HUB, HUB + AGENTS.format(host=host))
    assert (result.output, result.exit_code) == (OPENED_BY_NAME.format(asked=asked), 10)
    back = run(HUB + AGENTS.format(host=host), HUB)
    assert back.output.splitlines()[-1] == "pairs of place and target: 0 open, 2 close, 0 become undecided"
    assert back.exit_code == 0


@pytest.mark.parametrize("left_out", [OPEN, VAGUE])
def test_taking_away_a_rule_that_allows_opens_nothing(left_out: str) -> None:
    rules = [OPEN, VAGUE, SHUT]
    old = _document(*rules) + MACHINE
    new = _document(*(rule for rule in rules if rule is not left_out)) + MACHINE
    turned = changes(_environment(old), _environment(new), Wanted()).by_turn
    assert turned[Turn.OPENS] == ()
    assert turned[Turn.CLOSES]
