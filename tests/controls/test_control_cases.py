"""Every example of every control, run through the reader, the judge and the control itself."""

import pytest

from cloister.ask.judgement import Judgement, judge
from cloister.controls.cases import Case, Told, cases_of
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import Decided, Doubt, Entry, Finding, Result, Status
from cloister.sources.spec import read_text

ENTRIES = catalogue()


def _result(entry: Entry, document: str) -> Result:
    inventory = read_text(document, "cloister.yaml")
    by_reach = entry.control.decided is Decided.REACH
    judgement = judge(inventory) if by_reach else Judgement((), ())  # from the inventory means from nothing else
    return run(inventory, judgement, (entry,))[0]


def _told(result: Result) -> tuple[Told, ...]:
    told: tuple[Finding | Doubt, ...] = (*result.findings, *result.doubts)
    return tuple(Told(one.resource, one.message, one.mend) for one in told)


def _named(*kinds: str) -> list[object]:
    return [
        pytest.param(entry, case, id=f"{entry.control.id}: {case.name}")
        for entry in ENTRIES
        for kind in kinds
        for case in getattr(cases_of(entry), kind)
    ]


@pytest.mark.parametrize(("entry", "case"), _named("passing"))
def test_passing(entry: Entry, case: Case) -> None:
    result = _result(entry, case.document)
    assert (result.status, _told(result)) == (Status.PASS, ())
    assert result.checked > 0


@pytest.mark.parametrize(("entry", "case"), _named("failing"))
def test_failing(entry: Entry, case: Case) -> None:
    result = _result(entry, case.document)
    assert (result.status, _told(result)) == (Status.FAIL, case.told)


@pytest.mark.parametrize(("entry", "case"), _named("undecidable"))
def test_undecidable(entry: Entry, case: Case) -> None:
    result = _result(entry, case.document)
    assert (result.status, _told(result)) == (Status.UNDECIDED, case.told)


@pytest.mark.parametrize(("entry", "case"), _named("failing", "undecidable"))
def test_mended(entry: Entry, case: Case) -> None:
    result = _result(entry, case.mended_document)
    assert case.mended is not None
    assert result.status in (Status.PASS, Status.NOT_APPLICABLE), _told(result)
