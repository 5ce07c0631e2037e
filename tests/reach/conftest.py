"""Environments under test: the plain one, with the changes of a row laid over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.ask.asking import Environment, answer
from cloister.sources.spec import read_text
from cloister.verdict import Verdict

Changes = dict[str, Any]
PLAIN: Changes = yaml.safe_load(Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8"))
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def laid_over(base: Any, over: Any) -> Any:  # noqa: ANN401 - documents are any YAML
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {key: laid_over(base[key], over[key]) if key in over else base[key] for key in base}
    merged |= {key: value for key, value in over.items() if key not in base}
    return {key: value for key, value in merged.items() if value is not None}


@pytest.fixture(scope="session")
def plain() -> Callable[[Changes], Environment]:
    """The plain environment with changes; None removes."""

    def build(changes: Changes) -> Environment:
        text = yaml.dump(laid_over(PLAIN, changes), Dumper=DUMPER, sort_keys=False)
        return Environment(read_text(text, "plain.yaml"))

    return build


@pytest.fixture(scope="session")
def verdict(plain: Callable[[Changes], Environment]) -> Callable[[Changes, str], Verdict]:
    """The verdict on a question in the plain environment with changes."""
    return lambda changes, question: answer(plain(changes), question).verdict
