"""Faults of resolvers, rulesets and name servers: each row one change to a sound document, and all that is told."""

from typing import Any

import pytest
import yaml

from cloister.errors import SpecError
from cloister.sources.spec import read_text

DELEGATED = {"delegation": "Microsoft.Network/dnsResolvers"}
SOUND: dict[str, Any] = {
    "version": 1,
    "name": "sound",
    "region": "westeurope",
    "networks": {
        "hub": {
            "address_space": ["10.0.0.0/16"],
            "subnets": {
                "in": {"prefix": "10.0.0.0/28", **DELEGATED},
                "out": {"prefix": "10.0.0.16/28", **DELEGATED},
                "work": {"prefix": "10.0.1.0/24"},
            },
        },
        "far": {"address_space": ["10.1.0.0/16"], "subnets": {"in": {"prefix": "10.1.0.0/28", **DELEGATED}}},
    },
    "on_premises": {
        "office": {"address_space": ["192.168.0.0/16"], "dns_server": "192.168.0.53"},
    },
    "machines": {
        "one": {"purpose": "other", "subnet": "hub/work", "private_ip": "10.0.1.4"},
        "desk": {"purpose": "client", "subnet": "office", "private_ip": "192.168.0.53"},
    },
    "dns_resolvers": {
        "r": {
            "network": "hub",
            "inbound_endpoints": {"in": {"subnet": "hub/in", "private_ip": "10.0.0.4"}},
            "outbound_endpoints": {"out": {"subnet": "hub/out"}},
        }
    },
    "forwarding_rulesets": {
        "set": {
            "outbound_endpoints": ["r/out"],
            "links": {"hub": {}},
            "rules": {"corp": {"suffix": "corp.example", "targets": ["192.168.0.53", "192.168.0.54:5353"]}},
        }
    },
    "name_servers": {"own": {"machine": "one", "forwards": {".": "168.63.129.16"}}},
    "private_dns_zones": {"a.example": {"links": {"hub": {"registration": True}}}, "b.example": {}},
}
ALONE = "give each endpoint of a resolver a subnet of its own"

