"""What an override cannot reach is counted apart from what is written, so that nobody takes it for done."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from cloister.cli.main import cli
from cloister.render.terraform.overrides import ADDITION_FILE, OVERRIDE_FILE

PLAN = Path(__file__).parents[2] / "examples" / "terraform" / "plan.json"


def test_changes_that_are_left_to_people_are_counted(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    shutil.copy(PLAN, plan)
    done = CliRunner().invoke(cli, ["check", str(plan), "--fix", "--dry-run", "--today", "2026-11-25"])
    by_hand = [line for line in done.stderr.splitlines() if line.startswith("  by hand  ")]
    assert "  by hand  azurerm_storage_account.ml: versioning = true" in by_hand
    told = " ".join(done.stderr.partition("  ok  ")[0].split())
    files = f"{tmp_path / OVERRIDE_FILE} and {tmp_path / ADDITION_FILE}"
    assert f" would be written into {files}, {len(by_hand)} of them by hand, " in told
