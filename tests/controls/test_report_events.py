"""The report as events for a SIEM: OCSF held against its published schema, syslog against the grammar of RFC 5424."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cloister.controls.control import Result, Waived
from cloister.controls.report.events import State, events
from cloister.controls.report.forms import write_events
from cloister.controls.report.phrases import phrases
from cloister.controls.report.report import Report, check_environment
from cloister.inventory.statements import Waiver
from cloister.origin import Origin
from cloister.sources.spec import read_text

MOMENT = datetime(2026, 11, 25, 12, 30, 1, 5000, tzinfo=timezone(timedelta(hours=2)))
PLACE = Origin("cloister.yaml", 3)


@pytest.fixture(scope="module")
def published() -> Report:
    text = "version: 1\nblueprint: azure-published-terraform\nname: golden\n"
    return check_environment(read_text(text, "cloister.yaml"), "cloister.yaml")


@pytest.fixture
def every_state(published: Report) -> Report:
    """One control that found something, is in doubt, waits for a statement, and has something waived."""
    control = replace(published.results[0].control, question="Does somebody read the alerts?")
    finding = control.finding('workspace "a]b"', 'says "x\\y"', at=PLACE, mend="mend it")
    waiver = Waiver(control="AZ001", resource="*", reason="the move", owner="ada", until=date(2027, 1, 1), origin=PLACE)
    result = Result(
        control,
        4,
        (finding,),
        (control.doubt("doubtful", "nobody knows", at=PLACE, mend="say it"),),
        (control.due("asked", at=PLACE),),
        waived=(Waived(replace(finding, resource="accepted"), waiver),),
    )
    nothing = replace(published.judgement, closure=(), flow=())
    return replace(published, judgement=nothing, results=(result,))


def _ocsf(report: Report) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write_events(report, "ocsf", MOMENT).splitlines()]


def test_there_is_an_event_for_each_unmet_intent_and_each_finding(published: Report) -> None:
    unmet = [one for one in published.judgement.all() if one.standing != "met"]
    told = [one for result in published.results for one in (*result.findings, *result.doubts, *result.dues)]
    assert len(list(events(published, phrases()))) == len(unmet) + len(told)
    fingerprints = [one.fingerprint for one in events(published, phrases())]
    assert len(set(fingerprints)) == len(fingerprints)


def test_where_all_holds_there_is_no_event() -> None:
    report = check_environment(read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "c.yaml"), "c.yaml")
    told = [one.state for one in events(report, phrases())]
    assert set(told) <= {State.DUE}


def test_ocsf_says_what_each_state_comes_to(every_state: Report) -> None:
    told = [
        (one["resources"][0]["name"], one["compliance"]["status"], one["compliance"]["status_detail"], one["status"])
        for one in _ocsf(every_state)
    ]
    assert told == [
        ('workspace "a]b"', "Fail", "fail", "New"),
        ("doubtful", "Warning", "undecided", "New"),
        ("asked", "Warning", "due", "New"),
        ("accepted", "Fail", "waived", "Suppressed"),
    ]
    first = _ocsf(every_state)[0]
    assert first["time"] == first["finding_info"]["created_time"] == 1795602601005
    assert (first["severity_id"], first["compliance"]["control"], first["remediation"]["desc"]) == (
        5,
        "AZ001",
        "mend it",
    )


def test_ocsf_is_valid_against_the_published_schema(
    published: Report, every_state: Report, ocsf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ocsf_folder))
    module = import_module("ocsf_json_schema")
    schema = module.OcsfJsonSchemaEmbedded(module.get_ocsf_schema(version="1.5.0"))
    validator = jsonschema.Draft202012Validator(
        schema.get_class_schema(schema.lookup_class_name_from_uid(2003), ["cloud"])
    )
    for event in (*_ocsf(published), *_ocsf(every_state)):
        validator.validate(event)
    broken = _ocsf(every_state)[0]
    del broken["finding_info"]["uid"]
    with pytest.raises(jsonschema.ValidationError, match="'uid' is a required property"):
        validator.validate(broken)


_LINE = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) - cloister - (?P<id>[!-~]{1,32}) "
    r"\[(?P<data>cloister@32473(?: [a-z]+=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*)\] \ufeff(?P<words>.*)"
)
"""The grammar of RFC 5424, section 6, as far as we use it."""


def test_every_line_of_syslog_is_of_the_grammar(published: Report, every_state: Report) -> None:
    for report in (published, every_state):
        lines = write_events(report, "syslog", MOMENT).splitlines()
        assert len(lines) == len(list(events(report, phrases())))
        assert [line for line in lines if not _LINE.fullmatch(line)] == []


def test_syslog_escapes_what_ends_a_value_and_weighs_what_is_waived_as_information(every_state: Report) -> None:
    first, *_, last = write_events(every_state, "syslog", MOMENT).splitlines()
    assert first.startswith("<106>1 2026-11-25T10:30:01.005000Z - cloister - AZ001 [cloister@32473 ")
    assert ' state="fail" severity="critical" resource="workspace \\"a\\]b\\"" at="cloister.yaml:3" ' in first
    assert first.endswith('\ufeffThe workspace refuses public network access: says "x\\y". Mend: mend it.')
    assert last.startswith("<110>1 ")


def test_the_moment_is_told_in_utc(every_state: Report) -> None:
    same = MOMENT.astimezone(UTC)
    assert write_events(every_state, "syslog", same) == write_events(every_state, "syslog", MOMENT)
