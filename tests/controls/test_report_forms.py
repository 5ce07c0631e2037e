"""The forms of a report: whole outputs kept in files, and the rules that every output keeps.

Write the files anew with `REFRESH_GOLDEN=1 python -m pytest tests/controls/test_report_forms.py`, read the difference.
"""

import json
import os
from dataclasses import replace
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from cloister.ask.judgement import Asked, Judged, Judgement
from cloister.controls.control import Pillar, Result, Status
from cloister.controls.report.forms import last_line, write
from cloister.controls.report.markdown import LONGEST
from cloister.controls.report.report import OWNER, Outcome, Report, check_environment, narrowed_to
from cloister.controls.report.wrapping import WIDTH
from cloister.inventory.azure import Cloud, Inventory
from cloister.origin import Origin
from cloister.sources.spec import read_text
from cloister.verdict import Answer, Layer, Step, Verdict
from cloister.verdict import Outcome as StepOutcome

GOLDEN = Path(__file__).parents[1] / "golden" / "check"
BLUEPRINTS = ("azure-hub-spoke", "azure-published-terraform", "azure-static-records")
NOTES = {"UNREAD", "IDLE", "LOOSE", "NOT-MODELLED"}
SUFFIXES = {"text": "txt", "json": "json", "sarif": "sarif", "markdown": "md", "junit": "junit.xml"}


def _report(blueprint: str) -> Report:
    text = f"version: 1\nblueprint: {blueprint}\nname: golden\n"
    return check_environment(read_text(text, "cloister.yaml"), "cloister.yaml")


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {blueprint: _report(blueprint) for blueprint in BLUEPRINTS}


@pytest.fixture
def empty() -> Report:
    nothing = Inventory(name="empty", cloud=Cloud.PUBLIC, region="westeurope", origin=Origin("cloister.yaml", 1))
    return check_environment(nothing, "cloister.yaml")


@pytest.fixture
def undecided(reports: dict[str, Report]) -> Report:
    """The closed blueprint with one answer that nobody knows, in the judgement and in a control."""
    whole = reports["azure-hub-spoke"]
    first, *rest = whole.judgement.closure
    step = Step(Layer.FIREWALL, "firewall", StepOutcome.UNKNOWN, "a rule of another maker cannot be read")
    verdict = Verdict(Answer.UNKNOWN, "firewall: a rule of another maker cannot be read", (step,))
    judgement = Judgement(
        (Judged(first.heading, first.intent, (Asked(first.question, verdict),)), *rest), whole.judgement.flow
    )
    head, *tail = whole.results
    doubt = head.control.doubt('workspace "workspace"', "it is not known", at=Origin("cloister.yaml", 3), mend="say it")
    return replace(whole, judgement=judgement, results=(Result(head.control, 1, (), (doubt,)), *tail))


@pytest.mark.parametrize(
    ("blueprint", "form"),
    [
        ("azure-hub-spoke", "text"),
        ("azure-static-records", "text"),
        ("azure-published-terraform", "text"),
    ],
)
def test_the_whole_output(blueprint: str, form: str, reports: dict[str, Report]) -> None:
    _held(f"{blueprint}.{SUFFIXES[form]}", write(reports[blueprint], form))


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "markdown"])
def test_the_output_of_other_forms_in_full(form: str, reports: dict[str, Report]) -> None:
    """Of a part of the published environment, with intents, findings and notes: short enough to be read."""
    whole = reports["azure-published-terraform"]
    some = [result for result in whole.results if result.control.id in ("AZ006", "AZ015", "AZ019")]
    packs = narrowed_to(whole, ["notebooks", "source-control", OWNER])
    part = replace(packs, results=tuple(some), notes=whole.notes[:2], narrowed=False)
    _held(f"some-packs.{SUFFIXES[form]}", write(part, form))


