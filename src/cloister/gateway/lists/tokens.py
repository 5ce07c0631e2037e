"""Page tokens: where each query of a list stands, sealed, for one caller and one search.

MLflow's own token is an offset that anybody can read and change, and it counts rows that the caller may not see. Ours
is encrypted (AES-256-GCM, NIST SP 800-38D) with a key of its own, derived from the platform's signing key (RFC 5869).
"""

import base64
import binascii
import hashlib
import json
import os
import struct
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

from cloister.errors import Fault, SpecError

_PURPOSE: Final = b"cloister page tokens 1"
_NONCE_BYTES: Final = 12
_LIFETIME: Final = timedelta(days=1)
_NUMBER_BYTES: Final = 8


class PageTokens:
    """Seals and opens the tokens of one platform; every gateway with the same signing key can."""

    def __init__(self, key: OKPKey, clock: Callable[[], datetime]) -> None:
        private = base64.urlsafe_b64decode(str(key.as_dict(private=True)["d"]) + "==")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(private)
        self._cipher = AESGCM(derived)
        self._clock = clock

    def seal(self, positions: Sequence[int], search: object) -> str:
        """A token for the positions, which opens only for the same search."""
        now = int(self._clock().timestamp())
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, struct.pack(f">{len(positions) + 1}Q", now, *positions), _digest(search))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, token: str, search: object) -> tuple[int, ...]:
        """The positions. Raises SpecError on a token that was not given out for this search, or too long ago."""
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
            content = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _digest(search))
        except (ValueError, binascii.Error, InvalidTag) as error:
            raise _foreign() from error
        given, *positions = struct.unpack(f">{len(content) // _NUMBER_BYTES}Q", content)
        if given + _LIFETIME.total_seconds() < self._clock().timestamp():
            raise _foreign()
        return tuple(positions)


def _digest(search: object) -> bytes:
    return hashlib.sha256(json.dumps(search, sort_keys=True).encode()).digest()


def _foreign() -> SpecError:
    reason = "was not given out for this search and this caller, or too long ago, or before their policies changed"
    return SpecError(Fault("page_token", reason, "begin with the first page"))
