"""Anchors: the newest record's number and digest, signed with the platform's key, one JSON Web Signature a line."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from cloister.errors import Fault, SpecError
from cloister.gateway.record.verify import Anchor

_ALGORITHM: Final = "Ed25519"
# Of a type of its own, and without the claims of a token: neither passes for the other.
_TYPE: Final = "cloister-anchor+jws"


def sign_anchor(number: int, digest: str, key: OKPKey, *, now: datetime) -> str:
    """The line that says that this was the newest record now."""
    content = {"number": number, "digest": digest, "at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.thumbprint()}
    payload = json.dumps(content, separators=(",", ":"))
    return jws.serialize_compact(header, payload, key, algorithms=[_ALGORITHM])


def read_anchors(text: str, key: OKPKey) -> list[Anchor]:
    """The anchors in the lines of a file. What a log puts before the last word of a line does not matter.

    Raises SpecError with each line whose signature is not this platform's.
    """
    anchors: list[Anchor] = []
    faults: list[Fault] = []
    for number, word in _words(text):
        anchor = _read(word, key)
        if anchor is None:
            mend = "take the line out if it is of another platform or of an earlier key"
            faults.append(Fault(f"anchor in line {number}", "is not signed by this platform", mend))
        else:
            anchors.append(anchor)
    if faults:
        raise SpecError(faults)
    return anchors


def _words(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if words := line.split():
            yield number, words[-1]


def _read(word: str, key: OKPKey) -> Anchor | None:
    try:
        signed = jws.deserialize_compact(word, key, algorithms=[_ALGORITHM])
        content = json.loads(signed.payload)
    except (JoseError, ValueError):
        return None
    if signed.headers().get("typ") != _TYPE or not isinstance(content, dict):
        return None
    return Anchor(content["number"], content["digest"], content["at"])
