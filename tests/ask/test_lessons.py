"""Known-bad environments: each is recognised by its everyday name, and each of its ways out ends it."""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from cloister.ask.judgement import Judgement, judge
from cloister.ask.lessons.diagnosis import diagnose
from cloister.ask.lessons.values import Lesson
from cloister.controls.report.report import Outcome, check_environment
from cloister.facts.lessons import lesson_facts, prices, way_facts
from cloister.inventory.azure import Inventory
from cloister.sources.blueprints import BLUEPRINTS, blueprint_text, starter_text
from cloister.sources.expanded import members_text
from cloister.sources.spec import read_text

GOLDEN = Path(__file__).parents[1] / "golden" / "lessons"


class Taught(NamedTuple):
    """What a known-bad blueprint teaches: its lesson with cause and place, what it explains, and its ways out."""

    name: str
    cause: str
    written: str
    explains: tuple[str, ...]
    ways: tuple[str, ...]


HOSTS = ("pypi.org", "files.pythonhosted.org", "huggingface.co", "github.com")
ALL_SHUT = tuple(f"{place} -> {host}:443" for place in ("training", "notebook") for host in HOSTS)
LESSONS = {
    "azure-nsg-only": Taught(
        "nothing can be installed: only filters guard the way out",
        f"a filter judges addresses and tags, and {', '.join(HOSTS)} have neither of their own: no rule of nsg-compute "
        "lets them out that does not let out everything",
        "no-internet: {priority: 4000",
        ALL_SHUT,
        ("firewall", "managed-network"),
    ),
    "azure-never-public": Taught(
        "nothing can be installed: the firewall never permits public traffic",
        f"firewall could permit {', '.join(HOSTS)} by name, and refuse all of them",
        "everything: {protocols:",
        ALL_SHUT,
        ("approved-names", "managed-network"),
    ),
    "azure-static-records": Taught(
        "three weeks for an instance",
        "the name server of office holds 10 records typed in by hand, and none for notebook-ben: Azure made the name, "
        "and nobody there can ask for it",
        "dns_server: 192.168.0.53",
        ("workstation -> notebook-ben:443",),
        ("forwarders",),
    ),
    "azure-manual-upload": Taught(
        "data is uploaded by hand",
        "nothing connects head-office, where customers stands, so the data comes by uploads, which answers the whole "
        "internet",
        "head-office: #",
        ("internet -> uploads/blob:443",),
        ("connection", "private-account"),
    ),
    "azure-firewall-per-workspace": Taught(
        "a firewall per workspace",
        "2 firewalls stand where one would do: credit-firewall, fraud-firewall; credit-firewall alone permits "
        "files.pythonhosted.org; fraud-firewall alone permits *.blob.core.windows.net",
        "temporary: {sources:",
        (
            "training-fraud -> someoneelsesaccount.blob.core.windows.net:443",
            "training-fraud -> someoneelsesneighbour.blob.core.windows.net:443",
            "training-fraud -> files.pythonhosted.org:443",
        ),
        ("shared-firewall",),
    ),
}
WAYS = [(blueprint, way) for blueprint, taught in LESSONS.items() for way in taught.ways]


@cache
def _judged(text: str) -> tuple[Inventory, Judgement]:
    inventory = read_text(text, "cloister.yaml")
    return inventory, judge(inventory)


def _lessons(blueprint: str) -> tuple[Lesson, ...]:
    return diagnose(*_judged(starter_text(blueprint)))


@pytest.mark.parametrize("blueprint", LESSONS)
def test_a_known_bad_environment_is_recognised_with_its_cause(blueprint: str) -> None:
    taught = LESSONS[blueprint]
    [lesson] = _lessons(blueprint)
    assert lesson.id == blueprint.removeprefix("azure-")
    assert (lesson.name, lesson.cause) == (taught.name, taught.cause)
    assert tuple(one.question for one in lesson.explains) == taught.explains
    assert tuple(way.name for way in lesson.ways) == taught.ways
    assert lesson.step.rule is not None
    place = lesson.step.rule.origin
    assert place is not None
    assert place.file == f"{blueprint}.yaml"
    assert blueprint_text(blueprint).splitlines()[place.line - 1].strip().startswith(taught.written)


GOOD = ("azure-hub-spoke", "azure-two-vnet", "azure-managed-network", "azure-open-dev-closed-prod")


@pytest.mark.parametrize("blueprint", GOOD)
def test_the_good_ones_hold_on_both_sides_and_in_every_control(blueprint: str) -> None:
    inventory, judgement = _judged(starter_text(blueprint))
    report = check_environment(inventory, "cloister.yaml")
    assert [one.intent.question for one in judgement.all() if one.standing != "met"] == []
    assert [finding.message for _, finding in report.failures()] == []
    assert (report.outcome, report.lessons) == (Outcome.HOLDS, ())


OTHERS = sorted(name for name in set(BLUEPRINTS) - set(LESSONS) if name.startswith("azure-"))


@pytest.mark.parametrize("blueprint", OTHERS)
def test_other_environments_teach_no_lesson(blueprint: str) -> None:
    assert _lessons(blueprint) == ()


@pytest.mark.parametrize(("blueprint", "way"), WAYS)
def test_a_way_out_ends_the_lesson_and_all_holds(blueprint: str, way: str) -> None:
    [lesson] = _lessons(blueprint)
    change = next(one.change for one in lesson.ways if one.name == way)
    laid_over = starter_text(blueprint) + yaml.safe_dump(dict(change), sort_keys=False)
    inventory, judgement = _judged(laid_over)
    report = check_environment(inventory, "cloister.yaml")
    assert [one.question for one in judgement.all() if one.standing != "met"] == []
    assert [finding.message for _, finding in report.failures()] == []
    assert report.outcome is Outcome.HOLDS
    assert diagnose(inventory, judgement) == ()


