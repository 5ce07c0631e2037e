"""Signing a request of `requests`, files included: their content is read once for its digest, and again when sent."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, cast
from urllib.parse import urlsplit

from requests import PreparedRequest

from cloister.access.sigv4 import EMPTY_SHA256, SCHEME, Claim, Sent, sign
from cloister.client.access_key import AccessKey
from cloister.errors import Fault, SpecError

_PIECE_BYTES: Final = 1024 * 1024
_DEFAULT_PORT: Final = {"http": 80, "https": 443}


def sign_request(request: PreparedRequest, key: AccessKey, region: str, service: str = "execute-api") -> None:
    """Give the request the headers of its signature."""
    parts = urlsplit(request.url or "")
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    bare = parts.port is None or parts.port == _DEFAULT_PORT.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    signed = {
        "host": host if bare else f"{host}:{parts.port}",
        "x-amz-content-sha256": _digest(request.body),
        "x-amz-date": now,
        **({"x-amz-security-token": key.token} if key.token else {}),
    }
    for name in [name for name in request.headers if name.lower() in signed or name.lower().startswith("x-amz-")]:
        del request.headers[name]
    request.headers.update(signed)
    request.headers["Authorization"] = authorization(
        request.method or "GET", parts.path, parts.query, signed, key, f"{now[:8]}/{region}/{service}"
    )


def authorization(method: str, path: str, query: str, signed: Mapping[str, str], key: AccessKey, scope: str) -> str:
    """The header that carries the signature of a request."""
    day, region, service = scope.split("/")
    claim = Claim(key.id, day, region, service, tuple(sorted(signed)), "")
    sent = Sent(method, path or "/", query, signed, signed["x-amz-content-sha256"])
    signature = sign(claim, sent, key.secret)
    credential = f"{key.id}/{claim.scope}"
    return f"{SCHEME} Credential={credential}, SignedHeaders={';'.join(claim.signed)}, Signature={signature}"


def _digest(body: object) -> str:
    if not body:
        return EMPTY_SHA256
    if isinstance(body, str | bytes):
        return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()
    if not (hasattr(body, "read") and hasattr(body, "seek") and hasattr(body, "tell")):
        raise SpecError(Fault("body", "cannot be read twice, so it cannot be signed", "send bytes, or a file"))
    at, digest = body.tell(), hashlib.sha256()
    while piece := cast("bytes", body.read(_PIECE_BYTES)):
        digest.update(piece)
    body.seek(at, os.SEEK_SET)
    return digest.hexdigest()
