"""Secrets at rest: AES-256-GCM under a ring of keys, of which the newest seals and all open.

A sealed text names its key, and is bound to what it belongs to: one that was moved to another row does not open. 96-bit
nonces at random are good for 2^32 texts of one key (NIST SP 800-38D, section 8.3, read 2026-11-26): change the key long
before a gateway has handed that many session tokens out.
"""

import os
import re
import secrets
import shlex
import stat
import subprocess
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloister.errors import Fault, SourceError, SpecError

VARIABLE: Final = "CLOISTER_SEALING_KEYS"
_LINE: Final = re.compile(r"([a-z0-9-]{1,32}):([A-Za-z0-9_-]{43}=?)")
_NONCE_BYTES: Final = 12
_COMMAND_SECONDS: Final = 60
# The least between two readings of the ring for the sake of a text: made-up names of keys cost nothing more.
_PAUSE_SECONDS: Final = 10.0
_MEND: Final = "write one key a line, the newest first, as NAME:KEY, the key being 32 random bytes in base64url"

# Where the ring comes from, one `NAME:KEY` a line, the newest first.
Source = Callable[[], str]


class UnsealedError(SpecError):
    """A text that no key of the ring opens, or that belongs to something else."""

    def __init__(self) -> None:
        mend = "put the sealing key back that it was sealed with, or make a new access key"
        super().__init__(Fault("sealed text", "is opened by no key of the ring", mend))


class Sealer:
    """Seals with the newest key of the ring, and opens with the one that a text names."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._keys: Mapping[str, AESGCM] = {}
        self._newest = ""
        self.read()

    def read(self) -> None:
        """Read the ring anew. Raises SourceError where it cannot be used."""
        self._read_at = time.monotonic()
        keys = _read_ring(self._source())
        self._newest, self._keys = next(iter(keys)), {name: AESGCM(key) for name, key in keys.items()}

    def seal(self, plain: bytes, bound_to: str) -> str:
        """The text that opens to `plain` for whoever says what it is bound to."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        kept = nonce + self._keys[self._newest].encrypt(nonce, plain, f"{self._newest}:{bound_to}".encode())
        return f"{self._newest}.{urlsafe_b64encode(kept).decode().rstrip('=')}"

    def open(self, sealed: str, bound_to: str) -> bytes:
        """What was sealed. Raises UnsealedError."""
        name, _, text = sealed.partition(".")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            raise UnsealedError
        if name not in self._keys and time.monotonic() > self._read_at + _PAUSE_SECONDS:
            # Another process may have been given a newer ring.
            self.read()
        try:
            kept = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._keys[name].decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], f"{name}:{bound_to}".encode())
        except (KeyError, ValueError, InvalidTag) as error:
            raise UnsealedError from error


def source_of(file: Path, command: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> Source:
    """Where the ring comes from: a command (which asks a key management service), the environment, or a file.

    The file is made where there is none.
    """
    if command:
        return lambda: _told_by(command)
    if told := environment.get(VARIABLE):
        return lambda: told
    return lambda: _kept_in(file)


def new_key(name: str) -> str:
    """A line for the ring."""
    return f"{name}:{urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def _told_by(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_COMMAND_SECONDS, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        # Neither output nor arguments are told: both may hold the key.
        raise _fault(shlex.quote(command[0]), f"does not tell them ({type(error).__name__})") from error
    return done.stdout


def _kept_in(file: Path) -> str:
    if not file.exists():
        _create(file)
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise _fault(str(file), "is readable by others", f"chmod 600 {file}, and seal with a new key")
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _fault(str(file), f"cannot be read ({type(error).__name__})") from error


def _create(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(new_key("first") + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        # A link, not a rename: the first one wins, and nobody ever reads half a ring.
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read_ring(text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for line in text.split():
        found = _LINE.fullmatch(line)
        if found is None or found[1] in keys:
            raise _fault(where="the ring", reason="holds a line that is no key, or a name twice")
        keys[found[1]] = urlsafe_b64decode(found[2].rstrip("=") + "=")
    if not keys:
        raise _fault(where="the ring", reason="holds no key")
    return keys


def _fault(where: str, reason: str, mend: str = _MEND) -> SourceError:
    return SourceError(Fault(f"sealing keys ({where})", reason, mend))
