"""What a site decides about its jobs: `jobs.yaml` beside cloister.yaml."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cloister.jobs.compute.quotas import Limits, Quota, Scope


class QuotaSetting(BaseModel):
    """A quota in the file. Those that are set through the API hold beside it, and cannot widen it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Scope
    name: str = "*"
    nodes: int | None = Field(default=None, ge=0)
    cores: int | None = Field(default=None, ge=0)
    storage_gib: float | None = Field(default=None, ge=0)
    money: float | None = Field(default=None, ge=0)

    @property
    def quota(self) -> Quota:
        """The quota. Raises SpecError where it bounds nothing."""
        return Quota(self.scope, self.name, Limits(self.nodes, self.cores, self.storage_gib, self.money))


class PackagesSettings(BaseModel):
    """Where packages come from and where the index listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upstream: bool = Field(
        default=False,
        description="Whether files of allowed packages are fetched, once, where pip looks on the platform's machine.",
    )
    port: int | None = Field(default=None, ge=1, le=65535, description="The index's port; a free one if not given.")


class DataSettings(BaseModel):
    """What is kept of data that steps read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache_gib: float = Field(
        default=100,
        ge=0,
        description="What copies of datastores' data may take on each machine, beside those that are being read.",
    )


class JobsSettings(BaseModel):
    """The whole file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unknown_compute: Literal["default", "refuse"] = Field(
        default="default", description="What becomes of a step whose compute nobody has made."
    )
    prices: dict[str, float] = Field(
        default={}, description="What an hour of an instance costs, by name of the compute or of its size."
    )
    quotas: tuple[QuotaSetting, ...] = ()
    packages: PackagesSettings = PackagesSettings()
    data: DataSettings = DataSettings()
