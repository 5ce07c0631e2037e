"""The configuration of the front process (gateway and control API): a JSON file of mode 0600 that `cloister up` writes.

Paths of secrets, no secret; but a database URL may hold a password, which is one reason for the mode.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cloister.errors import Fault, SourceError
from cloister.gateway.config import GatewayConfig
from cloister.jobs.settings import JobsSettings


class FrontConfig(BaseModel):
    """What the front needs to know: the gateway's own configuration, and where jobs and serving keep their files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gateway: GatewayConfig
    jobs_folder: Path
    jobs: JobsSettings = JobsSettings()
    packages_folder: Path
    datastore_keys: Path
    serving_folder: Path
    serving_url: str
    logs: Path


def read_config(path: Path) -> FrontConfig:
    """The configuration in a file. Raises SourceError with every fault."""
    mend = "start the platform with cloister up, which writes it"
    try:
        return FrontConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error.strerror}", mend)) from error
    except ValidationError as error:
        faults = [
            Fault(f"{path}: {'.'.join(map(str, problem['loc']))}", problem["msg"], mend)
            for problem in error.errors(include_url=False)
        ]
        raise SourceError(faults) from error
