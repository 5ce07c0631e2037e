"""What a gateway must be told to take signed requests."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Signing(BaseModel):
    """The part of the configuration that speaks of AWS signatures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The regions that a signature may be for.
    regions: tuple[str, ...] = ("us-east-1",)
    # The services that a signature for MLflow and the control API may be for; `sts` is for handing credentials out.
    services: tuple[str, ...] = ("execute-api",)
    # What ARNs name this platform by.
    account: str = Field(default="000000000000", pattern=r"^[0-9]{12}$")
    # Take requests whose signature leaves the body out (`UNSIGNED-PAYLOAD`): then TLS alone keeps it.
    unsigned_payload: bool = False
    # The keys that secrets are sealed with: what this command prints, or CLOISTER_SEALING_KEYS, or this file.
    sealing_command: tuple[str, ...] = ()
    sealing_file: Path | None = None
