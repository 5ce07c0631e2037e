"""A document with faults is answered as far as it can be understood: what depends on a fault is UNKNOWN, never a guess.

The law: whatever one value is spoilt, an answer is what it was, or UNKNOWN, or refused with the fault. It is held for
every value of the plain environment and every question below.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path as File
from typing import Any

import pytest
import yaml

from cloister.ask.asking import Environment, answer, ask
from cloister.errors import SpecError
from cloister.sources.document.root import Document
from cloister.sources.spec import read_text, sound_part_of_text
from cloister.verdict import Answer

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
    "workspaces": {
        "studio": {
            "storage_account": "store",
            "key_vault": "keys",
            "workspace_id": "00000000-0000-4000-8000-000000000001",
            "managed_network": "AllowOnlyApprovedOutbound",
            "outbound_rules": {
                "index": {"type": "FQDN", "fqdn": "pypi.org"},
                "queue": {"type": "PrivateEndpoint", "target": "store", "subresource": "queue"},
                "sign-in": {"type": "ServiceTag", "service_tag": "EventHub", "ports": 9093},
            },
        }
    },
    "computes": {"lab": {"kind": "cluster"}},
    "services": {"base": {"kind": "sql", "public_network_access": False, "subnets": ["spoke/work"]}},
    "online_endpoints": {"churn": {"public_network_access": False, "deployments": {"blue": {}}}},
    "batch_endpoints": {"nightly": {"compute": "lab"}},
    "public_ips": {"lb": {"ip_address": "203.0.113.9"}},
    "load_balancers": {
        "front": {
            "backends": ["neighbour"],
            "frontends": {
                "inside": {
                    "subnet": "spoke/work",
                    "private_ip": "10.1.1.100",
                    "rules": {"web": {"frontend_port": 443, "backend_port": 8443, "probe_port": 8080}},
                }
            },
        },
        "edge": {
            "frontends": {
                "out": {
                    "public_ip": "lb",
                    "rules": {"web": {"frontend_port": 443, "backends": ["distant"], "disable_outbound_snat": True}},
                    "outbound_rules": {"all": {"protocol": "Tcp", "backends": ["distant"]}},
                }
            },
        },
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
    "lab -> pypi.org:443",
    "lab -> example.com:443",
    "lab -> store/queue:443",
    "lab -> keys:443",
    "lab -> EventHub:9093",
    "serverless -> pypi.org:443",
    "near -> lab:22",
    "near -> base:1433",
    "base/nodes -> neighbour:22",
    "internet -> churn:443",
    "near -> churn.westeurope.inference.ml.azure.com:443",
    "churn/blue -> pypi.org:443",
    "nightly -> example.com:443",
    "tool -> front:443",
    "desk -> 10.1.1.100:443",
    "internet -> edge:443",
    "internet -> distant:443",
    "distant -> pypi.org:443",
)
Spot = tuple[str | int, ...]


_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Plain(_DUMPER):  # type: ignore[misc]  # in C where there is one
    """Writes what stands twice two times: a spec has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's signature
        return True


def _text(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False)


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
    return _text(changed)


def _answers(environment: Environment, questions: Sequence[str] = QUESTIONS) -> dict[str, str]:
    found = {}
    for question in questions:
        try:
            found[question] = answer(environment, question).verdict.answer.value
        except SpecError:
            found[question] = "refused"
    return found


DOCUMENT = {**PLAIN, **RULES}
SOUND = Environment(read_text(_text(DOCUMENT), "a.yaml"))
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
        if sound.faults:
            found = _answers(Environment(sound.inventory))
            turned = {q: (TRUE[q], found[q]) for q in QUESTIONS if found[q] not in (TRUE[q], "UNKNOWN", "refused")}
            wrong += [(at, turned)] if turned else []
    assert wrong == []


def test_a_fault_in_the_name_servers_of_a_network_leaves_its_lookups_open() -> None:
    """Without the list Azure DNS would answer, and there the name does not exist."""
    text = _text(
        {
            "version": 1,
            "name": "tt",
            "blueprint": "azure-hub-spoke",
            "networks": {"ml": {"dns_servers": ["nonsense"]}},
            "private_endpoints": {"storage-blob-endpoint": {"zones": []}},
        }
    )
    sound = sound_part_of_text(text, "a.yaml")
    verdict = ask(sound.inventory, "training -> storage/blob:443")
    reason = verdict.reason
    assert verdict.answer is Answer.UNKNOWN
    assert reason.startswith('training: depends on what could not be read: network "ml": dns_servers'), reason


WHOLE: dict[str, Any] = yaml.safe_load(File(__file__).with_name("every_section.yaml").read_text(encoding="utf-8"))
RICH, RICH_QUESTIONS = WHOLE["document"], WHOLE["questions"]
NOT_WAYS = {
    "resource_groups",
    "undeclared",
    "gaps",
    "not_understood",
    "requirements",
    "observed",
    "keys",
    "policy_assignments",
    "defender_plans",
    "principals",
    "groups",
    "intents",
    "packs",
    "approved",
}
NOT_WAYS |= {"diagnostic_settings", "metric_alerts", "autoscale_settings", "budgets"}
NOT_WAYS |= {"role_definitions", "role_assignments", "deny_assignments"}


def test_every_section_that_ways_depend_on_stands_in_the_richer_environment() -> None:
    assert set(Document.model_fields) - NOT_WAYS - {"blueprint", "source"} == set(RICH)


