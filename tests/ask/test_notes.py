"""The notes on an environment: each row what stands there, and every note that is told of it."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml

from cloister.ask.asking import Environment
from cloister.ask.notes import NoteKind, notes
from cloister.fabric import lower_azure
from cloister.facts.undecided import undecided
from cloister.inventory.azure import Inventory, inventory
from cloister.sources.spec import read_text

BASE = """\
version: 1
name: small
region: westeurope
networks:
  hub:
    address_space: [10.0.0.0/16]
    dns_servers: [10.0.0.4]
    subnets:
      AzureFirewallSubnet: {prefix: 10.0.0.0/26}
      work: {prefix: 10.0.1.0/24, network_security_group: nsg, route_table: ways}
network_security_groups: {nsg: {}}
route_tables: {ways: {routes: {all: {prefix: 0.0.0.0/0, next_hop_type: VirtualAppliance, next_hop: 10.0.0.4}}}}
firewalls: {fw: {network: hub, private_ip: 10.0.0.4, dns_proxy: true}}
machines: {near: {purpose: other, subnet: hub/work, private_ip: 10.0.1.4}}
"""


def _rows() -> list[Any]:
    rows = yaml.safe_load(Path(__file__).with_name("cases_of_notes.yaml").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["says"]) for row in rows]


def _laid_over(base: Any, over: Any) -> Any:  # noqa: ANN401 - documents are any YAML
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {**base, **{key: _laid_over(base[key], over[key]) if key in base else over[key] for key in over}}
    return {key: value for key, value in merged.items() if value is not None}


def _environment(changes: dict[str, Any]) -> Environment:
    text = yaml.safe_dump(_laid_over(yaml.safe_load(BASE), changes), sort_keys=False)
    return Environment(read_text(text, "small.yaml"))


@pytest.mark.parametrize("row", _rows())
def test_notes(row: dict[str, Any]) -> None:
    found = notes(_environment(row["changes"]))
    assert [f"{note.kind}: {note.thing}: {note.text} [{note.mend}]" for note in found] == row["notes"]


def test_a_note_says_where_it_is_written() -> None:
    (note,) = notes(_environment({"undeclared": ["azurerm_subnet.a"]}))
    assert (note.kind, str(note.origin)) == (NoteKind.UNDECLARED, "small.yaml:37")


def _attributes(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any resource
    """Every attribute of every resource, by the sections that lead to it."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        inner = [
            one for one in _resources_in(hints[field.name]) if one.__module__.startswith("cloister.inventory.azure")
        ]
        for one in inner:
            yield from _attributes(one, (*path, field.name))
        if path and not inner and field.name not in ("name", "origin"):
            yield ".".join(path), field.name


def _resources_in(hint: Any) -> Iterator[Any]:  # noqa: ANN401 - any type
    for part in get_args(hint):
        if is_dataclass(part):
            yield part
        else:
            yield from _resources_in(part)


_NO_WAYS = (
    "diagnostic_settings",
    "metric_alerts",
    "autoscale_settings",
    "budgets",
    "groups",
    "principals",
    "role_definitions",
    "role_assignments",
    "deny_assignments",
    "intents",
    "gaps",
    "not_understood",
    "requirements",
    "observed",
    "keys",
    "policy_assignments",
    "defender_plans",
)
"""Sections that are about rights and about what people want."""


def test_every_attribute_is_lowered_or_told_to_be_undecided() -> None:
    """Nobody adds an attribute that the model reads and quietly ignores."""
    # What a resource makes of its own attributes counts; a firewall only copies its own into a policy.
    own = [path for path in Path(inventory.__file__).parent.glob("*.py") if path.name != "firewalls.py"]
    lowering = Path(lower_azure.__file__).parent.rglob("*.py")
    sources = [path.read_text(encoding="utf-8") for path in (*lowering, *own)]
    used = {name for text in sources for name in re.findall(r"[.\"](\w+)", text)}
    stated = {(row.section, row.attribute) for row in undecided()}
    forgotten = {
        (section, name)
        for section, name in _attributes(Inventory)
        if section.partition(".")[0] not in _NO_WAYS and name not in used and (section, name) not in stated
    }
    assert not forgotten, "lower them, or say in facts/undecided.tsv what they leave open"


def test_every_row_of_what_is_undecided_names_an_attribute() -> None:
    known = set(_attributes(Inventory))
    assert {(row.section, row.attribute) for row in undecided()} <= known
