"""A document with faults is answered as far as it can be understood: what depends on a fault is UNKNOWN, never a guess.

The law: whatever one value is spoilt, an answer is what it was, or UNKNOWN, or refused with the fault. It is held for
every value of the plain environment and every question below.
"""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path as File
from typing import Any

import pytest
import yaml

from cloister.ask.asking import Environment, answer
from cloister.errors import SpecError
from cloister.sources.spec import read_text, sound_part_of_text

PLAIN: dict[str, Any] = yaml.safe_load((File(__file__).parents[1] / "reach" / "plain.yaml").read_text(encoding="utf-8"))
RULES: dict[str, Any] = {
    "network_security_groups": {
        "nsg": {
            "rules": {
                "shell": {"priority": 100, "direction": "Inbound", "access": "Deny", "destination_ports": 22},
                "data": {
                    "priority": 110,
                    "direction": "Outbound",
                    "access": "Allow",
                    "destination": "10.1.2.0/24",
                    "destination_ports": 443,
                },
            }
        }
    },
    "route_tables": {
        "routes": {
            "routes": {"all": {"prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance", "next_hop": "10.0.0.4"}}
        },
        "far-routes": {"routes": {}},
    },
    "firewalls": {
        "fw": {
            "network": "hub",
            "private_ip": "10.0.0.4",
            "dns_proxy": True,
            "rule_collection_groups": {
                "g": {
                    "priority": 100,
                    "application_rule_collections": {
                        "names": {
                            "priority": 100,
                            "action": "Allow",
                            "rules": {"index": {"sources": ["10.1.0.0/16"], "fqdns": ["pypi.org"]}},
                        }
                    },
                }
            },
        }
    },
}
QUESTIONS = (
    "near -> neighbour:22",
    "near -> neighbour:80",
    "near -> tool:22",
    "tool -> near:443",
    "near -> distant:22",
    "desk -> near:22",
    "desk -> near:443",
    "near -> desk:22",
    "near -> store:443",
    "desk -> store:443",
    "distant -> store:443",
    "internet -> store:443",
    "internet -> store.blob.core.windows.net:443",
    "near -> store.blob.core.windows.net:443",
    "near -> keys:443",
    "near -> studio:443",
    "near -> pypi.org:443",
    "near -> example.com:443",
    "tool -> pypi.org:443",
    "near -> internet:443",
    "near -> 10.1.2.4:443",
    "near -> 10.2.1.4:443",
    "tool -> 10.2.1.4:443",
    "spoke/work -> hub/tools:443",
)
Spot = tuple[str | int, ...]


def _leaves(value: Any, at: Spot = ()) -> Iterator[Spot]:  # noqa: ANN401 - any YAML
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if at and not isinstance(value, dict | list):
        yield at
    for key, child in members:
        yield from _leaves(child, (*at, key))


def _blocks(value: Any, at: Spot = ()) -> Iterator[Spot]:  # noqa: ANN401 - any YAML
    if isinstance(value, dict):
        if at:
            yield at
        for key, child in value.items():
            yield from _blocks(child, (*at, key))


def _spoilt(document: dict[str, Any], at: Spot, bad: Any) -> str:  # noqa: ANN401 - any YAML
    """The document with the value at a place replaced, or with an unknown key in the block there."""
    changed = deepcopy(document)
    holder: Any = changed
    for part in at[:-1]:
        holder = holder[part]
    if isinstance(holder[at[-1]], dict):
        holder[at[-1]]["nonsense"] = bad
    else:
        holder[at[-1]] = bad
    return yaml.safe_dump(changed, sort_keys=False)


def _answers(environment: Environment) -> dict[str, str]:
    found = {}
    for question in QUESTIONS:
        try:
            found[question] = answer(environment, question).verdict.answer.value
        except SpecError:
            found[question] = "refused"
    return found


DOCUMENT = {**PLAIN, **RULES}
SOUND = Environment(read_text(yaml.safe_dump(DOCUMENT, sort_keys=False), "a.yaml"))
TRUE = _answers(SOUND)
SPOTS = [*_leaves(DOCUMENT), *_blocks(DOCUMENT)]


def test_the_questions_have_both_answers() -> None:
    assert {"ALLOW", "DENY"} <= set(TRUE.values())
    assert list(TRUE.values()).count("ALLOW") >= len(QUESTIONS) // 3


@pytest.mark.parametrize("section", DOCUMENT)
@pytest.mark.parametrize("bad", ["no such thing", -7, "300.1.2.3/99"], ids=["word", "number", "prefix"])
def test_no_spoilt_value_turns_an_answer_round(section: str, bad: object) -> None:
    wrong = []
    for at in (at for at in SPOTS if at[0] == section):
        try:
            sound = sound_part_of_text(_spoilt(DOCUMENT, at, bad), "a.yaml")
        except SpecError:
            continue
        found = _answers(Environment(sound.inventory))
        if sound.faults:
            turned = {q: (TRUE[q], found[q]) for q in QUESTIONS if found[q] not in (TRUE[q], "UNKNOWN", "refused")}
            wrong += [(at, turned)] if turned else []
    assert wrong == []


def _asked(changes: dict[str, Any], question: str) -> tuple[str, str, str]:
    sound = sound_part_of_text(yaml.safe_dump({**DOCUMENT, **changes}, sort_keys=False), "a.yaml")
    found = answer(Environment(sound.inventory), question).verdict
    return found.answer.value, found.reason, found.mend
