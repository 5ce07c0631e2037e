"""What watches over an environment: the part of the document about logs, alerts, scaling and budgets."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt

from cloister.sources.document.words import Block, Count, Day, Name, Text, refusal

Percent = Annotated[StrictInt, Field(ge=1, le=1000)]


def _first_of_month(value: date) -> date:
    if value.day != 1:
        reason = f"{value} is not the first of a month"
        raise refusal(reason, f"write {value.replace(day=1)}")
    return value


class DiagnosticSettingBlock(Block):
    """Where a resource sends its logs and metrics."""

    target: Name = Field(description="The resource: a service, a firewall, a bastion, a gateway or a filter by name.")
    log_analytics_workspace: Text | None = Field(None, description="The Log Analytics workspace that they go to.")
    storage_account: Text | None = Field(None, description="The storage account that they go to.")
    eventhub: Text | None = Field(None, description="The event hub that they go to.")
    categories: tuple[Text, ...] = Field((), description="Logs by category, such as AmlComputeClusterEvent.")
    category_groups: tuple[Text, ...] = Field((), description="Logs by group: allLogs, audit.")
    metrics: tuple[Text, ...] = Field((), description="Metrics by category, such as AllMetrics.")


class MetricAlertBlock(Block):
    """An alert on a metric."""

    target: Name = Field(description="The resource: a service by name.")
    metric: Text = Field(description="Such as CpuUtilizationPercentage or GpuUtilizationPercentage.")


class AutoscaleSettingBlock(Block):
    """How many instances a deployment has, by its load."""

    target: Text = Field(description="The deployment of an online endpoint, as endpoint/deployment.")
    minimum: Annotated[StrictInt, Field(ge=1)] = Field(1, description="Instances at least.")
    maximum: Annotated[StrictInt, Field(ge=1)] = Field(description="Instances at most.")


class BudgetBlock(Block):
    """What may be spent each month, and who is told when."""

    amount: Count = Field(description="In the currency of the bill.")
    start_date: Annotated[Day, AfterValidator(_first_of_month)] = Field(
        description="The first month of it, by its first day."
    )
    resource_group: Name | None = Field(None, description="The resource group; all of the subscription if not stated.")
    thresholds: tuple[Percent, ...] = Field((80, 100), description="The percents at which somebody is told.")
    contact_roles: tuple[Text, ...] = Field(("Owner",), description="Who is told, by role.")
