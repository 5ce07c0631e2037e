"""An access key of the platform: from the environment, or from the file that AWS's clients keep theirs in.

Keys of AWS itself, which the gateway could not verify, are told apart by their first letters and passed over.
"""

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OURS: Final = ("CLAK", "CLST")
DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An id, its secret, and the session token of temporary credentials."""

    id: str
    secret: str
    token: str = ""


def find_access_key(environment: Mapping[str, str] = os.environ) -> AccessKey | None:
    """The platform's access key that is there: `CLOISTER_...` first, `AWS_...` next, then the shared file."""
    for prefix in ("CLOISTER_", "AWS_"):
        if found := _ours(
            {name.removeprefix(prefix).lower(): told for name, told in environment.items() if name.startswith(prefix)},
            "",
        ):
            return found
    file = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profiles = configparser.RawConfigParser()
    try:
        profiles.read(file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return None
    profile = environment.get("AWS_PROFILE", "default")
    return _ours(dict(profiles[profile]), "aws_") if profiles.has_section(profile) else None


def find_region(environment: Mapping[str, str] = os.environ) -> str:
    """The region to sign for."""
    names = ("CLOISTER_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    return next((environment[name] for name in names if environment.get(name)), DEFAULT_REGION)


def _ours(values: Mapping[str, str], prefix: str) -> AccessKey | None:
    told = {name: values.get(prefix + name, "") for name in ("access_key_id", "secret_access_key", "session_token")}
    if not told["access_key_id"].startswith(OURS) or not told["secret_access_key"]:
        return None
    return AccessKey(*told.values())
