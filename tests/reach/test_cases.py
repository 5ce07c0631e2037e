"""The rules of the way as tables: each row a sentence, what it changes in the plain environment, and the whole answer.

A row's `trace` holds step texts that must be there, in that order; `reason` and `mend` are exact.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.verdict import Verdict

CASES = Path(__file__).with_name("cases")


def _rows() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(row, id=f"{path.stem}: {row['says']}")


@pytest.mark.parametrize("row", list(_rows()))
def test_rule(verdict: Callable[[dict[str, Any], str], Verdict], row: dict[str, Any]) -> None:
    found = verdict(row.get("changes", {}), row["ask"])
    answer = {"answer": found.answer.value, "reason": found.reason, "mend": found.mend}
    assert answer == {"answer": row["answer"], "reason": row.get("reason", found.reason), "mend": row.get("mend", "")}
    assert "reason" in row or row["answer"] == "ALLOW", "a refusal is told with its reason"
    texts = iter(f"{step.at}: {step.text}" for step in found.trace)
    missing = [text for text in row.get("trace", ()) if not any(text == other for other in texts)]
    assert not missing, [f"{step.at}: {step.text}" for step in found.trace]
