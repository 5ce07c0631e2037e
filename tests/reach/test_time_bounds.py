"""Documents that are made to cost time: each is answered within a bound that a blow-up of any kind would break."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from cloister.verdict import Verdict

BOUND_SECONDS = 6.0
Changes = dict[str, Any]


def _servers(count: int, forwards: Callable[[int], list[int]]) -> Changes:
    return {
        "machines": {
            f"d{n}": {"purpose": "other", "subnet": "hub/tools", "private_ip": f"10.0.1.{20 + n}"} for n in range(count)
        },
        "name_servers": {
            f"s{n}": {"machine": f"d{n}", "forwards": {".": [f"10.0.1.{20 + to}" for to in forwards(n)]}}
            for n in range(count)
        },
        "networks": {"hub": {"dns_servers": ["10.0.1.20"]}},
    }


CROWD = {
    f"v{n}": {
        "purpose": "other",
        "subnet": "spoke/big",
        "private_ip": f"10.1.{64 + n // 250}.{4 + n % 250}",
        "application_security_groups": [f"a{n % 150}"],
    }
    for n in range(750)
}
MEMBERS = [f"10.{n % 250}.{n // 250}.{last}" for n in range(500) for last in (1, 5, 9, 13, 17)]
BY_GROUP = {f"r{n}": {"source_ip_groups": ["many"], "destination_ip_groups": ["many"], "ports": 22} for n in range(200)}


@pytest.mark.parametrize(
    ("changes", "question", "expected"),
    [
        pytest.param(
            _servers(40, lambda n: [to for to in range(40) if to != n]),
            "tool -> x.corp.example:443",
            "UNKNOWN",
            id="name servers that all forward to all others",
        ),
        pytest.param(
            _servers(200, lambda n: [n + 1] if n < 199 else [n]),
            "tool -> x.corp.example:443",
            "UNKNOWN",
            id="a chain of two hundred name servers",
        ),
        pytest.param(
            {
                "ip_groups": {"many": {"addresses": MEMBERS}},
                "firewalls": {
                    "fw": {
                        "rule_collection_groups": {
                            "g": {
                                "priority": 100,
                                "network_rule_collections": {
                                    "c": {"priority": 100, "action": "Allow", "rules": BY_GROUP}
                                },
                            }
                        }
                    }
                },
            },
            "near -> tool:22",
            "ALLOW",
            id="an IP group of thousands in hundreds of rules",
        ),
        pytest.param(
            {
                "application_security_groups": {f"a{n}": {} for n in range(150)},
                "networks": {"spoke": {"subnets": {"big": {"prefix": "10.1.64.0/18"}}}},
                "machines": CROWD,
            },
            "tool -> near:22",
            "ALLOW",
            id="many machines in many application security groups",
        ),
        pytest.param(
            {
                "workspaces": {
                    f"w{n}": {
                        "storage_account": "store",
                        "key_vault": "keys",
                        "managed_network": "AllowOnlyApprovedOutbound",
                    }
                    for n in range(150)
                },
            },
            "w5/serverless -> store:443",
            "ALLOW",
            id="many workspaces with managed networks",
        ),
    ],
)
def test_it_is_answered_in_time(
    verdict: Callable[[Changes, str], Verdict], changes: Changes, question: str, expected: str
) -> None:
    begun = process_time()
    found = verdict(changes, question).answer.value
    assert (found, process_time() - begun < BOUND_SECONDS) == (expected, True)
