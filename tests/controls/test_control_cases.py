"""Every example of every control, run through the reader, the judge and the control itself."""

from datetime import date, timedelta
from functools import cache

import pytest

from cloister.ask.judgement import Judgement, judge
from cloister.controls.cases import Case, Told, cases_of
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import AwsEnvironment, Decided, Entry, Environment, Result, Status
from cloister.controls.control import Told as AnyTold
from cloister.inventory import aws, azure
from cloister.inventory.statements import Attestation
from cloister.origin import Origin
from cloister.sources.spec import read_text_anywhere

TODAY = date(2026, 11, 25)
ENTRIES = catalogue()


@cache
def _read(document: str) -> azure.Inventory | aws.Inventory:
    """What stands in a document; many cases have the same one."""
    return read_text_anywhere(document, "cloister.yaml")


@cache
def _judged(document: str) -> Judgement:
    inventory = _read(document)
    assert isinstance(inventory, azure.Inventory)
    return judge(inventory)


def _result(entry: Entry, document: str, attestations: tuple[Attestation, ...] = ()) -> Result:
    inventory = _read(document)
    nothing = Judgement((), ())  # from the inventory means from nothing else
    stated = {one.control: one for one in attestations}
    if isinstance(inventory, aws.Inventory):
        return run(AwsEnvironment(inventory, nothing, stated, TODAY), (entry,))[0]
    judgement = _judged(document) if entry.control.decided is Decided.REACH else nothing
    return run(Environment(inventory, judgement, stated, TODAY), (entry,))[0]


def _told(result: Result) -> tuple[Told, ...]:
    told: tuple[AnyTold, ...] = (*result.findings, *result.doubts, *result.dues)
    return tuple(Told(one.resource, one.message, one.mend) for one in told)


def _named(*kinds: str) -> list[object]:
    return [
        pytest.param(entry, case, id=f"{entry.control.id}: {case.name}")
        for entry in ENTRIES
        for kind in kinds
        for case in getattr(cases_of(entry), kind, ())
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


@pytest.mark.parametrize(("entry", "case"), _named("due"))
def test_due(entry: Entry, case: Case) -> None:
    result = _result(entry, case.document)
    assert (result.status, _told(result)) == (Status.DUE, case.told)
    assert _result(entry, case.document, (_stated(entry, 0),)).status is Status.PASS


@pytest.mark.parametrize("entry", [pytest.param(one, id=one.control.id) for one in ENTRIES if cases_of(one) is None])
def test_what_only_a_person_can_tell(entry: Entry) -> None:
    blueprint = "aws-mlflow" if entry.control.id.startswith("AW") else "azure-hub-spoke"
    document = f"version: 1\nname: example\nblueprint: {blueprint}\n"
    assert _result(entry, document).status is Status.DUE
    assert _result(entry, document, (_stated(entry, 0),)).status is Status.PASS
    expired = _result(entry, document, (_stated(entry, -1),))
    assert expired.status is Status.FAIL
    assert "and that day has passed" in expired.findings[0].message


def _stated(entry: Entry, days: int) -> Attestation:
    until = TODAY + timedelta(days=days)
    place = Origin("attestations.yaml", 1)
    return Attestation(control=entry.control.id, statement="so it is", owner="ada", until=until, origin=place)


@pytest.mark.parametrize(("entry", "case"), _named("failing", "undecidable"))
def test_mended(entry: Entry, case: Case) -> None:
    result = _result(entry, case.mended_document)
    assert case.mended is not None
    assert result.status in (Status.PASS, Status.NOT_APPLICABLE), _told(result)
