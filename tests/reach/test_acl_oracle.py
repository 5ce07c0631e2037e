"""Network ACLs against a reading of their own: each packet there and back, for each port that a client may have.

The oracle knows nothing of rules turned round. It sends a request and its reply through numbered lists, as AWS says
that they are read, from every port of a client at which the lists may decide otherwise.
"""

from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any

import pytest
import yaml
from agreement import mismatches  # type: ignore[import-not-found]  # pytest puts this folder on the path

from cloister.ask.asking import answer, environment_of
from cloister.reach.matrix.ends import destinations
from cloister.sources.spec import read_text_anywhere
from cloister.verdict import Answer

NEAR, FAR = "10.1.1.10", "10.1.2.10"
BLOCKS = ("0.0.0.0/0", "10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/24", "10.1.1.10/32", "10.9.0.0/16")
SPANS = ("*", "22", "443", "80-443", "1024-65535", "32768-65535", "1024-40000", "0-1023")
PROTOCOLS = ("-1", "tcp", "udp")
ASKED = (22, 443, 8080)
CLIENTS = (1024, 8080, 32767, 32768, 40000, 40001, 65535)  # both sides of every bound of a span
SEEDS, CELLS = 150, 300
_WIDE, MOSTLY = 50, 0.9
Rules = list[dict[str, Any]]


def _rules(chance: Random) -> Rules:
    """A list of rules: mostly one that lets much through, with others before and behind it."""
    rules = [_rule(chance, number) for number in chance.sample(range(1, 100), chance.randint(0, 3)) if number != _WIDE]
    if chance.random() < MOSTLY:
        ports, block = chance.choice(("*", "1024-65535", "0-65535")), chance.choice(BLOCKS[:2])
        wide = {"rule_no": _WIDE, "action": "allow", "protocol": "tcp", "ports": ports, "cidr_block": block}
        rules.insert(chance.randint(0, len(rules)), wide)
    return rules


def _rule(chance: Random, number: int) -> dict[str, Any]:
    protocol = chance.choice(PROTOCOLS)
    return {
        "rule_no": number,
        "action": chance.choice(("allow", "deny")),
        "protocol": protocol,
        "ports": "*" if protocol == "-1" else chance.choice(SPANS),
        "cidr_block": chance.choice(BLOCKS),
    }


def _acls(chance: Random) -> dict[str, dict[str, Rules]]:
    return {name: {way: _rules(chance) for way in ("ingress", "egress")} for name in ("near", "far")}


def _passes(rules: Rules, other: str, port: int) -> bool:
    """Whether a TCP packet passes a list: the smallest number that is about it decides."""
    for rule in sorted(rules, key=lambda one: int(one["rule_no"])):
        low, _, high = (rule["ports"] if rule["ports"] != "*" else "0-65535").partition("-")
        about = rule["protocol"] in ("-1", "tcp") and int(low) <= port <= int(high or low)
        if about and IPv4Address(other) in IPv4Network(rule["cidr_block"]):
            return bool(rule["action"] == "allow")
    return False


def _oracle(acls: dict[str, dict[str, Rules]], port: int) -> set[bool]:
    """What becomes of a request from near to far on a port, for each port that the client may have."""
    there = _passes(acls["near"]["egress"], FAR, port) and _passes(acls["far"]["ingress"], NEAR, port)
    return {
        there and _passes(acls["far"]["egress"], NEAR, client) and _passes(acls["near"]["ingress"], FAR, client)
        for client in CLIENTS
    }


def _document(acls: dict[str, dict[str, Rules]]) -> str:
    named = {
        name: {"vpc": "v"} | {way: {f"r{rule['rule_no']}": rule for rule in rules} for way, rules in lists.items()}
        for name, lists in acls.items()
    }
    subnets = {
        "near": {"cidr_block": "10.1.1.0/24", "network_acl": "near"},
        "far": {"cidr_block": "10.1.2.0/24", "network_acl": "far"},
    }
    document = {
        "version": 1,
        "name": "random",
        "cloud": "aws",
        "region": "eu-west-1",
        "vpcs": {"v": {"cidr_blocks": ["10.1.0.0/16"], "subnets": subnets}},
        "security_groups": {"all": {"vpc": "v", "ingress": {"all": {"cidr_blocks": ["0.0.0.0/0"]}}}},
        "network_acls": named,
        "instances": {
            "near": {"subnet": "v/near", "private_ip": NEAR, "security_groups": ["all"]},
            "far": {"subnet": "v/far", "private_ip": FAR, "security_groups": ["all"]},
        },
    }
    return str(yaml.safe_dump(document, sort_keys=False))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_reply_needs_what_the_oracle_says_that_it_needs(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a sample, not a secret
    acls = _acls(chance)
    environment = environment_of(read_text_anywhere(_document(acls), "a.yaml"))
    for port in ASKED:
        found = answer(environment, f"near -> far:{port}").verdict.answer
        wanted = _oracle(acls, port)
        if found is not Answer.UNKNOWN:
            assert wanted == {found is Answer.ALLOW}, port
        elif len(wanted) == 1:  # a doubt is no mistake where several rules share the ports of clients between them
            spans = {rule["ports"] for lists in acls.values() for rules in lists.values() for rule in rules}
            assert spans & {"32768-65535", "1024-40000"}, port


@pytest.mark.parametrize("seed", range(0, SEEDS, 5))
def test_both_engines_say_the_same_of_them(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - as above
    fabric = environment_of(read_text_anywhere(_document(_acls(chance)), "a.yaml")).fabric
    assert list(mismatches(fabric, destinations(fabric), CELLS, chance)) == []
