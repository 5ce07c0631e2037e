"""Both engines say the same in the environments of the cases that chance does not build: services and kept networks."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from agreement import mismatches  # type: ignore[import-not-found]  # pytest puts this folder on the path
from plain_environment import PLAIN, laid_over  # type: ignore[import-not-found]  # as above

from cloister.fabric.lower_azure import lower
from cloister.reach.matrix.ends import destinations
from cloister.sources.spec import read_text

CASES = Path(__file__).with_name("cases")
FILES = ("managed_networks", "scoring", "other_services", "balancers", "firewall")
CELLS = 80


def _environments() -> list[Any]:
    """What the rows of the files change in the plain environment, each change once, under the first row that has it."""
    rows = [row for name in FILES for row in yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))]
    first = {yaml.dump(row.get("changes", {}), sort_keys=True): row for row in reversed(rows)}
    return [pytest.param(row.get("changes", {}), id=row["says"]) for row in reversed(first.values())]


@pytest.mark.parametrize("changes", _environments())
def test_the_engines_agree(changes: dict[str, Any]) -> None:
    text = yaml.safe_dump(laid_over(PLAIN, changes), sort_keys=False)
    fabric = lower(read_text(text, "plain.yaml"))
    chance = Random(0)  # noqa: S311 - a sample, not a secret
    assert list(mismatches(fabric, destinations(fabric), CELLS, chance)) == []


def test_the_engines_agree_where_every_section_of_a_document_stands() -> None:
    """Once wrong: a refusal in doubt hid a permission in doubt that came after it."""
    whole = yaml.safe_load((CASES.parents[1] / "ask" / "every_section.yaml").read_text(encoding="utf-8"))
    fabric = lower(read_text(yaml.safe_dump(whole["document"], sort_keys=False), "whole.yaml"))
    chance = Random(1)  # noqa: S311 - a sample, not a secret
    assert list(mismatches(fabric, destinations(fabric), 3000, chance)) == []
