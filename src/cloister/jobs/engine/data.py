"""What an agent needs for its steps' data, put together."""

from sqlalchemy import Engine

from cloister.jobs.assets.cache import Cache
from cloister.jobs.assets.library import library
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.config import AgentConfig
from cloister.jobs.records.records import Records
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.model_registry import ModelRegistry
from cloister.jobs.running.published import PublishedOutputs
from cloister.jobs.running.registering import AtOnce, ThroughGateway
from cloister.jobs.running.step_data import StepData
from cloister.jobs.running.tracking import Tracking


def step_data(
    store: Engine, config: AgentConfig, records: Records, tracking: Tracking | None, *, others: bool
) -> StepData:
    """Data for this agent's steps. `others` says that they run as users of their own."""
    shared = library(store, config.jobs_folder, config.datastore_keys)
    outputs = PublishedOutputs(records.jobs, JobFolders(config.jobs_folder))
    cache = Cache(shared.folder / "cache", int(config.site.data.cache_gib * 2**30))
    shelf = Shelf(shared.datastores, cache, outputs.folder, others)
    if tracking is None:
        return StepData(shared, shelf, AtOnce(shared.assets))
    return StepData(shared, shelf, ThroughGateway(tracking), ModelRegistry(tracking))
