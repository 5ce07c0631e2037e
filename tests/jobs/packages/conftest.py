"""The index as a real server on loopback, for every file of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from package_index import Served, serve  # type: ignore[import-not-found]  # pytest puts this folder on the path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An index that is the test's own."""
    made, stop = serve(tmp_path / "served")
    yield made
    stop()
