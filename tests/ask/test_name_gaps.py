"""What could not be read of a resolver, a ruleset or a name server leaves a doubt wherever a name depends on it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.ask.asking import Environment, answer
from cloister.sources.spec import sound_part_of_text

PLAIN: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "reach" / "plain.yaml").read_text(encoding="utf-8"))
OWN = {
    "machines": {
        **PLAIN["machines"],
        "names": {"purpose": "other", "subnet": "hub/tools", "private_ip": "10.0.1.53"},
    },
    "networks": {**PLAIN["networks"], "spoke": {**PLAIN["networks"]["spoke"], "dns_servers": ["10.0.1.53"]}},
}
RULE = {"suffix": "corp.example", "targets": ["192.168.0.53"]}
RULESET = {"outbound_endpoints": ["resolver/out"], "links": {"spoke": {}}}
ENDPOINTS = PLAIN["dns_resolvers"]["resolver"]


@pytest.mark.parametrize(
    ("changes", "question", "told"),
    [
        pytest.param(
            {"forwarding_rulesets": {"ruleset": {**RULESET, "rules": {"bad": {**RULE, "targets": ["10.9"]}}}}},
            "near -> www.example.com:443",
            'spoke: depends on what could not be read: rule "ruleset/bad": ',
            id="a rule with a fault may be about any name",
        ),
        pytest.param(
            {"forwarding_rulesets": {"ruleset": {**RULESET, "links": {"spoke": {}, "spoek": {}}, "rules": {}}}},
            "distant -> www.example.com:443",
            'other: depends on what could not be read: forwarding ruleset "ruleset": ',
            id="a link with a fault may be to any network",
        ),
        pytest.param(
            {
                "networks": {
                    **PLAIN["networks"],
                    "spoke": {**PLAIN["networks"]["spoke"], "dns_servers": ["10.0.2.4"]},
                },
                "dns_resolvers": {"resolver": {**ENDPOINTS, "inbound_endpoints": {"in": {"subnet": "hub/names-in"}}}},
            },
            "near -> store:443",
            "near: asks name server 10.0.2.4, and what it answers is not stated",
            id="an inbound endpoint without its address answers nobody knows what",
        ),
        pytest.param(
            {**OWN, "name_servers": {"own": {"machine": "names", "forwards": {".": "nowhere"}}}},
            "near -> store:443",
            "near: asks name server 10.0.1.53, and what it answers is not stated",
            id="a name server with a fault answers nobody knows what",
        ),
        pytest.param(
            {
                "machines": {**PLAIN["machines"], "tool": {**PLAIN["machines"]["tool"], "private_ip": "10.0.1"}},
                "private_dns_zones": {
                    **PLAIN["private_dns_zones"],
                    "lab.example": {"links": {"spoke": {}, "hub": {"registration": True}}},
                },
            },
            "near -> tool.lab.example:22",
            'spoke: depends on what could not be read: machine "tool"',
            id="a machine without its address is registered under nobody knows which",
        ),
    ],
)
def test_the_answer_is_unknown_with_the_fault(changes: dict[str, Any], question: str, told: str) -> None:
    sound = sound_part_of_text(yaml.safe_dump({**PLAIN, **changes}, sort_keys=False), "a.yaml")
    assert len(sound.faults) == 1
    verdict = answer(Environment(sound.inventory), question).verdict
    assert (verdict.answer.value, verdict.reason[: len(told)]) == ("UNKNOWN", told)