def _held(name: str, told: str) -> None:
    path = GOLDEN / name
    if os.environ.get("REFRESH_GOLDEN"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_what_is_undecided_is_told(undecided: Report) -> None:
    told = write(undecided, "text")
    assert undecided.outcome is Outcome.UNDECIDED
    assert (
        "  ??  no way in    internet -> workspace:443\n"
        "      firewall at firewall: a rule of another maker cannot be read\n"
        "      mend: describe what the spec leaves open at firewall\n"
    ) in told
    assert told.endswith("\n\nundecided: 1 intent undecided, 1 doubt\n")


def test_the_last_line_sums_up(reports: dict[str, Report]) -> None:
    closed, published = reports["azure-hub-spoke"], reports["azure-published-terraform"]
    controls = sum(result.status == "pass" for result in closed.results)
    due = sum(result.status == "attestation due" for result in closed.results)
    told = f"{len(closed.judgement.all())} intents met, {controls} controls pass, {due} to be attested"
    assert last_line(closed) == f"holds: {told}"
    missed = sum(one.standing == "missed" for one in published.judgement.all())
    findings = sum(len(result.findings) for result in published.results)
    failed = sum(result.status == "fail" for result in published.results)
    doubts = sum(len(result.doubts) for result in published.results)
    assert last_line(published) == (
        f"does not hold: {missed} intents missed, {findings} findings in {failed} controls, {doubts} doubts"
    )


def test_an_empty_environment_is_not_closed_but_empty(empty: Report) -> None:
    assert empty.outcome is Outcome.NOTHING_CHECKED
    assert last_line(empty) == "nothing was checked: there is no service, machine or compute to ask about"


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_lines_fit_a_terminal_and_carry_no_colour(blueprint: str, reports: dict[str, Report]) -> None:
    told = write(reports[blueprint], "text")
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if len(line) > WIDTH or line != line.rstrip()] == []


