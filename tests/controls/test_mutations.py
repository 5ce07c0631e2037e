"""What breaks one claim is reported by the control of that claim, and by those that are said to follow; by no other.

Only controls that are decided from the inventory are run: what can reach what may follow from anything.
"""

from functools import cache

import pytest

from cloister.ask.judgement import Judgement
from cloister.controls.cases import Case, cases_of
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import AnyEnvironment, AwsEnvironment, Decided, Entry, Environment, Status
from cloister.inventory import aws
from cloister.sources.spec import read_text_anywhere

DECLARED = tuple(entry for entry in catalogue() if entry.control.decided is Decided.INVENTORY)


@cache
def _reporting(document: str) -> frozenset[str]:
    inventory, nothing = read_text_anywhere(document, "cloister.yaml"), Judgement((), ())
    if isinstance(inventory, aws.Inventory):
        environment: AnyEnvironment = AwsEnvironment(inventory, nothing)
    else:
        environment = Environment(inventory, nothing)
    prefix = "AW" if isinstance(inventory, aws.Inventory) else "AZ"
    ours = [entry for entry in DECLARED if entry.control.id.startswith(prefix)]
    return frozenset(one.control.id for one in run(environment, ours) if one.status is Status.FAIL)


def _broken() -> list[object]:
    return [
        pytest.param(entry, case, id=f"{entry.control.id}: {case.name}")
        for entry in DECLARED
        for case in getattr(cases_of(entry), "failing", ())
    ]


@pytest.mark.parametrize(("entry", "case"), _broken())
def test_what_breaks_one_claim_breaks_no_other(entry: Entry, case: Case) -> None:
    before = _reporting(Case("whole", {}, blueprint=case.spec.get("blueprint", case.blueprint)).document)
    found = _reporting(case.document) - before
    assert sorted(found) == sorted({entry.control.id, *case.also} - before)
