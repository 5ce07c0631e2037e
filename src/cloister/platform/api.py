"""The control API: the routes that each room offers, put under one prefix behind one guard and one record."""

import time
from collections.abc import Iterable
from functools import partial

from starlette.routing import Route

from cloister.gateway.app import Services
from cloister.gateway.mlflow.resources import named
from cloister.jobs.desk.agents_control import AgentControl
from cloister.jobs.desk.asset_files import AssetFileControl
from cloister.jobs.desk.assets import AssetControl
from cloister.jobs.desk.compute_control import ComputeControl
from cloister.jobs.desk.control import Control as JobsControl
from cloister.jobs.desk.datastores import DatastoreControl
from cloister.jobs.desk.lineage import LineageControl
from cloister.jobs.desk.packages import PackageControl
from cloister.jobs.desk.quota_control import QuotaControl
from cloister.jobs.desk.schedule_control import ScheduleControl
from cloister.jobs.desk.service import JobService
from cloister.jobs.desk.uploads import UploadControl
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.errors import MissingError
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.records.agents import AgentRecords
from cloister.jobs.records.status import FINISHED_JOBS
from cloister.monitoring.control import Control as MonitoringControl
from cloister.monitoring.service import MonitorService
from cloister.platform.config import FrontConfig
from cloister.serving.admission import Guarded
from cloister.serving.companion import references_path
from cloister.serving.control import Control as ServingControl
from cloister.serving.service import EndpointService

PREFIX = "/cloister/v1"


def control_routes(services: Services, config: FrontConfig) -> list[Route]:
    """The routes of jobs, assets, endpoints and monitors; the gateway adds those of users and of the record itself.

    From here on the guard knows which jobs have ended.
    """
    keys = config.datastore_keys
    service = JobService(services.engine, config.jobs_folder, config.jobs, datastore_keys=keys)
    services.guard.watch_jobs(partial(is_unfinished, service))
    desk = (
        *JobsControl(service, services.guard).routes(),
        *ComputeControl(service.computes, services.guard).routes(),
        *AgentControl(AgentRecords(services.engine), services.guard, time.time).routes(),
        *QuotaControl(service, services.guard).routes(),
        *_packages(services, config, service).routes(),
        *AssetControl(service, services.guard).routes(),
        *AssetFileControl(service, services.guard).routes(),
        *LineageControl(service, services.guard).routes(),
        *UploadControl(service.library.contents, services.guard).routes(),
        *DatastoreControl(service.library.datastores.records, services.guard).routes(),
        *ScheduleControl(service, services.guard).routes(),
    )
    guarded = Guarded(services.guard)
    endpoints = ServingControl(EndpointService(services.engine), guarded, config.serving_url, config.logs)
    folder = references_path(config.serving_folder)
    monitors = MonitoringControl(MonitorService(services.engine), guarded, folder, named)
    return under_prefix((*desk, *endpoints.routes(), *monitors.routes()))


def _packages(services: Services, config: FrontConfig, jobs: JobService) -> PackageControl:
    return PackageControl(
        Shelf(services.engine, config.packages_folder, time.time),
        PackageRequests(services.engine, time.time),
        KeptEnvironments(services.engine, time.time),
        services.guard,
        submitter=jobs.submitter,
        fetches=config.jobs.packages.upstream,
    )


def is_unfinished(jobs: JobService, name: str) -> bool:
    """Whether there is a job of that name that has not ended; the tokens of its steps hold as long."""
    try:
        return jobs.show(name).status not in FINISHED_JOBS
    except MissingError:
        return False


def under_prefix(routes: Iterable[Route]) -> list[Route]:
    """The routes with the prefix before their paths. One by one: a mount would swallow what it does not know."""
    return [Route(PREFIX + route.path, route.endpoint, methods=sorted(route.methods or ())) for route in routes]
