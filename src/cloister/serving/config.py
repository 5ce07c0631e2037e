"""Configuration of the router and of its workers: JSON files of mode 0600 that hold paths of secrets, no secret."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cloister.errors import Fault, SourceError, SpecError
from cloister.gateway.config import GatewaySettings


class RouterConfig(BaseModel):
    """What the router needs to know.

    `only_approved_versions` refuses deployments of model versions that no approver has moved to production: to a
    protected stage or alias, the same ones that the gateway guards.
    `runs_monitoring` keeps the process beside the router that evaluates monitors.
    `serving` holds models and collected data; `sockets` must be a private folder with a short path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str
    serving: Path
    sockets: Path
    logs: Path
    gateway_url: str
    signing_key: Path
    host: str = "127.0.0.1"
    port: int = 5001
    # Who is known, and who may what: the same as at the gateway.
    gateway: GatewaySettings = GatewaySettings()
    only_approved_versions: bool = True
    max_body_bytes: int = 16 << 20
    drain_seconds: float = 15.0
    ready_within_seconds: float = 120.0
    poll_seconds: float = 0.5
    runs_monitoring: bool = True


class WorkerConfig(BaseModel):
    """What one worker needs to know; it is given no secret and no address of another service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parent: int
    thing: str
    deployment: str
    model: Path
    socket: Path
    collected: Path
    collect_inputs: bool = False
    collect_outputs: bool = False
    sampling_rate: float = 1.0
    concurrent_requests: int = 1


Config = TypeVar("Config", RouterConfig, WorkerConfig)


def read_config(path: Path, shape: type[Config]) -> Config:
    """The configuration in a JSON file. Raises SourceError, or SpecError with all faults."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error}", "give the path with --config")) from error
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        faults = [
            Fault(f"{path}: {'.'.join(map(str, problem['loc'])) or 'document'}", problem["msg"], "mend it")
            for problem in error.errors(include_url=False)
        ]
        raise SpecError(faults) from error
