"""A login at an issuer that a browser has begun and not yet finished.

Everything that nobody may guess follows from one random seed, which the browser's cookie alone holds. So any replica of
the gateway can finish what another began, and nothing piles up of logins that are never finished.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Self

LIFETIME_SECONDS: Final = 600
_SEED_LETTERS: Final = 43
# A cookie has room for some 4,000 letters in all.
_LONGEST_FOLLOWING: Final = 2000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: its seed, and the path to go on to after it."""

    seed: str
    following: str

    @classmethod
    def begin(cls, following: str) -> Self:
        """A new attempt."""
        return cls(secrets.token_urlsafe(32), following if len(following) <= _LONGEST_FOLLOWING else "/")

    @classmethod
    def read(cls, cookie: str) -> Self | None:
        """The attempt of a cookie, or None where it is none."""
        seed, _, following = cookie.partition(".")
        try:
            path = base64.urlsafe_b64decode(following + "=" * (-len(following) % 4)).decode()
        except ValueError:
            return None
        return cls(seed, path) if len(seed) == _SEED_LETTERS else None

    @property
    def cookie(self) -> str:
        """What the browser keeps."""
        return f"{self.seed}.{base64.urlsafe_b64encode(self.following.encode()).decode().rstrip('=')}"

    @property
    def state(self) -> str:
        """What the issuer's answer must bring along (RFC 6749, section 10.12)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the id token must contain (OpenID Connect Core 1.0, section 15.5.2)."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What must come with the code (RFC 7636, section 4.1)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the issuer holds the verifier against (RFC 7636, section 4.2, S256)."""
        return _letters(hashlib.sha256(self.verifier.encode()).digest())

    def _derived(self, label: str) -> str:
        return _letters(hashlib.sha256(f"{label}\n{self.seed}".encode()).digest())


def _letters(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
