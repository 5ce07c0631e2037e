"""A document laid over another file, and values that an input has but does not tell."""

import os
from pathlib import Path

import pytest

from cloister.ask.asking import ask
from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Gap, NotUnderstood
from cloister.origin import Origin
from cloister.sources.reading import read, read_sound_part
from cloister.sources.spec import read_text, with_blueprint
from cloister.sources.translated import Missing, Translated
from cloister.sources.understanding import understood
from cloister.sources.written import parse
from cloister.verdict import Answer

BASE = "version: 1\nname: base\nregion: westeurope\nstorage_accounts: {lake: {public_network_access: false}}\n"


def test_a_document_is_laid_over_its_source(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    over = tmp_path / "over.yaml"
    over.write_text("version: 1\nsource: base.yaml\nname: over\nkey_vaults: {kv: {}}\n")
    inventory = read(over)
    assert (inventory.name, inventory.region) == ("over", "westeurope")
    assert [one.public_network_access for one in inventory.storage_accounts] == [False]
    assert str(inventory.storage_accounts[0].origin) == f"{tmp_path}/base.yaml:4"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("source: over.yaml", "stands on a file that stands on another, more than 4 deep"),
        ("source: base.yaml\nblueprint: azure-hub-spoke", "stands beside blueprint, and a document can be laid over"),
    ],
)
def test_a_source_that_cannot_be_laid_under(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    over = tmp_path / "over.yaml"
    over.write_text(f"version: 1\n{text}\n")
    with pytest.raises(SpecError, match=reason):
        read_sound_part(over)


def test_a_source_elsewhere_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "base.yaml").write_text(BASE)
    (folder / "link.yaml").symlink_to(tmp_path / "base.yaml")
    over = folder / "over.yaml"
    monkeypatch.chdir(folder)
    for name in ("../base.yaml", str(tmp_path / "base.yaml"), "link.yaml"):
        over.write_text(f"version: 1\nsource: {name}\n")
        with pytest.raises(SpecError, match="source: lies outside of the folder of this document"):
            read(over)
    monkeypatch.chdir(tmp_path)
    assert [one.name for one in read(over).storage_accounts] == ["lake"]


def test_a_source_that_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "over.yaml").write_text("version: 1\nsource: pipe\n")
    with pytest.raises(SpecError, match="source: names a device or a pipe"):
        read(tmp_path / "over.yaml")


def test_text_alone_has_no_file_beside_it() -> None:
    with pytest.raises(SpecError) as caught:
        read_text("version: 1\nsource: base.yaml\n", "f.yaml")
    reason = "names another file, and this document was not read from one itself"
    place = Origin("f.yaml", 2, 9)
    assert caught.value.faults == (Fault("source", reason, "read the document from its file", place),)


def test_what_the_input_does_not_tell_is_a_gap_and_makes_the_answer_unknown() -> None:
    left_out = "networks: {ml: {subnets: {compute: {route_table: null}}}}"
    tree = with_blueprint(parse(f"version: 1\nname: tt\nblueprint: azure-hub-spoke\n{left_out}\n", "f.yaml"))
    place = Origin("plan.json", 0, address="azurerm_subnet_route_table_association.compute.route_table_id")
    path = ("networks", "ml", "subnets", "compute", "route_table")
    left = NotUnderstood(thing="azurerm_web_app.a", what="is a web app", consequence="unseen", origin=place)
    sound = understood(Translated(tree, (Missing(path, "is known only after apply", place),), (left,)), "f.yaml")
    assert sound.faults == ()
    assert sound.inventory.gaps[0] == Gap(path=path, what="is known only after apply", origin=place)
    assert sound.inventory.not_understood == (left,)
    assert ask(sound.inventory, "ci-agent -> storage/blob:443").answer is Answer.ALLOW
    assert ask(sound.inventory, "compute -> pypi.org:443").answer is Answer.UNKNOWN
    assert str(place) == "plan.json: azurerm_subnet_route_table_association.compute.route_table_id"
