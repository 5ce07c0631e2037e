"""What owners accept is told apart and counts no longer, until its last day; what lapsed or covers nothing is told."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from cloister.ask.judgement import Judgement
from cloister.controls.control import Doubt, Finding, Result, Severity, Status
from cloister.controls.report.forms import last_line, page_of, write
from cloister.controls.report.report import OWNER, Outcome, Report, check_environment, narrowed_to
from cloister.controls.stated import about_controls
from cloister.controls.waiving import without_waived
from cloister.controls.workspace.az001_public_workspace_access import CONTROL
from cloister.inventory.statements import Attestation, Statements, Waiver
from cloister.origin import Origin
from cloister.sources.spec import read_text

TODAY = date(2026, 11, 25)
TEXT = """\
version: 1
blueprint: azure-hub-spoke
name: example
computes: {training: {local_auth: true}, notebook: {local_auth: true}}
intents:
  far: {must: {from: compute, to: [example.com, example.org], ports: 443}, why: a trial}
  secret: {must_not: "compute -> workspace:443", why: a drill}
"""
INVENTORY = read_text(TEXT, "cloister.yaml")
BASE = Waiver(reason="the move", owner="ada", until=TODAY, origin=Origin("w.yaml", 3))
KEYS = replace(BASE, control="AZ008", resource="training")
FAR = replace(BASE, intent="far")


def _report(*waivers: Waiver, today: date = TODAY, file: str = "") -> Report:
    return check_environment(INVENTORY, "cloister.yaml", None, Statements((), waivers, file), today)


@pytest.fixture(scope="module")
def plain() -> Report:
    return _report()


def _waived(report: Report) -> list[str]:
    told = [one.told.resource for result in report.results for one in result.waived]
    return [*told, *(one.judged.intent.name for one in report.waiving.intents)]


CLUSTER = 'compute cluster "training"'
INSTANCE = 'compute instance "notebook"'
CASES: list[tuple[str, Waiver, list[str]]] = [
    ("a name", KEYS, [CLUSTER]),
    ("what it is called", replace(KEYS, resource=CLUSTER), [CLUSTER]),
    ("a pattern", replace(KEYS, resource="t*ning"), [CLUSTER]),
    ("all", replace(KEYS, resource="*"), [CLUSTER, INSTANCE]),
    ("no regular expression", replace(KEYS, resource="t.*"), []),
    ("a part of a name", replace(KEYS, resource="train"), []),
    ("another control", replace(KEYS, control="AZ007"), []),
    ("a place", replace(KEYS, resource="", places=frozenset({("cloister.yaml", 4, 23, "")})), [CLUSTER]),
    ("another place", replace(KEYS, resource="", places=frozenset({("cloister.yaml", 4, 24, "")})), []),
    ("an intent", FAR, ["far"]),
    ("intents by a pattern", replace(FAR, intent="*"), ["secret", "far"]),
    ("all questions of an intent", replace(FAR, resource="compute"), ["far"]),
    ("one question of an intent", replace(FAR, resource="example.com:443"), []),
    ("another intent", replace(FAR, intent="fa"), []),
]


@pytest.mark.parametrize(("says", "waiver", "waived"), CASES, ids=[case[0] for case in CASES])
def test_a_waiver_covers_what_it_names(says: str, waiver: Waiver, waived: list[str], plain: Report) -> None:
    accepted = without_waived(plain.judgement, plain.results, (waiver,), TODAY)
    told = replace(plain, judgement=accepted.judgement, results=accepted.results, waiving=accepted.waiving)
    assert _waived(told) == waived, says
    left = {one.resource for result in told.results for one in result.findings if result.control.id == "AZ008"}
    assert left == {CLUSTER, INSTANCE} - set(waived)
    missed = {one.intent.name for one in told.judgement.all() if one.standing == "missed"}
    assert missed == {"far", "secret"} - set(waived)
    part = says == "one question of an intent"
    assert accepted.waiving.stale == (() if waived or part else (waiver,))


def test_two_waivers_that_cover_the_questions_of_an_intent_waive_it() -> None:
    both = [replace(FAR, resource=f"example.{top}:443") for top in ("com", "org")]
    assert _waived(_report(*both)) == ["far"]


def test_a_doubt_is_waived_as_a_finding_is() -> None:
    doubt = Doubt("AZ001", Severity.HIGH, 'workspace "w"', "it is not known", "say it", Origin("f.yaml", 2))
    result = Result(CONTROL, 1, (), (doubt,))
    waiver = replace(BASE, control="AZ001", resource="w")
    (left,) = without_waived(_report().judgement, (result,), (waiver,), TODAY).results
    assert (left.status, left.doubts, [one.told for one in left.waived]) == (Status.WAIVED, (), [doubt])


ADDRESSES = [
    ("azurerm_x.y", True),
    ("azurerm_x.*", True),
    ("azurerm_x.y.on", True),
    ("azurerm_x", False),
    ("azurerm_x.yy", False),
    ("y", False),
]


@pytest.mark.parametrize(("resource", "covers"), ADDRESSES)
def test_a_resource_of_a_plan_goes_by_its_address(resource: str, *, covers: bool) -> None:
    finding = Finding("AZ001", Severity.HIGH, 'workspace "w"', "open", "mend", Origin("p", 0, address="azurerm_x.y.on"))
    waiver = replace(BASE, control="AZ001", resource=resource)
    (left,) = without_waived(_report().judgement, (Result(CONTROL, 1, (finding,), ()),), (waiver,), TODAY).results
    assert (left.findings == ()) is covers


def test_what_is_waived_is_no_finding_and_all_of_it_waived_holds(plain: Report) -> None:
    assert plain.outcome is Outcome.FINDINGS
    waivers = (replace(KEYS, resource="*"), replace(FAR, intent="*"))
    report = _report(*waivers)
    assert report.outcome is Outcome.HOLDS
    assert {one.control.id for one in report.results if one.status is Status.WAIVED} == {"AZ008"}
    assert re.search(r" controls pass, \d+ to be attested, 4 waived$", last_line(report))


def test_a_waiver_ends_after_its_last_day() -> None:
    report = _report(KEYS, today=date(2026, 11, 26))
    assert (_waived(report), report.waiving.expired, report.waiving.stale) == ([], (KEYS,), ())
    assert {one.resource for result in report.results for one in result.findings} == {CLUSTER, INSTANCE}


def test_an_expired_waiver_is_a_finding_even_where_it_covers_nothing() -> None:
    inventory = read_text("version: 1\nblueprint: azure-hub-spoke\nname: example\n", "cloister.yaml")
    expired = Statements((), (KEYS,))
    reports = [check_environment(inventory, "c", None, expired, date(2026, 11, day)) for day in (25, 26)]
    assert [report.outcome for report in reports] == [Outcome.HOLDS, Outcome.FINDINGS]
    assert last_line(reports[1]) == "does not hold: 1 waiver expired"


def test_what_is_due_is_undecided_where_there_is_a_file_of_attestations(plain: Report) -> None:
    due = CONTROL.due('workspace "w"', at=Origin("f.yaml", 2))
    held = replace(
        plain, judgement=_report(replace(FAR, intent="*")).judgement, results=(Result(CONTROL, 1, (), (), (due,)),)
    )
    assert held.outcome is Outcome.HOLDS
    asked = replace(held, attested_in="cloister.attestations.yaml")
    assert (asked.outcome, last_line(asked)) == (Outcome.UNDECIDED, "undecided: 1 control to be attested")


def test_packs_are_told_with_the_intents_that_are_waived_in_them() -> None:
    report = _report(FAR, KEYS)
    assert _waived(narrowed_to(report, [OWNER])) == ["far"]
    assert _waived(narrowed_to(report, ["notebooks"])) == []


FORMS = (
    KEYS,
    replace(FAR, until=date(2027, 1, 31)),
    replace(KEYS, resource="none"),
    replace(KEYS, until=date(2026, 1, 1)),
)


@pytest.fixture(scope="module")
def told() -> Report:
    return _report(*FORMS)


def test_the_text_tells_who_waived_what_until_when(told: Report) -> None:
    lines = write(told, "text").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("waived "))
    end = lines.index("", start)
    assert lines[start:end] == [
        "waived    1 finding, 1 intent, 1 waiver has expired, 1 waiver covers nothing",
        '  --  AZ008 compute cluster "training": it takes local accounts: local_auth is true',
        "      (cloister.yaml:4)",
        "      waived until 2026-11-25 by ada: the move (w.yaml:3)",
        "  --  far: compute -> example.com:443: missed",
        "      waived until 2027-01-31 by ada: the move (w.yaml:3)",
        "  NO  AZ008 on training: ada waived it until 2026-01-01, and that day has passed: the move",
        "      (w.yaml:3)",
        "      mend: mend what was waived, or look at it again and waive it anew with a later date",
        "  --  AZ008 on none covers nothing (w.yaml:3)",
        "      mend: remove it, or name what it is about as this report does",
    ]
    flow = next(line for line in lines if line.startswith("flow "))
    assert ", 1 waived; " in flow


def test_the_page_tells_what_lapsed_first_and_then_what_is_waived(told: Report) -> None:
    part = page_of(told, "").partition('<section id="stated"')[2].partition("</section>")[0]
    lines = [re.sub(r"<[^>]+>", "|", line) for line in part.split("<li>")[1:]]
    assert [line.strip("|").replace("||", "|").replace("&quot;", '"') for line in lines] == [
        (
            "waived| AZ008 on training: ada waived it until 2026-01-01, and that day has passed: the move (w.yaml:3)|"
            "mend: mend what was waived, or look at it again and waive it anew with a later date"
        ),
        (
            'waived| AZ008 compute cluster "training": it takes local accounts: local_auth is true|'
            "waived until 2026-11-25 by ada: the move (w.yaml:3)"
        ),
        "waived| far: compute -&gt; example.com:443: missed|waived until 2027-01-31 by ada: the move (w.yaml:3)",
        "waived| AZ008 on none covers nothing (w.yaml:3)|mend: remove it, or name what it is about as this report does",
    ]


def test_the_text_tells_what_is_attested(plain: Report) -> None:
    attested = Attestation(
        control="AZ001", statement="looked", owner="ada", until=TODAY, evidence="ticket 12", origin=Origin("w.yaml", 2)
    )
    report = replace(plain, results=(Result(CONTROL, 1, (), (), attested=attested),))
    assert "\nattested  AZ001 until 2026-11-25 by ada: looked, see ticket 12 (w.yaml:2)\n" in write(report, "text")
    (result,) = json.loads(write(report, "json"))["controls"]["results"]
    assert result["attested"] == {
        "statement": "looked",
        "owner": "ada",
        "until": "2026-11-25",
        "evidence": "ticket 12",
        "origin": {"file": "w.yaml", "line": 2, "column": None, "address": None},
    }
    jsonschema.validate(json.loads(write(report, "json")), _schema(), jsonschema.Draft202012Validator)


def _schema() -> dict[str, Any]:
    text = files("cloister.controls.report").joinpath("check.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def test_json_keeps_what_is_waived_with_its_waiver(told: Report) -> None:
    document = json.loads(write(told, "json"))
    jsonschema.validate(document, _schema(), jsonschema.Draft202012Validator)
    waiver = {
        "control": "AZ008",
        "intent": None,
        "resource": "training",
        "reason": "the move",
        "owner": "ada",
        "until": "2026-11-25",
        "origin": {"file": "w.yaml", "line": 3, "column": None, "address": None},
    }
    (result,) = (one for one in document["controls"]["results"] if one["id"] == "AZ008")
    assert [(one["resource"], one["waiver"]) for one in result["waived"]] == [(CLUSTER, waiver)]
    assert [one["resource"] for one in result["findings"]] == [INSTANCE]
    waivers = document["waivers"]
    assert [(one["name"], one["waiver"]["intent"]) for one in waivers["intents"]] == [("far", "far")]
    assert waivers["expired"] == [{**waiver, "until": "2026-01-01"}]
    assert waivers["stale"] == [{**waiver, "resource": "none"}]


def test_sarif_keeps_what_is_waived_as_suppressed(told: Report, plain: Report) -> None:
    results = json.loads(write(told, "sarif"))["runs"][0]["results"]
    suppressed = {one["ruleId"]: one["suppressions"] for one in results if one["suppressions"]}
    place = {"physicalLocation": {"artifactLocation": {"uri": "w.yaml"}, "region": {"startLine": 3}}}
    finding = {
        "kind": "external",
        "status": "accepted",
        "justification": "the move (waived until 2026-11-25 by ada)",
        "location": place,
    }
    intent = {**finding, "justification": "the move (waived until 2027-01-31 by ada)"}
    assert suppressed == {"AZ008": [finding], "FLOW": [intent]}
    assert [(one["ruleId"], one["level"]) for one in results if one["ruleId"].startswith("WAIVER")] == [
        ("WAIVER-EXPIRED", "warning"),
        ("WAIVER-STALE", "note"),
    ]
    assert all("suppressions" not in one for one in json.loads(write(plain, "sarif"))["runs"][0]["results"])
    assert _prints(told) - {one for one, rule in _rules(told) if rule.startswith("WAIVER")} == _prints(plain)


def _rules(report: Report) -> Iterator[tuple[str, str]]:
    for one in json.loads(write(report, "sarif"))["runs"][0]["results"]:
        yield one["partialFingerprints"]["cloister/v1"], one["ruleId"]


def _prints(report: Report) -> set[str]:
    return {fingerprint for fingerprint, _ in _rules(report)}


def test_a_comment_in_the_document_is_suppressed_in_the_source() -> None:
    report = _report(replace(KEYS, origin=Origin("cloister.yaml", 4, 9)))
    (one,) = (one for one in json.loads(write(report, "sarif"))["runs"][0]["results"] if one["suppressions"])
    assert one["suppressions"][0]["kind"] == "inSource"


def test_a_statement_about_no_control_is_told_with_its_near_miss() -> None:
    place = Origin("w.yaml", 2, fields=(("control", 4, 5),))
    attested = Attestation(control="AZ999", statement="so", owner="ada", until=TODAY, origin=place)
    statements = Statements((attested,), (replace(KEYS, control="AZ099", origin=place), KEYS, FAR))
    kept, (first, second) = about_controls(statements)
    assert kept == Statements((), (KEYS, FAR))
    assert (first.thing, first.reason, str(first.origin)) == ("attestation of AZ999", "is no control", "w.yaml:2")
    assert (second.thing, str(second.origin)) == ("waiver of AZ099", "w.yaml:4")
    assert re.fullmatch(r"write AZ\d{3}, look in docs/controls, or remove it", second.mend)


def test_junit_skips_what_is_waived_and_says_who_accepts_it(told: Report) -> None:
    suites = ET.fromstring(write(_report(replace(KEYS, resource="*"), FAR), "junit"))  # noqa: S314 - our own output
    skipped = {case.get("name", "")[:5]: case.findtext("skipped", "") for case in suites.iter("testcase")}
    accepted = "waived until 2026-11-25 by ada: the move (w.yaml:3)"
    assert [skipped[name].splitlines()[-1] for name in ("far", "AZ008")] == [accepted, accepted]
    unwaived = ET.fromstring(write(told, "junit"))  # noqa: S314 - our own output
    (keys,) = (one for one in unwaived.iter("testcase") if one.get("name", "").startswith("AZ008"))
    assert [child.tag for child in keys] == ["failure"]


def test_markdown_folds_what_is_waived(told: Report) -> None:
    written = write(told, "markdown")
    title = "<summary>Waived: 1 finding, 1 intent, 1 waiver has expired, 1 waiver covers nothing</summary>"
    body = written.partition(title)[2].partition("</details>")[0].strip().splitlines()
    assert [line.partition(":")[0] for line in body] == [
        '- AZ008 compute cluster "training"',
        "- far",
        "- AZ008 on training",
        "- AZ008 on none covers nothing (w.yaml",
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("pattern", "name", "covers"),
    [
        ("lake", "lake", True),
        ("lake", "lake2", False),
        ("lake*", "lake2", True),
        ("*lake", "a-lake", True),
        ("a*b*a", "aba", True),
        ("a*a", "a", False),
        ("*a*b*", "ba", False),
        ("l*k*e", "lake\n", False),
        (f"{'*a' * 30}*b", "a" * 400, False),
    ],
)
def test_a_pattern_means_what_it_says_and_takes_no_time(pattern: str, name: str, *, covers: bool) -> None:
    doubt = Doubt("AZ001", Severity.HIGH, name, "it cannot be told", "say it", Origin("c.yaml", 4))
    waiver = Waiver(control="AZ001", resource=pattern, reason="r", owner="o", until=TODAY, origin=Origin("w.yaml", 1))
    accepted = without_waived(Judgement((), ()), (Result(CONTROL, 1, (), (doubt,)),), (waiver,), TODAY)
    assert (accepted.results[0].doubts == ()) is covers
