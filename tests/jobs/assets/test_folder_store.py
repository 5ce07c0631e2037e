"""A datastore that is a folder of this machine, written by the platform with what steps made."""

from pathlib import Path

import pytest

from cloister.jobs.assets import folder_store
from cloister.jobs.assets.folder_store import FolderStore
from cloister.jobs.assets.store_errors import DatastoreError


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
