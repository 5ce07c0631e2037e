"""What a person states settles what the input does not tell, until its last day has passed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from cloister.ask.judgement import Judgement
from cloister.controls.catalogue import run
from cloister.controls.control import Decided, Due, Entry, Environment, Finding, Status
from cloister.controls.workspace.az001_public_workspace_access import CONTROL as EXAMPLE
from cloister.inventory.azure import Inventory
from cloister.inventory.statements import Attestation
from cloister.origin import Origin
from cloister.sources.spec import read_text

CONTROL = replace(EXAMPLE, decided=Decided.ATTESTED, question="Has somebody chosen the size?")
PLACE = Origin("attestations.yaml", 3, fields=(("until", 5, 7),))
STATED = Attestation(control="AZ001", statement="in March", owner="ada", until=date(2026, 11, 25), origin=PLACE)


def _check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    yield CONTROL.due("the environment", at=inventory.origin)


ENTRY = Entry(CONTROL, lambda inventory: (inventory,), _check)
INVENTORY = read_text("version: 1\nname: tt\nregion: westeurope\n", "f.yaml")


@pytest.mark.parametrize(
    ("stated", "today", "status"),
    [
        ({}, date(2026, 11, 25), Status.DUE),
        ({"AZ002": STATED}, date(2026, 11, 25), Status.DUE),
        ({"AZ001": STATED}, date(2026, 11, 25), Status.PASS),
        ({"AZ001": STATED}, date(2026, 11, 26), Status.FAIL),
    ],
)
def test_status(stated: dict[str, Attestation], today: date, status: Status) -> None:
    assert run(Environment(INVENTORY, Judgement((), ()), stated, today), (ENTRY,))[0].status is status


def test_what_is_due_names_the_question_and_what_to_do() -> None:
    (result,) = run(Environment(INVENTORY, Judgement((), ())), (ENTRY,))
    message = "the input does not tell: Has somebody chosen the size?"
    mend = "attest AZ001, with an owner and a date"
    assert result.dues == (Due("AZ001", CONTROL.severity, "the environment", message, mend, INVENTORY.origin),)


def test_an_expired_statement_is_a_finding_at_its_date() -> None:
    environment = Environment(INVENTORY, Judgement((), ()), {"AZ001": STATED}, date(2026, 12, 1))
    (result,) = run(environment, (ENTRY,))
    message = "ada stated it until 2026-11-25, and that day has passed: in March"
    mend = "look again, and state it anew with a later date"
    place = PLACE.of("until")
    expected = Finding("AZ001", CONTROL.severity, "attestation of AZ001", message, mend, place)
    assert (result.dues, result.findings, result.attested) == ((), (expected,), STATED)
