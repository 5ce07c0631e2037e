"""Where the platform is and who asks: from the environment, or from the file that `cloister login` writes.

The variables are `CLOISTER_URL` and `CLOISTER_TOKEN`. A token goes only to the address that it was issued for.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cloister.errors import Fault, SourceError

DEFAULT_URL = "http://127.0.0.1:5000"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the platform is, and the bearer token of whoever asks (empty: nobody is logged in)."""

    url: str
    token: str = ""
    user: str = ""


def credentials_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where `cloister login` keeps the token: below XDG_CONFIG_HOME, or ~/.config."""
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "cloister" / "credentials.json"


def read_credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The credentials to use: environment first, then the file; a file that others can read is refused."""
    stored = _stored(credentials_file(environment))
    url = (environment.get("CLOISTER_URL") or (stored.url if stored else DEFAULT_URL)).rstrip("/")
    if token := environment.get("CLOISTER_TOKEN"):
        return Credentials(url, token)
    return stored if stored and stored.url == url else Credentials(url)


def write_credentials(credentials: Credentials, path: Path) -> None:
    """Keep the credentials in a file of mode 0600 that is replaced as a whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file)
    draft.replace(path)


def _stored(path: Path) -> Credentials | None:
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        fault = Fault(str(path), f"cannot be read: {error.strerror}", "make it readable for you, or log in anew")
        raise SourceError(fault) from error
    if mode & 0o077:
        fault = Fault(str(path), "others can read the token in it", f"chmod 600 {path}, then: cloister login")
        raise SourceError(fault)
    try:
        stored = Credentials(**json.loads(text))
    except (TypeError, ValueError) as error:
        fault = Fault(str(path), "is not a credentials file", f"remove it ({path}), then: cloister login")
        raise SourceError(fault) from error
    return stored
