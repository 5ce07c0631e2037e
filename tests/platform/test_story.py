"""The whole story, as `./run --once` tells it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloister.platform.story_steps import STEPS

_LONGEST_SECONDS = 540


@pytest.mark.platform
@pytest.mark.timeout(_LONGEST_SECONDS + 30)
def test_the_whole_story_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cloister", "up", "--once", "--json"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    document = json.loads(told.stdout.splitlines()[-1])
    assert told.returncode == 0, told.stderr
    assert [(step["name"], step["ok"]) for step in document["steps"]] == [(step.name, True) for step in STEPS]
    assert document["ok"] is True
    assert document["seconds"] >= sum(step["seconds"] for step in document["steps"]) - 1
    assert not list(tmp_path.glob("cloister-once-*"))
