"""Every row of the published guidance is answered by a control, and the pages that say so are fresh."""

from pathlib import Path

import pytest

from cloister.controls.answering import answering
from cloister.controls.control import Decided
from cloister.controls.guidance import decided, page
from cloister.facts.published_catalogues import published_catalogues

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_row_is_answered() -> None:
    rows = [row for catalogue in published_catalogues() for row in catalogue.ids]
    assert [row for row in rows if not answering(row)] == []


@pytest.mark.parametrize(
    ("published", "controls"),
    [
        ("S0-16", ["AZ351"]),
        ("AZR-000406", ["AZ001"]),
        ("Azure.ML.PublicAccess", ["AZ001"]),
        ("438c38d2", ["AZ001"]),
        ("438c38d2-3772-465a-a9cc-7a6666a275ce", ["AZ001"]),
        ("WAF-SEC-C4", ["AZ234", "AZ239"]),
        ("AZR-0004", []),
        ("AzurePol", []),
        ("S0-99", []),
    ],
)
def test_a_row_is_answered_by_the_controls_that_have_its_whole_id(published: str, controls: list[str]) -> None:
    assert [entry.control.id for entry in answering(published)] == controls


@pytest.mark.parametrize(
    ("row", "how"),
    [
        ("S0-16", Decided.INVENTORY),
        ("WAF-SEC-C1", Decided.REACH),  # AZ001 from the inventory, AZ018 by reach
        ("WAF-REL-C2", Decided.EXPORT),
        ("WAF-SEC-C4", Decided.ATTESTED),  # AZ234 from the inventory, AZ239 by a person
    ],
)
def test_a_row_counts_where_the_part_stands_that_trusts_people_most(row: str, how: Decided) -> None:
    assert decided(row) is how


def test_the_page_of_the_guidance_is_fresh() -> None:
    stale = "stale: run python -m cloister.controls.guidance > docs/guidance.md"
    assert (DOCS / "guidance.md").read_text(encoding="utf-8") == page(), stale
