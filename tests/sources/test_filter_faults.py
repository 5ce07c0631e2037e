"""What the reader refuses of filters: each row a change of a sound document, and what its author is told."""

from collections.abc import Callable

import pytest

from cloister.errors import SpecError
from cloister.sources.spec import read_text

SOUND = """\
version: 1
name: filters
region: westeurope
networks:
  one: {address_space: [10.0.0.0/16], subnets: {a: {prefix: 10.0.1.0/24}}}
  two: {address_space: [10.1.0.0/16], subnets: {a: {prefix: 10.1.1.0/24}}}
application_security_groups: {web: {}, data: {}}
network_groups: {all: {networks: [one, two]}}
admin_rule_collections:
  base: {network_groups: [all], rules: {r: {priority: 1, direction: Inbound, access: Deny}}}
  more: {networks: [one], rules: {s: {priority: 2, direction: Inbound, access: Deny}}}
network_security_groups:
  nsg:
    rules:
      r:
        priority: 100
        direction: Inbound
        access: Allow
        source_application_security_groups: [web]
        destination_application_security_groups: [data]
machines:
  m: {purpose: other, subnet: one/a, private_ip: 10.0.1.4, application_security_groups: [web]}
  n: {purpose: other, subnet: one/a, private_ip: 10.0.1.5, application_security_groups: [data]}
  o: {purpose: other, subnet: two/a, private_ip: 10.1.1.4}
"""

ROWS: dict[str, tuple[tuple[str, str], str]] = {
    "a set that is nowhere": (
        ("groups: [web]\n        destination", "groups: [wed]\n        destination"),
        (
            'rule "nsg/r": source_application_security_groups "wed" names no application security group '
            "(f.yaml:19:46)\n"
            "  mend: write web"
        ),
    ),
    "a side that says two things": (
        ("        access: Allow\n", "        access: Allow\n        source: 10.0.0.0/8\n"),
        (
            'rule "nsg/r": source and source_application_security_groups stand together, and Azure takes one of them '
            "(f.yaml:19:9)\n  mend: remove source, or make it a rule of its own"
        ),
    ),
    "a set with members in two networks": (
        ("private_ip: 10.1.1.4}", "private_ip: 10.1.1.4, application_security_groups: [data]}"),
        (
            'rule "nsg/r": joins application security groups of one and two, which Azure takes of one network only '
            "(f.yaml:19:9)\n  mend: name the addresses of the other network instead\n"
            'machine "o": application security group "data" has members in one and in two; all interfaces of an '
            "application security group stand in one virtual network (f.yaml:24:60)\n"
            "  mend: make a group of its own for two"
        ),
    ),
    "admin rules of one network with one priority": (
        ("{s: {priority: 2,", "{s: {priority: 1,"),
        (
            'rule "more/s": priority 1 is that of the Inbound rule "base/r" of one already (f.yaml:11:39)\n'
            "  mend: choose another priority"
        ),
    ),
    "admin rules for a network that is nowhere": (
        ("networks: [one, two]", "networks: [one, tow]"),
        ('network group "all": networks "tow" names no network (f.yaml:8:40)\n  mend: write two'),
    ),
}


@pytest.fixture
def told() -> Callable[[str], str]:
    def read(text: str) -> str:
        with pytest.raises(SpecError) as raised:
            read_text(text, "f.yaml")
        return str(raised.value)

    return read


def test_the_document_that_all_rows_change_is_sound() -> None:
    assert read_text(SOUND, "f.yaml").name == "filters"


@pytest.mark.parametrize(("change", "expected"), ROWS.values(), ids=ROWS)
def test_tells(told: Callable[[str], str], change: tuple[str, str], expected: str) -> None:
    assert SOUND.count(change[0]) == 1
    assert told(SOUND.replace(*change)) == expected
