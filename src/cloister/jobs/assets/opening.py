"""Opens datastores by name."""

from dataclasses import dataclass
from pathlib import Path

from cloister.jobs.assets.datastores import BUILT_IN, DatastoreRecords
from cloister.jobs.assets.folder_store import FolderStore
from cloister.jobs.assets.stored import Stored


@dataclass(frozen=True, slots=True)
class Datastores:
    """Every datastore that is declared, ready to be read and written."""

    records: DatastoreRecords

    def open(self, name: str) -> Stored:
        """The datastore of that name. Raises MissingError, DatastoreError, UnsealedError."""
        found = self.records.get(name)
        if found.kind == "Folder":
            root = Path(found.properties["path"])
            if name in BUILT_IN:
                make_open(root)
            return FolderStore(name, root, links=name in BUILT_IN)
        # Here and not above: it costs twenty milliseconds, and most platforms have folders alone.
        from cloister.jobs.assets.remote_store import open_remote  # noqa: PLC0415

        return open_remote(found, self.records.secrets(found))


def make_open(folder: Path) -> None:
    """Make a folder of ours, and those above it, that users of steps may pass; the umask may say otherwise."""
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
