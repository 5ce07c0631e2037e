"""Generated passwords and keys: made once, kept in files of mode 0600, each written as a whole."""

import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cloister.errors import Fault, SourceError

_PASSWORD_BYTES = 15  # 120 bits, 20 characters


def new_password() -> str:
    """A password that nobody guesses, in letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def write_secret(path: Path, text: str) -> None:
    """Keep a secret; the file is private from its first moment on."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_secret(path: Path) -> str | None:
    """The secret, or None where there is none yet; a file that others can read is refused."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None
    if mode & 0o077:
        fault = Fault(str(path), f"others can read this secret (mode {mode:04o})", f"remove it, or: chmod 600 {path}")
        raise SourceError(fault)
    return path.read_text(encoding="utf-8")


def keep_first_logins(path: Path, logins: Mapping[str, str]) -> None:
    """Keep the passwords of users who were just made, beside those that are there."""
    write_secret(path, json.dumps({**first_logins(path), **logins}, indent=2) + "\n")


def first_logins(path: Path) -> dict[str, str]:
    """The generated passwords by user name, as long as nobody has removed the file."""
    text = read_secret(path)
    return {} if text is None else {str(name): str(password) for name, password in json.loads(text).items()}