ROWS = [
    pytest.param(
        ("dns_resolvers", "r", "inbound_endpoints", "in", "subnet"),
        "far/in",
        [
            'private_ip 10.0.0.4 lies outside of subnet "far/in" (10.1.0.0/28) -> choose an address inside',
            'subnet "far/in" is not of network "hub", where its resolver stands -> choose a subnet of hub',
        ],
        id="an endpoint in another network than its resolver",
    ),
    pytest.param(
        ("networks", "hub", "subnets", "out", "delegation"),
        "Microsoft.Web/serverFarms",
        [
            (
                'subnet "hub/out" is not delegated to Microsoft.Network/dnsResolvers -> write delegation: '
                "Microsoft.Network/dnsResolvers at the subnet"
            )
        ],
        id="a subnet that is delegated to something else",
    ),
    pytest.param(
        ("networks", "hub", "subnets", "out", "prefix"),
        "10.0.2.0/23",
        ['subnet "hub/out" has the prefix 10.0.2.0/23 -> Azure asks for /28 to /24'],
        id="a subnet that is too large",
    ),
    pytest.param(
        ("networks", "hub", "subnets", "out", "prefix"),
        "10.0.0.16/29",
        ['subnet "hub/out" has the prefix 10.0.0.16/29 -> Azure asks for /28 to /24'],
        id="a subnet that is too small",
    ),
    pytest.param(
        ("dns_resolvers", "r", "outbound_endpoints", "out", "subnet"),
        "hub/in",
        [f'subnet "hub/in" holds inbound endpoint "r/in" as well -> {ALONE}'],
        id="two endpoints in one subnet",
    ),
    pytest.param(
        ("machines", "one"),
        {"purpose": "other", "subnet": "hub/out", "private_ip": "10.0.0.20"},
        [
            f'subnet "hub/out" holds machine "one" as well -> {ALONE}',
        ],
        id="a machine in the subnet of an endpoint",
    ),
    pytest.param(
        ("dns_resolvers", "r", "inbound_endpoints", "in", "private_ip"),
        "10.0.0.3",
        [
            (
                'private_ip 10.0.0.3 is one of the five addresses that Azure keeps in subnet "hub/in" (10.0.0.0/28)'
                " -> choose one from 10.0.0.4 to 10.0.0.14"
            )
        ],
        id="an address that the cloud keeps",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "rules", "corp", "targets"),
        "168.63.129.16",
        [
            (
                "targets has 168.63.129.16, and no rule can forward to 168.63.129.16 -> "
                "forward to an inbound endpoint, or link the zone to the network instead"
            )
        ],
        id="a rule that forwards to the platform's resolver",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "rules", "corp", "targets"),
        "192.168.0.53:70000",
        [
            (
                'targets[0] "192.168.0.53:70000" is not a name server -> '
                "write its address, or its address and port such as 10.20.0.4:5353"
            )
        ],
        id="a port that is none",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "rules", "corp", "suffix"),
        "*.corp.example",
        ['suffix "*.corp.example" is not a suffix of names -> write one such as corp.example, or . for all names'],
        id="a pattern where a suffix stands",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "outbound_endpoints"),
        ["r/ou"],
        ['outbound_endpoints "r/ou" names no outbound endpoint of a resolver -> write r/out'],
        id="a reference to an endpoint that is not there",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "outbound_endpoints"),
        [],
        ["outbound_endpoints is empty -> write at least one item"],
        id="a ruleset without an outbound endpoint",
    ),
    pytest.param(
        ("forwarding_rulesets", "set", "links"),
        {"hubb": {}},
        ['links "hubb" names no network -> write hub'],
        id="a link to a network that is not there",
    ),
    pytest.param(
        ("private_dns_zones", "b.example"),
        {"links": {"hub": {"registration": True}}},
        ['the machines of "hub" are registered in zone "a.example" already -> register a network in one zone'],
        id="a network that is registered in two zones",
    ),
    pytest.param(
        ("name_servers", "other"),
        {"machine": "one"},
        ['name server "own" says already what machine "one" answers -> keep one of the two'],
        id="two name servers on one machine",
    ),
    pytest.param(
        ("name_servers", "other"),
        {"machine": "nobody"},
        ['machine "nobody" names no machine -> declare it under machines, or write desk or one'],
        id="a name server on a machine that is not there",
    ),
    pytest.param(
        ("on_premises", "office", "static_records"),
        {"a.example": "10.0.1.4"},
        [],
        id="a site may say what its server answers",
    ),
]


def _with(path: tuple[str, ...], value: Any) -> str:  # noqa: ANN401 - any YAML
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(SOUND))
    holder = document
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return yaml.safe_dump(document, sort_keys=False)


def _told(text: str) -> list[str]:
    try:
        read_text(text, "f.yaml")
    except SpecError as error:
        return [f"{fault.reason} -> {fault.mend}" for fault in error.faults]
    return []


def test_the_document_is_sound() -> None:
    assert _told(_with(("name",), "sound")) == []


@pytest.mark.parametrize(("path", "value", "told"), ROWS)
def test_each_fault_is_told_with_its_mend(path: tuple[str, ...], value: object, told: list[str]) -> None:
    assert _told(_with(path, value)) == told


def test_a_site_and_a_name_server_cannot_both_say_what_one_machine_answers() -> None:
    document = yaml.safe_load(_with(("name_servers", "other"), {"machine": "desk"}))
    assert _told(yaml.safe_dump(document)) == []
    document["on_premises"]["office"]["conditional_forwarders"] = {".": ["10.0.0.4", "10.0.0.4"]}
    assert _told(yaml.safe_dump(document)) == [
        'on-premises site "office" says already what machine "desk" answers -> keep one of the two'
    ]
