"""What `cloister check --fix` writes where the file is a link, and who may read it then."""

from pathlib import Path

from click.testing import CliRunner

from cloister.cli.main import cli

DOCUMENT = "version: 1\nname: closed\nregion: westeurope\nstorage_accounts: {lakeml: {public_network_access: true}}\n"


def test_a_mend_goes_to_the_file_that_a_link_leads_to_and_shows_it_to_nobody_else(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "cloister.yaml"
    real.write_text(DOCUMENT)
    real.chmod(0o600)
    link.symlink_to(real)
    CliRunner().invoke(cli, ["check", str(link), "--fix"])
    assert link.is_symlink()
    assert real.read_text() != DOCUMENT
    assert real.stat().st_mode & 0o777 == 0o600
