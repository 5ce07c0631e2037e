"""The configuration of the index's process: a JSON file that `cloister up` writes."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloister.errors import Fault, SourceError


class IndexConfig(BaseModel):
    """What the index needs to know. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str
    folder: Path = Field(description="Where the files of packages lie.")
    host: str = "127.0.0.1"
    port: int = 5002
    upstream: bool = Field(
        default=False, description="Whether what is allowed is fetched, by pip as it is set up here."
    )


def read_config(path: Path) -> IndexConfig:
    """The configuration in a file. Raises SourceError with every fault."""
    mend = "start the platform with cloister up, which writes it"
    try:
        return IndexConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error.strerror}", mend)) from error
    except ValidationError as error:
        faults = [
            Fault(f"{path}: {'.'.join(map(str, problem['loc']))}", problem["msg"], mend)
            for problem in error.errors(include_url=False)
        ]
        raise SourceError(faults) from error
