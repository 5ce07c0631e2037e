"""The agent's configuration: a JSON document with paths of secrets and no secret."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import make_url

from cloister.errors import Fault, SourceError, SpecError
from cloister.gateway.config import GatewaySettings
from cloister.jobs.running.limits import StepLimits
from cloister.jobs.settings import JobsSettings

# Libraries for numbers reserve far more addresses than they use.
_LEAST_MEMORY = 8 * 2**30
_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _real(path: Path) -> Path:
    return path.resolve()


class AgentConfig(BaseModel):
    """What an agent needs to know. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(description="The platform's home folder, which no step may see.")
    jobs_folder: Annotated[Path, AfterValidator(_real)] = Field(
        description="Where jobs' files lie. Links on the way are the platform's; below it nothing follows one."
    )
    database_url: str = Field(description="The database with the jobs' tables.")
    engine_database_url: str = Field(description="The database of the durable engine: SQLite or PostgreSQL.")
    gateway_url: str = Field(default="", description="Where steps find MLflow; empty: steps run without tracking.")
    signing_key: Path | None = Field(default=None, description="The key file that steps' tokens are signed with.")
    datastore_keys: Path | None = Field(
        default=None, description="The file with the keys that credentials of datastores are sealed with."
    )
    ready_file: Path | None = Field(
        default=None, description="Written when the agent takes jobs; removed when it stops."
    )
    hidden_folders: tuple[Path, ...] = Field(default=(), description="More that no step may see: the sockets' folder.")
    name: str = Field(
        default="local",
        pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
        description="The agent's name; two agents must not share one.",
    )
    orchestrates: bool = Field(default=True, description="Whether it owns jobs and decides what runs next.")
    works: bool = Field(default=True, description="Whether it runs steps.")
    computes: tuple[str, ...] = Field(
        default=("*",), min_length=1, description="The computes whose steps it runs; * is all that no other one names."
    )
    labels: dict[str, str] = Field(default_factory=dict, description="What it has for steps that ask for labels.")
    poll_seconds: float = Field(default=0.25, gt=0, le=60)
    concurrent_jobs: int = Field(
        default=64, ge=1, description="Jobs it owns at a time, one person's no more than stay free."
    )
    concurrent_steps: int = Field(default=2, ge=1)
    threads_per_step: int = Field(default=1, ge=1, description="OMP_NUM_THREADS and its kin.")
    step_timeout_seconds: int = Field(
        default=86_400, ge=1, le=2_500_000, description="Where limits.timeout is not given."
    )
    log_limit_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    processes_per_step: int = Field(default=4096, ge=1, description="Processes and threads of a step at a time.")
    memory_bytes_per_process: int = Field(
        default_factory=lambda: max(_LEAST_MEMORY, _MEMORY),
        ge=2**20,
        description="Address space of one process of a step; the machine's memory, if not said otherwise.",
    )
    memory_bytes_per_step: int = Field(
        default_factory=lambda: (_MEMORY * 9) // 10,
        ge=2**20,
        description="Memory of all processes of a step together, where there are control groups.",
    )
    disk_bytes_per_step: int = Field(default=100 * 2**30, ge=2**20, description="What a step may write in all.")
    disk_reserve_bytes: int = Field(
        default=2**30, ge=0, description="What stays free: below it no step starts, and who wrote most is ended."
    )
    file_limit_bytes: int = Field(default=64 * 2**30, ge=2**20, description="Size of one file that a step writes.")
    network: Literal["closed", "open"] = Field(
        default="closed",
        description="closed: a step reaches the gateway and `reachable` alone, where the kernel allows.",
    )
    packages_url: str = Field(default="", description="The package index; empty: only the platform's own Python.")
    environments_folder: Path | None = Field(
        default=None, description="Where built environments lie on this machine; beside the jobs' files if not given."
    )
    reachable: tuple[str, ...] = Field(default=(), max_length=32, description="URLs that steps may reach as well.")
    gateway: GatewaySettings = Field(
        default=GatewaySettings(), description="What decides at each tick of a schedule whether its owner may submit."
    )
    site: JobsSettings = Field(default=JobsSettings(), description="What the site decides about jobs: quotas, prices.")
    isolate: bool = Field(default=True, description="Whether steps are kept apart from the platform's user.")

    @property
    def step_limits(self) -> StepLimits:
        """What all processes of a step may use together."""
        return StepLimits(
            memory_bytes=self.memory_bytes_per_step,
            processes=self.processes_per_step,
            disk_bytes=self.disk_bytes_per_step,
        )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.orchestrates and not self.works:
            message = "an agent that neither orchestrates nor works does nothing"
            raise ValueError(message)
        return self

    @property
    def limits(self) -> dict[str, int]:
        """What a step's processes may use at most, by the names in setrlimit(2)."""
        return {
            "RLIMIT_NPROC": self.processes_per_step,
            "RLIMIT_AS": self.memory_bytes_per_process,
            "RLIMIT_FSIZE": self.file_limit_bytes,
            "RLIMIT_CORE": 0,
        }


def another_agent(base: AgentConfig, name: str, changes: Mapping[str, object]) -> AgentConfig:
    """The configuration of one more agent beside the one of `base`. Raises SpecError with every fault."""
    own: dict[str, object] = {"name": name, "ready_file": None}
    try:
        made = AgentConfig.model_validate(base.model_dump() | own | dict(changes))
    except ValidationError as error:
        raise SpecError(_faults(f'agent "{name}"', error, "see: cloister agent start --help")) from error
    database = make_url(base.engine_database_url)
    if database.get_backend_name() != "sqlite" or not database.database:
        # On a server, what an engine remembers of its own workflows are rows of its own.
        return made
    file = Path(database.database)
    beside = file.with_name(f"{file.stem}-{name}{file.suffix}")
    return made.model_copy(update={"engine_database_url": f"sqlite:///{beside}"})


def read_config(path: Path) -> AgentConfig:
    """The configuration in a file. Raises SourceError with every fault."""
    try:
        return AgentConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        fault = Fault(str(path), f"cannot be read: {error.strerror}", "cloister up writes it")
        raise SourceError(fault) from error
    except ValidationError as error:
        raise SourceError(_faults(str(path), error, "cloister up writes it")) from error


def _faults(where: str, error: ValidationError, mend: str) -> list[Fault]:
    return [Fault(f"{where}: {'.'.join(map(str, at['loc']))}", at["msg"], mend) for at in error.errors()]
