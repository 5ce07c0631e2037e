"""Logs that secrets do not get into: of steps, and of each process of a step."""

from collections.abc import Sequence
from typing import BinaryIO

from .redaction import begun, forms

_REDACTED = b"[redacted]"
_CUT = b"\n[cloister: the log is longer than its limit; the rest is left out]\n"


class Log:
    """A log: secrets taken out as they pass, also where one is cut in two between pieces; bounded in size."""

    def __init__(self, target: BinaryIO, secrets: Sequence[str], *, limit_bytes: int) -> None:
        self._target = target
        self._secrets = forms(secrets)
        self._left = limit_bytes
        self._held = b""

    def write(self, piece: bytes) -> None:
        """Take a piece; what could be the beginning of a secret is held back until the next one."""
        if self._left <= 0:
            return
        text = self._held + piece
        for secret in self._secrets:
            text = text.replace(secret, _REDACTED)
        keep = max((begun(text, secret) for secret in self._secrets), default=0)
        self._held = text[len(text) - keep :]
        self._put(text[: len(text) - keep])

    def flush(self) -> None:
        """Write what is held back; nothing more comes."""
        self._put(self._held)
        self._held = b""

    def _put(self, text: bytes) -> None:
        if not text or self._left <= 0:
            return
        self._target.write(text[: self._left])
        self._left -= len(text)
        if self._left <= 0:
            self._target.write(_CUT)
        self._target.flush()
