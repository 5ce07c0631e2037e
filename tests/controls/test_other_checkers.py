"""What other checkers ask is answered by a control, or it is said why not; and the page that says so is fresh."""

from pathlib import Path

from cloister.controls.answering import answering
from cloister.controls.catalogue import catalogue
from cloister.controls.compared import answers, page
from cloister.facts.other_checkers import other_checks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compared.md"


def test_every_check_is_answered_in_one_way() -> None:
    ways = {
        check.id: (bool(answering(check.id)), bool(check.answered), bool(check.why_not)) for check in other_checks()
    }
    assert {one: way for one, way in ways.items() if sum(way) != 1} == {}


def test_every_check_stands_once() -> None:
    ids = [check.id for check in other_checks()]
    assert len(ids) == len(set(ids)) == 131


def test_the_table_names_controls_that_are_there() -> None:
    known = {entry.control.id for entry in catalogue()}
    assert {one for check in other_checks() for one in check.answered.split()} - known == set()


def test_a_check_is_answered_by_an_alias_or_by_the_table_or_not_at_all() -> None:
    found = {check.id: [entry.control.id for entry in answers(check)] for check in other_checks()}
    assert found["CKV_AZURE_59"] == ["AZ002"]
    assert found["Azure.Storage.Firewall"] == ["AZ002", "AZ202"]
    assert found["CKV_AZURE_233"] == []


def test_the_page_of_other_checkers_is_fresh() -> None:
    stale = "stale: run python -m cloister.controls.compared > docs/compared.md"
    assert PAGE.read_text(encoding="utf-8") == page(), stale
