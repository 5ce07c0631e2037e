"""What was seen of the running estate: lists as Azure's tools print them, of which the keys below are read."""

from collections.abc import Sized
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr

from cloister.sources.document.words import Block, Day, Text, Yes


class Printed(Block):
    """Something that Azure printed: what else it prints is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True, populate_by_name=True)


def _number(value: Any) -> Any:  # noqa: ANN401 - whatever stands there
    """A number that Azure's older commands print as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _day(value: Any) -> Any:  # noqa: ANN401 - as above
    """The day of a moment, where the moment is printed."""
    return value.partition("T")[0].partition(" ")[0] if isinstance(value, str) else value


def _scheduled(value: Any) -> Any:  # noqa: ANN401 - as above
    """Whether there is a schedule, where the schedules themselves are printed."""
    return len(value) > 0 if isinstance(value, Sized) and not isinstance(value, str) else value


def _kind(value: Any) -> Any:  # noqa: ANN401 - as above
    """The type of a policy, where the policy itself is printed."""
    return value.get("type") if isinstance(value, dict) else value


Number = Annotated[StrictInt, Field(ge=0), BeforeValidator(_number)]


def _at(name: str, *path: str) -> AliasChoices:
    """A key, which Azure prints further inside."""
    return AliasChoices(name, AliasPath(*path))


class SeenComputeBlock(Printed):
    """A compute, as `az ml compute list` prints it."""

    name: Text = Field(description="Its name.")
    type: Text = Field(description="computeinstance, amlcompute ...")
    size: Text | None = Field(None, description="The size of its machines.")
    latest_image: Yes | None = Field(
        None,
        validation_alias=_at("latest_image", "os_image_metadata", "is_latest_os_image_version"),
        description="Of an instance: whether its image is the latest (os_image_metadata.is_latest_os_image_version).",
    )
    idle_minutes: Number | None = Field(
        None,
        validation_alias=AliasChoices("idle_minutes", "idle_time_before_shutdown_minutes"),
        description="Of an instance: minutes without work until it stops (idle_time_before_shutdown_minutes).",
    )
    scheduled: Annotated[Yes, BeforeValidator(_scheduled)] | None = Field(
        None,
        validation_alias=_at("scheduled", "schedules", "compute_start_stop"),
        description="Whether a clock starts or stops it (schedules.compute_start_stop).",
    )
    created_on: Annotated[Day, BeforeValidator(_day)] | None = Field(
        None,
        validation_alias=_at("created_on", "properties", "createdOn"),
        description="The day on which it was made (properties.createdOn).",
    )


class SeenJobBlock(Printed):
    """A job, as `az ml job list` prints it."""

    name: Text = Field(description="Its name.")
    type: Text = Field(description="command, pipeline, sweep ...")
    compute: Text | None = Field(None, description="Where it ran, such as azureml:training.")
    command: Text | None = Field(None, description="What it ran.")
    environment: Text | None = Field(None, description="In which environment, as Azure refers to it.")
    timeout: Number | None = Field(
        None,
        validation_alias=_at("timeout", "limits", "timeout"),
        description="Seconds until it is stopped (limits.timeout).",
    )
    early_termination: Annotated[StrictStr, BeforeValidator(_kind)] | None = Field(
        None, description="Of a sweep: the policy that ends trials early, by its type."
    )


class SeenDeploymentBlock(Printed):
    """A deployment of an online endpoint, as `az ml online-deployment list` prints it."""

    name: Text = Field(description="Its name.")
    endpoint: Text = Field(
        validation_alias=AliasChoices("endpoint", "endpoint_name"), description="Its endpoint (endpoint_name)."
    )
    app_insights: Yes | None = Field(
        None,
        validation_alias=AliasChoices("app_insights", "app_insights_enabled"),
        description="Whether it reports to Application Insights (app_insights_enabled).",
    )
    instance_type: Text | None = Field(None, description="The size of its machines.")
    instance_count: Number | None = Field(None, description="How many there are.")


class SeenScheduleBlock(Printed):
    """A schedule, as `az ml schedule list` prints it."""

    name: Text = Field(description="Its name.")
    enabled: Yes = Field(
        default=True,
        validation_alias=AliasChoices("enabled", "is_enabled"),
        description="Whether it runs (is_enabled).",
    )
    monitored: Text | None = Field(
        None,
        validation_alias=_at("monitored", "create_monitor", "monitoring_target", "endpoint_deployment_id"),
        description="The deployment that its monitor watches, such as azureml:churn:blue "
        "(create_monitor.monitoring_target.endpoint_deployment_id).",
    )


class SeenModelBlock(Printed):
    """A registered model, as `az ml model list` prints it."""

    name: Text = Field(description="Its name.")
    id: Text = Field(description="Its id, which names the workspace or the registry that holds it.")


class SeenUsageBlock(Printed):
    """How much of a quota is used, as `az ml compute list-usage` or `az vm list-usage` prints it."""

    family: Text = Field(
        validation_alias=_at("family", "name", "value"), description="The family of sizes (name.value)."
    )
    current_value: Number = Field(
        validation_alias=AliasChoices("current_value", "currentValue"), description="vCPUs in use."
    )
    limit: Number = Field(description="vCPUs at most.")


class SeenNetworkUsageBlock(Printed):
    """How much of a quota of networking is used, as `az network list-usages` prints it."""

    counted: Text = Field(
        validation_alias=_at("counted", "name", "value"), description="What is counted: LoadBalancers ... (name.value)."
    )
    current_value: Number = Field(
        validation_alias=AliasChoices("current_value", "currentValue"), description="How many there are."
    )
    limit: Number = Field(description="How many there may be.")


class SeenResourceBlock(Printed):
    """A resource, as `az resource list` prints it."""

    name: Text = Field(description="Its name.")
    type: Text = Field(description="Its type, such as Microsoft.MachineLearningServices/workspaces.")


class ObservedBlock(Block):
    """What was seen of the running estate, which no file that describes it can tell; docs/export.md."""

    collected: Day = Field(description="The day on which it was collected.")
    computes: tuple[SeenComputeBlock, ...] | None = Field(None, description="Computes of the workspaces.")
    jobs: tuple[SeenJobBlock, ...] | None = Field(None, description="Jobs that ran.")
    online_deployments: tuple[SeenDeploymentBlock, ...] | None = Field(
        None, description="Deployments of online endpoints."
    )
    schedules: tuple[SeenScheduleBlock, ...] | None = Field(None, description="Schedules, those of monitors too.")
    models: tuple[SeenModelBlock, ...] | None = Field(None, description="Registered models.")
    usages: tuple[SeenUsageBlock, ...] | None = Field(None, description="Quotas and what is used of them.")
    network_usages: tuple[SeenNetworkUsageBlock, ...] | None = Field(
        None, description="Quotas of networking and what is used of them."
    )
    resources: tuple[SeenResourceBlock, ...] | None = Field(None, description="Resources of the subscription.")
