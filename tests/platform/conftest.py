from pathlib import Path

import pytest

from cloister.platform.home import Home, create, home_at


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home; the sockets of one with a long path lie beside it, not in /tmp."""
    home = home_at(tmp_path / "h", {"XDG_RUNTIME_DIR": str(tmp_path.parent)})
    create(home)
    return home
