"""A baseline: only what is new or worse than it was is told, and what is gone."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files

import jsonschema
import pytest

from cloister.ask.judgement import Asked, Judged, Judgement
from cloister.controls.baseline import Known, baseline_text, every_known, read_baseline
from cloister.controls.control import Doubt, Finding, Result, Severity, Status
from cloister.controls.report.comparing import against, standing_now
from cloister.controls.report.forms import last_line, write
from cloister.controls.report.report import Outcome, Report, check_environment
from cloister.controls.workspace.az001_public_workspace_access import CONTROL
from cloister.errors import SpecError
from cloister.inventory.intents import Intent, Side
from cloister.inventory.statements import Statements, Waiver
from cloister.origin import Origin
from cloister.sources.expanded import document_text
from cloister.sources.spec import read_text
from cloister.verdict import Answer, Layer, Step, Verdict
from cloister.verdict import Outcome as StepOutcome

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
OPEN = HEAD + "computes: {training: {local_auth: true}}\n"
WIDER = (
    HEAD + "computes: {training: {local_auth: true}, notebook: {local_auth: true}}\n"
    'intents: {far: {must: "compute -> example.com:443", why: so}}\n'
)


def _check(text: str, *waivers: Waiver) -> Report:
    statements = Statements((), waivers)
    return check_environment(read_text(text, "c.yaml"), "c.yaml", None, statements, date(2026, 11, 25))


@pytest.fixture(scope="module")
def opened() -> Report:
    return _check(OPEN)


@pytest.fixture(scope="module")
def wider() -> Report:
    return _check(WIDER)


def _baseline(report: Report) -> Mapping[str, Known]:
    return read_baseline(baseline_text(report.inventory.name, standing_now(report)), "b.json")


def test_what_is_known_is_told_no_more(wider: Report) -> None:
    report = against(wider, _baseline(wider), "b.json")
    assert report.outcome is Outcome.HOLDS
    assert re.search(r" controls pass, \d+ to be attested, 3 in the baseline$", last_line(report))
    assert [result.control.id for result in report.results if result.status is Status.KNOWN] == ["AZ008"]
    assert "\nbaseline  3 things known by b.json\n" in write(report, "text")
    flow = next(line for line in write(report, "text").splitlines() if line.startswith("flow "))
    assert ", 1 in the baseline; " in flow


def test_what_is_new_is_told(opened: Report, wider: Report) -> None:
    report = against(wider, _baseline(opened), "b.json")
    assert [one.resource for _, one in report.failures()] == ['compute instance "notebook"']
    assert [one.intent.name for one in report.judgement.all() if one.standing == "missed"] == ["far"]
    assert (report.known, report.compared and report.compared.gone) == (1, ())


def test_what_is_gone_is_told(opened: Report, wider: Report) -> None:
    report = against(opened, _baseline(wider), "b.json")
    assert report.outcome is Outcome.HOLDS
    lines = write(report, "text").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("baseline"))
    assert lines[start : start + 4] == [
        "baseline  1 thing known by b.json, 2 of them gone",
        '  ok  AZ008 compute instance "notebook": it takes local accounts: local_auth is true',
        "  ok  FLOW far",
        "      mend: write the baseline anew, so that what is gone is new when it comes back",
    ]


def test_markdown_folds_what_is_gone(opened: Report, wider: Report) -> None:
    written = write(against(opened, _baseline(wider), "b.json"), "markdown")
    body = written.partition("<summary>Baseline: 1 thing known by b.json, 2 of them gone</summary>")[2]
    assert body.partition("</details>")[0].strip().splitlines() == [
        '- AZ008 compute instance "notebook": it takes local accounts: local\\_auth is true',
        "- FLOW far",
    ]


def test_what_is_waived_is_neither_new_nor_gone(wider: Report) -> None:
    waiver = Waiver(
        control="AZ008", resource="training", reason="r", owner="o", until=date(2027, 1, 1), origin=Origin("w.yaml", 1)
    )
    report = against(_check(WIDER, waiver), _baseline(wider), "b.json")
    assert (report.known, report.waived, report.compared and report.compared.gone) == (2, 1, ())


def test_lines_that_move_change_no_fingerprint() -> None:
    text = document_text(read_text("version: 1\nblueprint: azure-published-terraform\nname: example\n", "c.yaml"))
    first, second = _check(text), _check(f"# one line more\n\n{text}")
    assert {one.origin.line for _, one in first.failures()} != {one.origin.line for _, one in second.failures()}
    assert baseline_text("x", standing_now(first)) == baseline_text("x", standing_now(second))
    assert first.count(Status.FAIL) > 10


def test_the_fingerprints_are_those_of_sarif(wider: Report) -> None:
    results = json.loads(write(wider, "sarif"))["runs"][0]["results"]
    prints = {one["partialFingerprints"]["cloister/v1"] for one in results if one["kind"] == "fail"}
    assert {one.fingerprint for one in standing_now(wider)} == prints


def test_json_tells_the_baseline(opened: Report, wider: Report) -> None:
    told = json.loads(write(against(opened, _baseline(wider), "b.json"), "json"))
    schema = json.loads(files("cloister.controls.report").joinpath("check.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema, jsonschema.Draft202012Validator)
    assert (told["baseline"]["file"], told["baseline"]["known"]) == ("b.json", 1)
    assert [one["rule"] for one in told["baseline"]["gone"]] == ["AZ008", "FLOW"]
    (result,) = (one for one in told["controls"]["results"] if one["id"] == "AZ008")
    assert (result["status"], result["findings"], len(result["known"])) == ("in the baseline", [], 1)
    assert json.loads(write(opened, "json"))["baseline"] is None


PLACE = Origin("c.yaml", 4)
FINDING = Finding("AZ001", Severity.HIGH, 'workspace "w"', "it is open", "close it", PLACE)
DOUBT = Doubt("AZ001", Severity.HIGH, 'workspace "w"', "it is open", "say it", PLACE)
STEP = Step(Layer.FILTER, "x", StepOutcome.REFUSE, "no")


def _judged(**answers: Answer) -> Judged:
    intent = Intent(name="all", side=Side.FLOW, question="q", why="so", origin=PLACE)
    asked = tuple(Asked(question, Verdict(answer, "no", (STEP,))) for question, answer in answers.items())
    return Judged("the owner's", intent, asked)


def _known(finding: Finding | Doubt | None, judged: Judged | None) -> tuple[Judgement, tuple[Result, ...]]:
    found = (finding,) if isinstance(finding, Finding) else ()
    doubts = (finding,) if isinstance(finding, Doubt) else ()
    return Judgement((), (judged,) if judged else ()), (Result(CONTROL, 1, found, doubts),)


A, D, U = Answer.ALLOW, Answer.DENY, Answer.UNKNOWN
State = tuple[Finding | Doubt | None, Judged | None]
WORSE: list[tuple[str, State, State, int]] = [
    ("a finding where a doubt was", (DOUBT, None), (FINDING, None), 1),
    ("a doubt where a finding was", (FINDING, None), (DOUBT, None), 0),
    ("missed where it was undecided", (None, _judged(a=U)), (None, _judged(a=D)), 1),
    ("undecided where it was missed", (None, _judged(a=D)), (None, _judged(a=U)), 0),
    ("one more question missed", (None, _judged(a=D, b=A)), (None, _judged(a=D, b=D)), 1),
    ("one less question missed", (None, _judged(a=D, b=D)), (None, _judged(a=A, b=D)), 0),
    ("missed as well where it was undecided", (None, _judged(a=D, b=U)), (None, _judged(a=D, b=D)), 1),
    ("undecided as well where it was missed", (None, _judged(a=D, b=D)), (None, _judged(a=D, b=U)), 0),
    ("another question missed", (None, _judged(a=D, b=A)), (None, _judged(a=A, b=D)), 1),
]


@pytest.mark.parametrize(("says", "before", "after", "new"), WORSE, ids=[row[0] for row in WORSE])
def test_what_is_worse_than_it_was_is_new(says: str, before: State, after: State, new: int, opened: Report) -> None:
    def report(state: State) -> Report:
        judgement, results = _known(*state)
        return replace(opened, judgement=judgement, results=results)

    left = against(report(after), _baseline(report(before)), "b.json")
    assert sum(1 for _ in every_known(left.judgement.all(), left.results)) == new, says


ENTRY = json.dumps({"fingerprint": "0" * 64, "rule": "AZ001", "thing": "t", "standing": "fine"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is no baseline: it is not JSON"),
        ("[" * 100_000, "is no baseline: it is not JSON"),
        ("[]", "is no baseline: it is no mapping"),
        ('{"version": 2, "environment": "e", "known": []}', "is no baseline: version: input should be 1"),
        ('{"version": 1, "environment": "e"}', "is no baseline: known: field required"),
        (
            f'{{"version": 1, "environment": "e", "known": [{ENTRY}]}}',
            "is no baseline: known.0.standing: input should be 'found', 'in doubt', 'missed' or 'undecided'",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_baseline(text, "b.json")
    (fault,) = caught.value.faults
    assert (fault.thing, fault.reason, fault.mend) == ("b.json", reason, "write it anew with --write-baseline")
