"""What was seen of the running estate: facts that no description of it holds, as Azure's own tools print them."""

from dataclasses import dataclass
from datetime import date

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCompute:
    """A compute of a workspace, as `az ml compute list` prints it; `latest_image` of an instance alone.

    `scheduled`: whether it is started or stopped by a clock.
    """

    name: str
    type: str
    size: str | None = None
    latest_image: bool | None = None
    idle_minutes: int | None = None
    scheduled: bool | None = None
    created_on: date | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenJob:
    """A job, as `az ml job list` prints it; the timeout is in seconds. References are as Azure writes them."""

    name: str
    type: str
    compute: str | None = None
    command: str | None = None
    environment: str | None = None
    timeout: int | None = None
    early_termination: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDeployment:
    """A deployment of an online endpoint, as `az ml online-deployment list` prints it."""

    name: str
    endpoint: str
    app_insights: bool | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSchedule:
    """A schedule, as `az ml schedule list` prints it; `monitored` is the deployment that one of a monitor watches."""

    name: str
    enabled: bool = True
    monitored: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenModel:
    """A registered model, as `az ml model list` prints it; the id says in which workspace or registry."""

    name: str
    id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenUsage:
    """How much of a quota of virtual machines is used, in vCPUs, as `az ml compute list-usage` prints it."""

    family: str
    current_value: int
    limit: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenNetworkUsage:
    """How much of a quota of networking is used in the region, as `az network list-usages` prints it."""

    counted: str
    current_value: int
    limit: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenResource:
    """A resource of the subscription, as `az resource list` prints it."""

    name: str
    type: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen, and the day on which it was collected. A list that is None was not collected."""

    collected: date
    computes: tuple[SeenCompute, ...] | None = None
    jobs: tuple[SeenJob, ...] | None = None
    online_deployments: tuple[SeenDeployment, ...] | None = None
    schedules: tuple[SeenSchedule, ...] | None = None
    models: tuple[SeenModel, ...] | None = None
    usages: tuple[SeenUsage, ...] | None = None
    network_usages: tuple[SeenNetworkUsage, ...] | None = None
    resources: tuple[SeenResource, ...] | None = None
    origin: Origin
