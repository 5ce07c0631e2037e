"""The two blueprints as environments, read once."""

import pytest

from cloister.ask.asking import Environment
from cloister.sources.spec import read_text


@pytest.fixture(scope="session")
def hub_spoke() -> Environment:
    """The closed environment in which people can work."""
    return Environment(read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "cloister.yaml"))


@pytest.fixture(scope="session")
def published() -> Environment:
    """The published example with its defects."""
    return Environment(read_text("version: 1\nblueprint: azure-published-terraform\nname: golden\n", "cloister.yaml"))
