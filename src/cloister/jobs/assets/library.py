"""All of assets on one database and one folder: what the desk and the agents share."""

import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cloister.gateway.access_keys.sealing import Sealer, source_of
from cloister.jobs.assets.content import Contents
from cloister.jobs.assets.datastores import DatastoreRecords
from cloister.jobs.assets.following import Following
from cloister.jobs.assets.lineage import Lineage
from cloister.jobs.assets.opening import Datastores
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.assets.sent import Senders
from cloister.jobs.records.clock import Clock


@dataclass(frozen=True, slots=True)
class Library:
    """Assets, datastores, what was uploaded, and lineage. `folder` is where the platform keeps its part of them."""

    folder: Path
    assets: AssetRecords
    datastores: Datastores
    contents: Contents
    senders: Senders
    lineage: Lineage

    @property
    def following(self) -> Following:
        """From names to where data lies."""
        return Following(self.assets, self.datastores.records)


def library(engine: sa.Engine, jobs_folder: Path, keys: Path | None, clock: Clock = time.time) -> Library:
    """The library below the folder of jobs. `keys` is the file with the ring for datastores' credentials."""
    folder = jobs_folder / ".assets"
    sealer = Sealer(source_of(keys, ())) if keys is not None else None
    records = DatastoreRecords(engine, folder, sealer, clock)
    return Library(
        folder,
        AssetRecords(engine, clock),
        Datastores(records),
        Contents(engine, folder, clock),
        Senders(engine, clock),
        Lineage(engine),
    )
