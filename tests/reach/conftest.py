"""Environments under test: the plain one, with the changes of a row laid over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.ask.asking import Environment, answer
from cloister.sources.spec import read_text
from cloister.verdict import Verdict

PLAIN = Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8")


def _laid_over(base: Any, over: Any) -> Any:  # noqa: ANN401 - documents are any YAML
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {key: _laid_over(base[key], over[key]) if key in over else base[key] for key in base}
    merged |= {key: value for key, value in over.items() if key not in base}
    return {key: value for key, value in merged.items() if value is not None}


@pytest.fixture(scope="session")
def plain() -> Callable[[str], Environment]:
    """The plain environment with changes, written as YAML; `null` removes."""

    def build(changes: str) -> Environment:
        document = _laid_over(yaml.safe_load(PLAIN), yaml.safe_load(changes) or {})
        return Environment(read_text(yaml.safe_dump(document, sort_keys=False), "plain.yaml"))

    return build


@pytest.fixture(scope="session")
def verdict(plain: Callable[[str], Environment]) -> Callable[[str, str], Verdict]:
    """The verdict on a question in the plain environment with changes."""
    return lambda changes, question: answer(plain(changes), question).verdict
