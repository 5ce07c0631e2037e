"""Configuration of the monitoring process: a JSON file of mode 0600."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cloister.errors import Fault, SourceError


class MonitoringConfig(BaseModel):
    """Where scored batches and references lie, and how often to look for work.

    Batches of a deployment: `collected/ENDPOINT/DEPLOYMENT/*.jsonl`. `parent` 0 means that no process is waited for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str
    collected: Path
    references: Path
    parent: int = 0
    poll_seconds: float = 0.5
    run_within_seconds: float = 600.0


def read_config(path: Path) -> MonitoringConfig:
    """The configuration in a JSON file. Raises SourceError."""
    try:
        return MonitoringConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error.strerror}", "give it with --config")) from error
    except ValidationError as error:
        faults = [
            Fault(f"{path}: {'.'.join(map(str, one['loc'])) or 'document'}", one["msg"], "mend it")
            for one in error.errors(include_url=False)
        ]
        raise SourceError(faults) from error