def test_the_tables_hold_what_is_recognised_and_nothing_else() -> None:
    taught = [lesson for blueprint in LESSONS for lesson in _lessons(blueprint)]
    assert {lesson.id for lesson in taught} == set(lesson_facts())
    assert {(way.lesson, way.name) for lesson in taught for way in lesson.ways} == set(way_facts())


def test_a_cost_is_a_list_price_of_a_month() -> None:
    assert prices()["azure-firewall"] == "Azure Firewall Standard, about 912 USD a month and 0.016 USD a GB"
    assert prices()["vpn-gateway"] == "a VPN gateway (VpnGw1), about 139 USD a month"


BECOMES = {
    "a good one whose firewall permits no name": (
        "never-public",
        """blueprint: azure-hub-spoke
firewalls: {firewall: {rule_collection_groups: {names: null}}}
""",
    ),
    "a good one that forwards nothing and types in what it knows": (
        "static-records",
        """blueprint: azure-hub-spoke
on_premises:
  office:
    conditional_forwarders: null
    static_records: {storage.blob.core.windows.net: 10.20.0.7}
""",
    ),
    "a good one that lost its connection and found another road": (
        "manual-upload",
        """blueprint: azure-hub-spoke
on_premises: {office: {gateway: null}}
storage_accounts: {dropbox: {}}
""",
    ),
    "a small one without its firewall": (
        "nsg-only",
        """blueprint: azure-two-vnet
firewalls: null
route_tables: {through-firewall: {routes: null}}
network_security_groups: {nsg-compute: {rules: {web-for-the-firewall-to-judge: null}}}
""",
    ),
}


@pytest.mark.parametrize("change", BECOMES)
def test_whatever_becomes_so_is_recognised(change: str) -> None:
    lesson, overlay = BECOMES[change]
    found = diagnose(*_judged(f"version: 1\nname: mine\n{overlay}"))
    assert [one.id for one in found] == [lesson]


def test_a_way_out_is_not_offered_where_its_words_are_not_known() -> None:
    """The document's key of a service that has another name in Azure is not in the inventory."""
    named = "storage_accounts: {uploads: {name: stuploads}}\nworkspaces: {workspace: {name: ws-lab}}\n"
    [uploads] = diagnose(*_judged(starter_text("azure-manual-upload") + named))
    assert uploads.ways == ()
    [filters] = diagnose(*_judged(starter_text("azure-nsg-only") + "workspaces: {workspace: {name: ws-lab}}\n"))
    assert [way.name for way in filters.ways] == ["firewall"]


@pytest.mark.parametrize(("blueprint", "way"), WAYS)
def test_the_change_of_a_way_out_as_a_whole(blueprint: str, way: str) -> None:
    """Write the files anew with `REFRESH_GOLDEN=1 python -m pytest tests/ask/test_lessons.py`, read the difference."""
    [lesson] = _lessons(blueprint)
    change = next(one.change for one in lesson.ways if one.name == way)
    path = GOLDEN / f"{lesson.id}-{way}.yaml"
    told = members_text(dict(change))
    if os.environ.get("REFRESH_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_a_filter_before_a_firewall_is_a_slip_and_no_lesson() -> None:
    slip = "network_security_groups: {nsg-compute: {rules: {web-for-the-firewall-to-judge: null}}}\n"
    assert diagnose(*_judged(f"version: 1\nname: mine\nblueprint: azure-hub-spoke\n{slip}")) == ()


def test_forwarding_links_the_zones_where_they_will_be_asked() -> None:
    zone = "privatelink.notebooks.azure.net"
    unlinked = f"private_dns_zones: {{{zone}: {{links: {{hub: null}}}}}}\n"
    [lesson] = diagnose(*_judged(starter_text("azure-static-records") + unlinked))
    assert lesson.ways[0].change["private_dns_zones"] == {zone: {"links": {"hub": {}}}}


def test_a_rule_for_anybody_is_narrowed_where_lists_are_joined() -> None:
    """What one team let anybody in its network do is not what the others may do."""
    wide = """firewalls:
  credit-firewall:
    rule_collection_groups:
      approved: {application_rule_collections: {names: {rules: {models: {sources: ["*"]}}}}}
"""
    [lesson] = diagnose(*_judged(starter_text("azure-firewall-per-workspace") + wide))
    groups = lesson.ways[0].change["firewalls"]["shared-firewall"]["rule_collection_groups"]
    rules = groups["credit-approved"]["application_rule_collections"]["names"]["rules"]
    assert (rules["models"]["sources"], rules["packages"]["sources"]) == (["10.81.0.0/22"], ["10.81.1.0/24"])


def test_a_list_of_names_serves_machines_behind_the_firewall_and_no_lake_moves_out_of_reach() -> None:
    """An environment of several networks: who stands behind the firewall gets names, and computes keep their lake."""
    _, overlay = BECOMES["a good one whose firewall permits no name"]
    [lesson] = diagnose(*_judged(f"version: 1\nname: mine\n{overlay}"))
    assert [way.name for way in lesson.ways] == ["approved-names"]
    groups = lesson.ways[0].change["firewalls"]["firewall"]["rule_collection_groups"]
    rules = groups["approved-names"]["application_rule_collections"]["names"]["rules"]
    sources = {source for rule in rules.values() for source in rule["sources"]}
    assert sources == {"10.20.1.0/24", "10.30.0.0/26", "10.10.1.0/27"}
    assert "dev.azure.com" in {
        host for rule in rules.values() for host in rule["fqdns"] if "10.30.0.0/26" in rule["sources"]
    }
