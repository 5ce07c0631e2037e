"""Datastores: places outside of jobs where data lies, declared by an administrator. Credentials are sealed.

The two that every Azure ML workspace has are there from the start, as folders of the platform's own.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa

from cloister.errors import Fault, SourceError
from cloister.gateway.access_keys.sealing import Sealer
from cloister.jobs.assets.datastore_shape import checked
from cloister.jobs.assets.names import WORKSPACE
from cloister.jobs.assets.tables import DATASTORE
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.records.clock import Clock

DEFAULT: Final = "workspaceblobstore"
BUILT_IN: Final = (DEFAULT, "workspaceartifactstore")
DatastoreKind = Literal["Folder", "S3", "AzureBlob"]


@dataclass(frozen=True, slots=True)
class Datastore:
    """A datastore; `properties` are as ARM has them, without any secret."""

    name: str
    properties: dict[str, Any]
    sealed: str = ""
    created_at: float = 0.0
    created_by: str = ""

    @property
    def kind(self) -> DatastoreKind:
        """What it is."""
        found: DatastoreKind = self.properties["datastoreType"]
        return found

    @property
    def url(self) -> str:
        """Where its service answers; empty for a folder."""
        held = self.properties
        match self.kind:
            case "Folder":
                return ""
            case "S3":
                return str(held.get("endpoint") or f"https://s3.{held.get('region', 'us-east-1')}.amazonaws.com")
            case "AzureBlob":
                endpoint = str(held.get("endpoint") or "core.windows.net")
                return endpoint if "://" in endpoint else f"https://{held['accountName']}.blob.{endpoint}"

    def covers(self, scheme: str, host: str, container: str, path: str) -> str | None:
        """The path in it of what lies at an address; None where it lies elsewhere."""
        held = self.properties
        if self.kind == "S3":
            return path if scheme == "s3" and host == held["bucket"] else None
        if self.kind != "AzureBlob":
            return None
        account = str(held["accountName"])
        if host not in (f"{account}.blob.core.windows.net", f"{account}.dfs.core.windows.net"):
            return None
        if scheme in ("http", "https"):
            container, _, path = path.partition("/")
        return path if container == held["containerName"] else None

    def document(self) -> dict[str, Any]:
        """The REST object, as ARM would answer with it."""
        return {
            "id": f"{WORKSPACE}/datastores/{self.name}",
            "name": self.name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": {**self.properties, "isDefault": self.name == DEFAULT},
            "systemData": {
                "createdAt": datetime.fromtimestamp(self.created_at, UTC).isoformat().replace("+00:00", "Z"),
                "createdBy": self.created_by,
                "createdByType": "User",
            },
        }


class DatastoreRecords:
    """The rows, and the ring that their credentials are sealed with. `folder` is the platform's own for assets."""

    def __init__(self, engine: sa.Engine, folder: Path, sealer: Sealer | None, clock: Clock = time.time) -> None:
        self._engine = engine
        self._folder = folder
        self._sealer = sealer
        self._clock = clock

    def put(self, name: str, properties: object, by: str) -> Datastore:
        """Declare a datastore, in place of one of that name. Raises SpecError."""
        if name in BUILT_IN:
            reason = "comes with the platform, and stays as it is"
            raise ConflictError(Fault(f'datastore "{name}"', reason, "give yours another name"))
        kept, secrets = checked(name, properties, self._folder)
        row: dict[str, object] = {
            "properties": json.dumps(kept),
            "sealed": self._ring(name).seal(json.dumps(secrets).encode(), _bound(name)) if secrets else "",
            "created_at": self._clock(),
            "created_by": by,
        }
        with self._engine.begin() as connection:
            connection.execute(sa.delete(DATASTORE).where(DATASTORE.c.name == name))
            connection.execute(sa.insert(DATASTORE).values({"name": name, **row}))
        return self.get(name)

    def get(self, name: str) -> Datastore:
        """The datastore of that name. Raises MissingError."""
        for one in self.all():
            if one.name == name:
                return one
        mend = "see what there is: cloister datastore list; an administrator declares one: cloister datastore create"
        raise MissingError(Fault(f'datastore "{name}"', "there is none of that name", mend))

    def all(self) -> tuple[Datastore, ...]:
        """All datastores, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(DATASTORE)).mappings().all()
        found = [Datastore(**{**row, "properties": json.loads(row["properties"])}) for row in rows]
        return tuple(sorted((*map(self._built_in, BUILT_IN), *found), key=lambda one: one.name))

    def delete(self, name: str) -> None:
        """Forget a datastore; what lies there stays. Raises MissingError."""
        if name in BUILT_IN:
            raise ConflictError(Fault(f'datastore "{name}"', "comes with the platform", "leave it"))
        with self._engine.begin() as connection:
            gone = connection.execute(sa.delete(DATASTORE).where(DATASTORE.c.name == name)).rowcount
        if not gone:
            self.get(name)

    def secrets(self, datastore: Datastore) -> dict[str, str]:
        """Its credentials. Raises UnsealedError."""
        if not datastore.sealed:
            return {}
        found: dict[str, str] = json.loads(self._ring(datastore.name).open(datastore.sealed, _bound(datastore.name)))
        return found

    def _ring(self, name: str) -> Sealer:
        if self._sealer is None:
            mend = "give the agent datastore_keys in its configuration"
            raise SourceError(Fault(f'datastore "{name}"', "has credentials, and there is no key for them here", mend))
        return self._sealer

    def covering(self, scheme: str, host: str, container: str, path: str) -> tuple[Datastore, str] | None:
        """The datastore in which an address lies, and the path in it."""
        for one in self.all():
            inside = one.covers(scheme, host, container, path)
            if inside is not None:
                return one, inside
        return None

    def _built_in(self, name: str) -> Datastore:
        path = str(self._folder / "stores" / name)
        return Datastore(name, {"datastoreType": "Folder", "path": path, "description": "comes with the platform"})


def _bound(name: str) -> str:
    return f"datastore/{name}"
