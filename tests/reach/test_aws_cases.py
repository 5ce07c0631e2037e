"""The rules of the way in AWS as tables, like those of `test_cases`; and both engines say the same in each environment.

A row's `trace` holds step texts that must be there, in that order; `reason` and `mend` are exact.
"""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from agreement import mismatches  # type: ignore[import-not-found]  # pytest puts this folder on the path
from plain_environment import DUMPER, laid_over  # type: ignore[import-not-found]  # as above

from cloister.ask.asking import AnyEnvironment, answer, environment_of
from cloister.reach.matrix.ends import destinations
from cloister.sources.spec import read_text_anywhere

CASES = sorted(Path(__file__).with_name("aws_cases").glob("*.yaml"))
PLAIN = yaml.safe_load(Path(__file__).with_name("aws_plain.yaml").read_text(encoding="utf-8"))
ROWS = [(path.stem, row) for path in CASES for row in yaml.safe_load(path.read_text(encoding="utf-8"))]
CELLS = 200


def environment(changes: dict[str, Any]) -> AnyEnvironment:
    text = str(yaml.dump(laid_over(PLAIN, changes), Dumper=DUMPER, sort_keys=False))
    return environment_of(read_text_anywhere(text, "plain.yaml"))


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{name}: {row['says']}") for name, row in ROWS])
def test_rule(row: dict[str, Any]) -> None:
    found = answer(environment(row.get("changes", {})), row["ask"]).verdict
    told = {"answer": found.answer.value, "reason": found.reason, "mend": found.mend}
    assert told == {"answer": row["answer"], "reason": row.get("reason", found.reason), "mend": row.get("mend", "")}
    assert "reason" in row or row["answer"] == "ALLOW", "a refusal is told with its reason"
    texts = iter(f"{step.at}: {step.text}" for step in found.trace)
    missing = [text for text in row.get("trace", ()) if not any(text == other for other in texts)]
    assert not missing, [f"{step.at}: {step.text}" for step in found.trace]


def _environments() -> list[Any]:
    """What the rows change, each change once, under the first row that has it."""
    first = {yaml.dump(row.get("changes", {}), sort_keys=True): row for _, row in reversed(ROWS)}
    return [pytest.param(row.get("changes", {}), id=row["says"]) for row in reversed(first.values())]


@pytest.mark.parametrize("changes", _environments())
def test_the_engines_agree(changes: dict[str, Any]) -> None:
    fabric, chance = environment(changes).fabric, Random(0)  # noqa: S311 - a sample, not a secret
    assert list(mismatches(fabric, destinations(fabric), CELLS, chance)) == []
