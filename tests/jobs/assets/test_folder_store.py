"""A datastore that is a folder of this machine, written by the platform with what steps made."""

from pathlib import Path

import pytest

from cloister.errors import SpecError
from cloister.jobs.assets import folder_store
from cloister.jobs.assets.folder_store import FolderStore
from cloister.jobs.assets.store_errors import DatastoreError
from cloister.sdk.components import _with_version


def test_what_has_no_room_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of holes takes nothing where it is, and all of it where it is copied to."""
    source, store = tmp_path / "holes", FolderStore("shared", tmp_path / "shared")
    store.root.mkdir()
    with source.open("wb") as file:
        file.truncate(2**20)
    monkeypatch.setattr(folder_store, "_free", lambda _folder: 2**30 + 2**20 - 1)
    with pytest.raises(DatastoreError) as refused:
        store.write(source, "in/holes")
    fault = refused.value.faults[0]
    reason = "takes 1048576 bytes, and its disk has 1074790399 left"
    assert (fault.thing, fault.reason) == ("azureml://datastores/shared/paths/in/holes", reason)
    assert list((store.root / "in").iterdir()) == []
    monkeypatch.setattr(folder_store, "_free", lambda _folder: 2**30 + 2**20)
    store.write(source, "in/holes")
    assert (store.root / "in" / "holes").read_bytes() == bytes(2**20)


def test_folders_count_where_a_store_is_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may have made a million that hold nothing."""
    monkeypatch.setattr(folder_store, "MOST_FILES", 3)
    for name in "abcd":
        (tmp_path / "made" / name).mkdir(parents=True)
    with pytest.raises(DatastoreError) as refused:
        FolderStore("shared", tmp_path).find("made")
    assert refused.value.faults[0].reason == "holds more than 3 files and folders"


def test_a_component_of_somebody_else_is_no_bomb_to_who_uses_it(tmp_path: Path) -> None:
    merges = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 13)]
    (tmp_path / "component.yml").write_text("\n".join(["a0: &a0 {x: 1}", *merges]))
    with pytest.raises(SpecError, match="unfolds to more than 200000 values"):
        _with_version(tmp_path / "component.yml", "1")