@pytest.mark.parametrize("section", RICH)
def test_no_spoilt_value_of_any_section_turns_an_answer_round(section: str) -> None:
    true = _answers(Environment(read_text(_text(RICH), "a.yaml")), RICH_QUESTIONS)
    wrong = []
    for at in (at for at in (*_leaves(RICH), *_blocks(RICH)) if at[0] == section):
        try:
            sound = sound_part_of_text(_spoilt(RICH, at, "no such thing"), "a.yaml")
        except SpecError:
            continue
        found = _answers(Environment(sound.inventory), RICH_QUESTIONS) if sound.faults else true
        wrong += [(at, q, true[q], found[q]) for q in true if found[q] not in (true[q], "UNKNOWN", "refused")]
    assert wrong == []


def _asked(changes: dict[str, Any], question: str) -> tuple[str, str, str]:
    sound = sound_part_of_text(_text({**DOCUMENT, **changes}), "a.yaml")
    found = answer(Environment(sound.inventory), question).verdict
    return found.answer.value, found.reason, found.mend


SHARED = {"priority": 100, "direction": "Inbound", "access": "Allow", "destination_ports": 80}


@pytest.mark.parametrize(
    ("changes", "question", "expected"),
    [
        pytest.param(
            {"network_security_groups": {"nsg": {"rules": {"one": SHARED, "other": {**SHARED, "access": "Deny"}}}}},
            "near -> neighbour:80",
            ("UNKNOWN", "depends on what could not be read", 'rule "nsg/other": priority 100 is that of'),
            id="two rules of one priority: nobody knows which is read first",
        ),
        pytest.param(
            {"network_security_groups": {"nsg": {"rules": {"one": SHARED, "other": {**SHARED, "access": "Deny"}}}}},
            "tool -> 10.1.2.4:443",
            ("ALLOW", "tool reaches", ""),
            id="where that group does not stand, the answer stands",
        ),
        pytest.param(
            {"route_tables": {"routes": {"routes": {"all": {"prefix": "0.0.0.0/33"}}}, "far-routes": {}}},
            "near -> pypi.org:443",
            ("UNKNOWN", "near: ", 'route "routes/all": '),
            id="a malformed prefix of a route: the way of that subnet is not known",
        ),
        pytest.param(
            {"networks": {**PLAIN["networks"], "twin": {"address_space": ["10.1.0.0/16"], "subnets": {}}}},
            "near -> neighbour:80",
            ("ALLOW", "near reaches", ""),
            id="networks that overlap without being connected are no fault",
        ),
        pytest.param(
            {
                "networks": {
                    **PLAIN["networks"],
                    "twin": {"address_space": ["10.0.0.0/16"], "subnets": {}, "peerings": {"hub": {}}},
                }
            },
            "near -> tool:22",
            ("UNKNOWN", "depends on what could not be read", "overlaps 10.0.0.0/16"),
            id="peered networks that overlap: what lies in them is not known",
        ),
        pytest.param(
            {
                "networks": {
                    **PLAIN["networks"],
                    "twin": {"address_space": ["10.0.0.0/16"], "subnets": {}, "peerings": {"hub": {}}},
                }
            },
            "near -> neighbour:80",
            ("ALLOW", "near reaches", ""),
            id="and what lies elsewhere is",
        ),
    ],
)
def test_what_depends_on_a_fault_is_unknown(
    changes: dict[str, Any], question: str, expected: tuple[str, str, str]
) -> None:
    found = _asked(changes, question)
    assert (found[0], expected[1] in found[1], expected[2] in found[1]) == (expected[0], True, True), found


def test_one_run_tells_every_fault_with_its_place_and_its_mend() -> None:
    text = _text(
        {
            **DOCUMENT,
            "network_security_groups": {"nsg": {"rules": {"a": SHARED, "b": SHARED}}},
            "route_tables": {
                "routes": {
                    "routes": {
                        "all": {"prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance", "next_hop": "10.9.9.9"}
                    }
                },
                "far-routes": {"routes": {"x": {"prefix": "10.0.0/8", "next_hop_type": "None"}}},
            },
            "private_dns_zones": {"privatelink.blob.core.windows.net": {"links": {"hubb": {}}}},
        },
    )
    sound = sound_part_of_text(text, "a.yaml")
    assert [(fault.thing, fault.reason) for fault in sound.faults] == [
        ('rule "nsg/b"', 'priority 100 is that of the Inbound rule "a" already'),
        (
            'route "routes/all"',
            "0.0.0.0/0 points to 10.9.9.9, but no firewall, machine or load balancer has that address",
        ),
        ('route "far-routes/x"', 'prefix "10.0.0/8" is not an IPv4 prefix'),
        ('private DNS zone "privatelink.blob.core.windows.net"', 'links "hubb" names no network'),
    ]
    assert all(fault.mend and fault.origin and fault.origin.line for fault in sound.faults)
    with pytest.raises(SpecError) as strict:
        read_text(text, "a.yaml")
    assert strict.value.faults == sound.faults


def test_a_fault_outside_of_every_resource_leaves_nothing_to_answer_from() -> None:
    with pytest.raises(SpecError) as refused:
        sound_part_of_text(_text({**DOCUMENT, "netwroks": {}}), "a.yaml")
    assert [fault.mend for fault in refused.value.faults] == ["write networks"]


def test_an_unknown_key_in_a_block_without_keys_is_told_like_any_other() -> None:
    with pytest.raises(SpecError) as refused:
        read_text(_text({**DOCUMENT, "application_security_groups": {"web": {"nonsense": 1}}}), "a.yaml")
    assert [(fault.reason, fault.mend) for fault in refused.value.faults] == [
        ('does not know the key "nonsense"', "remove it, or write nothing")
    ]