def test_json_keeps_its_schema(reports: dict[str, Report], undecided: Report, empty: Report) -> None:
    schema = json.loads(files("cloister.controls.report").joinpath("check.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for report in (*reports.values(), undecided, empty):
        jsonschema.validate(json.loads(write(report, "json")), schema, jsonschema.Draft202012Validator)


def test_json_counts_what_it_lists(reports: dict[str, Report]) -> None:
    for report in reports.values():
        document = json.loads(write(report, "json"))
        for side in ("closure", "flow"):
            listed = [intent["standing"] for intent in document[side]["intents"]]
            told = {name: document[side][name] for name in ("met", "missed", "undecided")}
            assert told == {name: listed.count(name) for name in told}


def _sarif(report: Report) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(write(report, "sarif"))
    return log


def test_sarif_has_the_structure_that_the_standard_asks_for(reports: dict[str, Report], undecided: Report) -> None:
    """Clauses of SARIF 2.1.0: 3.13 log, 3.14 run, 3.18 tool, 3.27 result, 3.49 rule."""
    for report in (*reports.values(), undecided):
        log = _sarif(report)
        assert set(log) == {"$schema", "version", "runs"}
        assert log["version"] == "2.1.0"
        (run,) = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        ids = [rule["id"] for rule in rules]
        assert len(ids) == len(set(ids))
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            # 3.27.10: a result that is no failure has the level "none".
            kinds = {("fail", True), ("open", False), ("informational", False)}
            assert (result["kind"], result["level"] != "none") in kinds
            assert result["level"] in {"none", "note", "warning", "error"}
            assert result["message"]["text"].endswith(".")
            related = result.get("relatedLocations", [])
            assert [place for place in related if related.count(place) > 1] == []
            (location,) = result["locations"]
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uri"] == "cloister.yaml"
            assert place["region"]["startLine"] >= 1


def test_sarif_is_valid_against_the_published_schema(
    reports: dict[str, Report], undecided: Report, sarif_schema: Path
) -> None:
    schema = json.loads(sarif_schema.read_text(encoding="utf-8"))
    for report in (*reports.values(), undecided):
        jsonschema.validate(_sarif(report), schema)


def test_a_log_that_is_no_sarif_is_found(reports: dict[str, Report], sarif_schema: Path) -> None:
    schema = json.loads(sarif_schema.read_text(encoding="utf-8"))
    log = _sarif(reports["azure-hub-spoke"])
    log["runs"][0]["tool"] = {}
    with pytest.raises(jsonschema.ValidationError, match="'driver' is a required property"):
        jsonschema.validate(log, schema)


def test_sarif_holds_every_finding_and_every_missed_intent(reports: dict[str, Report], undecided: Report) -> None:
    for report, kinds in (*((one, {"fail", "open"}) for one in reports.values()), (undecided, {"open"})):
        results = [result for result in _sarif(report)["runs"][0]["results"] if result["ruleId"] not in NOTES]
        unmet = [one for one in report.judgement.all() if one.standing != "met"]
        told = [one for result in report.results for one in (*result.findings, *result.doubts)]
        assert len(results) == len(unmet) + len(told)
        assert {result["kind"] for result in results} <= kinds


@pytest.mark.parametrize(
    ("file", "uri"),
    [("cloister.yaml", "cloister.yaml"), ("my env/c.yaml", "my%20env/c.yaml"), ("/srv/c.yaml", "file:///srv/c.yaml")],
)
def test_sarif_names_a_finding_of_the_spec_by_its_own_line(file: str, uri: str) -> None:
    head = "version: 1\nblueprint: azure-hub-spoke\nname: golden\n"
    text = head + "networks: {ml: {subnets: {bare: {prefix: 10.20.2.0/24}}}}\n"
    results = _sarif(check_environment(read_text(text, file), file))["runs"][0]["results"]
    (result,) = (result for result in results if result["ruleId"] not in NOTES)
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": 4, "startColumn": 27}}
    assert (result["ruleId"], result["locations"]) == ("AZ017", [{"physicalLocation": place}])
    assert "relatedLocations" not in result


def test_sarif_names_a_finding_of_the_blueprint_beside_the_spec(reports: dict[str, Report]) -> None:
    results = _sarif(reports["azure-published-terraform"])["runs"][0]["results"]
    result = next(result for result in results if result["ruleId"] == "AZ006")
    assert [place["physicalLocation"] for place in (*result["locations"], *result["relatedLocations"])] == [
        {"artifactLocation": {"uri": "cloister.yaml"}, "region": {"startLine": 1}},
        {
            "artifactLocation": {"uri": "azure-published-terraform.yaml"},
            "region": {"startLine": 93, "startColumn": 26},
        },
    ]


def test_sarif_tells_the_same_finding_apart_from_its_neighbours(reports: dict[str, Report]) -> None:
    results = _sarif(reports["azure-published-terraform"])["runs"][0]["results"]
    prints = [result["partialFingerprints"]["cloister/v1"] for result in results]
    assert len(prints) == len(set(prints))


DEAD = """\
version: 1
blueprint: azure-hub-spoke
name: golden
network_security_groups:
  nsg-agents:
    rules: {again: {priority: 3000, direction: Inbound, access: Allow, source: 10.10.0.64/26, destination_ports: 22}}
route_tables: {old: {}}
"""


def test_notes_are_told_in_every_form_and_change_no_outcome() -> None:
    report = check_environment(read_text(DEAD, "cloister.yaml"), "cloister.yaml")
    assert report.outcome is Outcome.HOLDS
    lines = write(report, "text").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("notes"))
    assert lines[start : start + 9] == [
        "notes     1 rule never read, 1 resource attached to nothing, 5 facts not modelled",
        '  --  rule "nsg-agents/again (3000)"'.ljust(WIDTH - 15) + "cloister.yaml:6",
        "      rule never read: nsg-agents/ssh-from-bastion (100) before it takes all that it is about",
        "      mend: remove it",
        '  --  route table "old"'.ljust(WIDTH - 15) + "cloister.yaml:7",
        "      attached to nothing: belongs to no subnet",
        "      mend: attach it, or remove it",
        "  --  not modelled: which destinations stand on the threat list of a firewall that refuses those",
        "      (firewall)",
    ]
    first, *_ = json.loads(write(report, "json"))["notes"]
    assert first == {
        "kind": "rule never read",
        "thing": 'rule "nsg-agents/again (3000)"',
        "text": "nsg-agents/ssh-from-bastion (100) before it takes all that it is about",
        "mend": "remove it",
        "origin": {"file": "cloister.yaml", "line": 6, "column": 13, "address": None},
    }
    results = _sarif(report)["runs"][0]["results"]
    assert [(one["ruleId"], one["kind"], one["level"]) for one in results] == [
        ("UNREAD", "fail", "note"),
        ("LOOSE", "fail", "note"),
        *[("NOT-MODELLED", "informational", "none")] * 5,
    ]
    assert results[0]["message"]["text"] == (
        'rule "nsg-agents/again (3000)": nsg-agents/ssh-from-bastion (100) before it takes all that it is about. '
        "Mend: remove it."
    )


def test_junit_is_valid_against_the_schema_of_build_servers(
    reports: dict[str, Report],
    undecided: Report,
    empty: Report,
    junit_schemas: tuple[Path, ...],
    xmlschema_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(xmlschema_folder))
    schemas = [import_module("xmlschema").XMLSchema(str(schema)) for schema in junit_schemas]
    for report in (*reports.values(), undecided, empty):
        for schema in schemas:
            schema.validate(write(report, "junit"))
    with pytest.raises(ValueError, match="tests"):
        schemas[0].validate(write(undecided, "junit").replace(" tests=", " asked="))


def test_junit_has_a_suite_for_each_side_and_each_pillar_with_its_counts(undecided: Report) -> None:
    root = ET.fromstring(write(undecided, "junit"))  # noqa: S314 - our own output
    counted = {
        suite.get("name"): [suite.get(word) for word in ("tests", "failures", "errors", "skipped")] for suite in root
    }
    assert counted == {
        "closure": [str(len(undecided.judgement.closure)), "0", "1", "0"],
        "flow": [str(len(undecided.judgement.flow)), "0", "0", "0"],
        **{
            pillar.value: [
                str(len(of)),
                "0",
                str(of.count("undecided")),
                str(of.count("not applicable") + of.count("attestation due")),
            ]
            for pillar in Pillar
            if (of := [one.status.value for one in undecided.results if one.control.pillar is pillar])
        },
    }
    _, error = root.iter("error")
    assert (error.get("message"), error.text) == (
        "it is not known",
        'workspace "workspace": it is not known\nmend: say it\nat: cloister.yaml:3',
    )


def test_markdown_fits_into_a_comment_and_says_what_it_leaves_out(reports: dict[str, Report]) -> None:
    whole = reports["azure-published-terraform"]
    told = write(whole, "markdown")
    told_of = whole.count(Status.FAIL) + whole.count(Status.UNDECIDED)
    assert (
        told.count("<details>") == told.count("</details>") == 2 + told_of + 2
    )  # the sides, what is due, and the notes
    assert (len(told) < LONGEST, "does not fit" in told) == (True, False)
    many = replace(whole, results=whole.results * 20)
    told = write(many, "markdown")
    assert (len(told) < LONGEST + 200, "The rest does not fit into a comment" in told) == (True, True)


@pytest.fixture
def waiting(reports: dict[str, Report]) -> Report:
    """The closed blueprint with one claim alone that a person has to state."""
    whole = reports["azure-hub-spoke"]
    head, *tail = (result for result in whole.results if result.status is not Status.DUE)
    control = replace(head.control, question="Does somebody read the alerts?")
    due = control.due('workspace "workspace"', at=Origin("cloister.yaml", 3))
    return replace(whole, results=(Result(control, 1, (), (), (due,)), *tail))


def test_what_waits_for_a_statement_is_told_and_is_no_finding(waiting: Report) -> None:
    title = "The workspace refuses public network access"
    told = write(waiting, "text")
    assert waiting.outcome is Outcome.HOLDS
    count, left_out = waiting.count(Status.PASS), waiting.count(Status.NOT_APPLICABLE)
    assert (
        f"controls  {count} of {count + 1} pass, 1 to be attested, {left_out} not applicable\n\n"
        "due       1 claim waits for a person's statement\n"
        f"  AZ001  critical: {title}\n\n"
        "notes "
    ) in told
    assert last_line(waiting).endswith(f", {count} controls pass, 1 to be attested")
    assert f"<summary>Due</summary>\n\n- AZ001 {title}\n" in write(waiting, "markdown")
    document = json.loads(write(waiting, "json"))["controls"]
    assert (document["attestation_due"], document["results"][0]["due"]) == (
        1,
        [
            {
                "resource": 'workspace "workspace"',
                "message": "the input does not tell: Does somebody read the alerts?",
                "mend": "attest AZ001, with an owner and a date",
                "origin": {"file": "cloister.yaml", "line": 3, "column": None, "address": None},
            }
        ],
    )
    skipped = [one.text for one in ET.fromstring(write(waiting, "junit")).iter("skipped")]  # noqa: S314 - our own output
    assert skipped.count("not applicable") == len(skipped) - 1
    assert next(text for text in skipped if text != "not applicable") == (
        'workspace "workspace": the input does not tell: Does somebody read the alerts?\n'
        "mend: attest AZ001, with an owner and a date\nat: cloister.yaml:3"
    )
