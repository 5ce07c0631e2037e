"""What watches over an environment: resource logs, alerts, scaling by load, and a budget."""

from dataclasses import dataclass
from datetime import date

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticSetting:
    """Where a resource sends its logs and metrics, and which of them; `category_groups` are `allLogs` and `audit`."""

    name: str
    target: str
    log_analytics_workspace: str | None = None
    storage_account: str | None = None
    eventhub: str | None = None
    categories: tuple[str, ...] = ()
    category_groups: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlert:
    """An alert on one metric of a resource, such as CpuUtilizationPercentage of a workspace."""

    name: str
    target: str
    metric: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoscaleSetting:
    """How many instances a deployment of an online endpoint has, by its load; the target is `endpoint/deployment`."""

    name: str
    target: str
    minimum: int
    maximum: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent each month from a first day on, in the currency of the bill, and at which percents who is told.

    It holds for one resource group, or for all of the subscription where none is named.
    """

    name: str
    amount: int
    start_date: date
    resource_group: str | None = None
    thresholds: tuple[int, ...] = (80, 100)
    contact_roles: tuple[str, ...] = ("Owner",)
    origin: Origin
