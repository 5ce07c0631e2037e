"""The signing key on disk: one JSON Web Key in a file that only the platform's user can read."""

import json
import os
import stat
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from cloister.errors import Fault, SourceError


def load_key(path: Path) -> OKPKey:
    """The signing key at `path`. Raises SourceError where it is missing, readable by others, or no Ed25519 key."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}", "start the platform once: cloister up") from error
    if stat.S_IMODE(mode) & 0o077:
        raise _fault(path, "is readable by others, so its tokens prove nothing", f"chmod 600 {path}, or remove it")
    try:
        key = OKPKey.import_key(json.loads(text))
    except (JoseError, ValueError) as error:
        raise _fault(
            path, "holds no JSON Web Key", "remove it; a new one is made, and all must log in again"
        ) from error
    if key.curve_name != "Ed25519" or not key.is_private:
        raise _fault(path, "is no private Ed25519 key", "remove it; a new one is made, and all must log in again")
    return key


def load_or_create_key(path: Path) -> OKPKey:
    """The signing key at `path`, made (mode 0600) where there is none; two processes that race end with one key."""
    if not path.exists():
        _create(path)
    return load_key(path)


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(OKPKey.generate_key("Ed25519").as_dict(private=True), file)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, not a rename: the first one wins, and nobody ever reads half a key.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _fault(path: Path, reason: str, mend: str) -> SourceError:
    return SourceError(Fault(thing=f"signing key {path}", reason=reason, mend=mend))
