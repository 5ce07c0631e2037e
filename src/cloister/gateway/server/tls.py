"""TLS of the gateway itself: its certificate, and callers' certificates where a site wants them."""

import ssl
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from cloister.errors import Fault, SourceError

# Without these TLS 1.2 falls back to ciphers that keep no forward secrecy.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Tls(BaseModel):
    """Files in PEM. With `client_authority` only callers with a certificate of that authority get through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path
    key: Path
    client_authority: Path | None = None


class Certificate:
    """The TLS context of one process; `renew` takes a changed certificate in without a stop."""

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(_CIPHERS)
        self.context.set_alpn_protocols(["http/1.1"])
        self._loaded = self._changed_at()
        self._load()
        if tls.client_authority is not None:
            self._demand_clients(tls.client_authority)

    def renew(self) -> bool:
        """Whether a changed certificate was taken in; connections made from now on see it.

        Raises SourceError where the new files do not fit, and goes on with the old ones.
        """
        changed_at = self._changed_at()
        if changed_at == self._loaded:
            return False
        # In a context of its own first: half a pair must not replace a whole one.
        probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._load_into(probe)
        self._load()
        self._loaded = changed_at
        return True

    def _load(self) -> None:
        self._load_into(self.context)

    def _load_into(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self._tls.certificate, self._tls.key, password=_no_password)
        except (OSError, ValueError) as error:
            reason = f"cannot be used: {error.strerror or error}" if isinstance(error, OSError) else f"{error}"
            mend = "give a certificate in PEM with its key, unencrypted and readable by the platform's user"
            raise SourceError(Fault(f"TLS certificate {self._tls.certificate}", reason, mend)) from error

    def _demand_clients(self, authority: Path) -> None:
        try:
            self.context.load_verify_locations(authority)
        except OSError as error:
            reason = f"cannot be used: {error.strerror or error}"
            fault = Fault(f"client authority {authority}", reason, "give the authority's certificates in PEM")
            raise SourceError(fault) from error
        self.context.verify_mode = ssl.CERT_REQUIRED

    def _changed_at(self) -> tuple[int, ...]:
        files = (self._tls.certificate, self._tls.key)
        return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)


def _no_password() -> str:
    message = "the key is encrypted"
    raise ValueError(message)
