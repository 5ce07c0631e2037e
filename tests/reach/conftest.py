"""Environments under test: the plain one, with the changes of a row laid over it."""

from collections.abc import Callable

import pytest
from plain_environment import (  # type: ignore[import-not-found]  # pytest puts this folder on the path
    Changes,
    plain_text,
)

from cloister.ask.asking import Environment, answer
from cloister.sources.spec import read_text
from cloister.verdict import Verdict


@pytest.fixture(scope="session")
def plain() -> Callable[[Changes], Environment]:
    """The plain environment with changes; None removes."""
    return lambda changes: Environment(read_text(plain_text(changes), "plain.yaml"))


@pytest.fixture(scope="session")
def verdict(plain: Callable[[Changes], Environment]) -> Callable[[Changes, str], Verdict]:
    """The verdict on a question in the plain environment with changes."""
    return lambda changes, question: answer(plain(changes), question).verdict
