"""The form of a control: what its metadata must have, and what the catalogue refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloister.controls import catalogue as module
from cloister.controls.cases import Case, Cases
from cloister.controls.catalogue import catalogue
from cloister.controls.control import Control, Decided, Source
from cloister.controls.pages import pages
from cloister.controls.workspace import az001_public_workspace_access as example

DOCS = Path(__file__).resolve().parents[2] / "docs" / "controls"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "AZ1"}, '"AZ1" is no id: write AZ or AW and three digits'),
        ({"title": ""}, "AZ001 lacks title"),
        ({"why": "", "remedy": ""}, "AZ001 lacks why, remedy"),
        ({"sources": ()}, "AZ001 lacks sources"),
        ({"aliases": ()}, "AZ001 lacks aliases"),
        ({"decided": Decided.EXPORT}, "AZ001 lacks the question that is asked where the input does not tell"),
        ({"title": "The workspace is closed."}, "AZ001: the title is a claim without a full stop"),
    ],
)
def test_a_control_without_complete_metadata_cannot_be_built(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(example.CONTROL, **changes)


@pytest.mark.parametrize("part", ["document", "clause", "url", "read"])
def test_a_source_without_its_clause_cannot_be_built(part: str) -> None:
    whole = {"document": "A guide", "clause": "3.1", "url": "https://example.org", "read": "2026-11-22"}
    with pytest.raises(ValueError, match=f"^a source needs its {part}$"):
        Source(**{**whole, part: ""})


def test_a_control_needs_cases_of_each_kind_or_a_reason() -> None:
    case = (Case("a case", {}),)
    Cases(case, case, case, "")
    Cases(case, case, (), "the spec always says it")
    for passing, failing, reason in (((), case, "why"), (case, (), "why"), (case, case, "")):
        with pytest.raises(ValueError, match=r"^a control needs passing and failing cases"):
            Cases(passing, failing, (), reason)


def test_controls_come_in_the_order_of_their_ids_and_no_id_comes_twice() -> None:
    ids = [entry.control.id for entry in catalogue()]
    assert ids == sorted(set(ids))
    assert len(ids) >= 21


def test_a_retired_id_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # The table of retired ids is empty so far, so the test brings a row of its own.
    monkeypatch.setitem(module.RETIRED, "AZ006", "replaced by a policy")
    with pytest.raises(ValueError, match=r"^AZ006 is retired$"):
        module.catalogue.__wrapped__()


def test_a_file_holds_the_control_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = replace(example.CONTROL, id="AZ999")
    monkeypatch.setattr(example, "CONTROL", renamed)  # as if somebody had edited the file
    with pytest.raises(ValueError, match=r"^az001_public_workspace_access\.py holds AZ999: file and id must agree$"):
        module.catalogue.__wrapped__()


def test_every_title_is_a_claim_of_its_own() -> None:
    controls: list[Control] = [entry.control for entry in catalogue()]
    assert len({control.title for control in controls}) == len(controls)


def test_the_pages_are_what_the_controls_say() -> None:
    standing = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert standing == pages(), "stale: run python -m cloister.controls.pages docs/controls"
