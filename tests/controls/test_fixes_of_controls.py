"""Every fix of every control, applied to the cases in which it is given: the finding is gone, and the rest stands."""

from datetime import date
from functools import cache

import pytest

from cloister.ask.judgement import Judgement, judge
from cloister.controls.cases import Case, cases_of
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import AwsEnvironment, Decided, Entry, Environment, Finding, Result
from cloister.inventory import aws
from cloister.sources.applying import changes_of, with_changes
from cloister.sources.spec import read_text_anywhere, with_blueprint
from cloister.sources.written import parse

FILE = "cloister.yaml"


@cache
def _result(entry: Entry, document: str) -> Result:
    inventory, nothing, today = read_text_anywhere(document, FILE), Judgement((), ()), date(2026, 11, 25)
    if isinstance(inventory, aws.Inventory):
        return run(AwsEnvironment(inventory, nothing, {}, today), (entry,))[0]
    judgement = judge(inventory) if entry.control.decided is Decided.REACH else nothing
    return run(Environment(inventory, judgement, {}, today), (entry,))[0]


def _failing() -> list[object]:
    return [
        pytest.param(entry, case, id=f"{entry.control.id}: {case.name}")
        for entry in catalogue()
        for case in getattr(cases_of(entry), "failing", ())
    ]


@pytest.mark.parametrize(("entry", "case"), _failing())
def test_a_fix_mends_its_finding_and_no_other_is_new(entry: Entry, case: Case) -> None:
    before = _result(entry, case.document)
    whole = with_blueprint(parse(case.document, FILE))
    for finding in before.findings:
        if finding.fix:
            text = with_changes(case.document, changes_of(finding.fix, whole))
            assert _left(_result(entry, text)) == _left(before) - {_name(finding)}


def _left(result: Result) -> set[tuple[str, str]]:
    return {_name(finding) for finding in result.findings} | {(one.resource, one.message) for one in result.doubts}


def _name(finding: Finding) -> tuple[str, str]:
    return finding.resource, finding.message


# Mends that say no more than which switch to turn, and no person has to choose: these have a fix.
FIXED = (
    *("AZ001", "AZ002", "AZ004", "AZ005", "AZ006", "AZ007", "AZ008", "AZ009", "AZ015", "AZ020"),
    *("AZ200", "AZ201", "AZ202", "AZ205", "AZ206", "AZ209", "AZ211", "AZ213", "AZ224", "AZ251", "AZ253", "AZ254"),
    *("AZ255", "AZ256", "AZ257", "AZ260", "AZ264", "AZ265", "AZ266", "AZ267", "AZ269", "AZ273", "AZ275"),
    *("AZ108", "AZ109", "AZ111", "AZ112", "AZ125", "AW001", "AW018", "AW020"),
)


@pytest.mark.parametrize("control", FIXED)
def test_these_controls_fix_at_least_one_of_their_cases(control: str) -> None:
    (entry,) = (one for one in catalogue() if one.control.id == control)
    cases = getattr(cases_of(entry), "failing", ())
    assert any(finding.fix for case in cases for finding in _result(entry, case.document).findings)
