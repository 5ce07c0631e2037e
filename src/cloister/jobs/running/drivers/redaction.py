"""The forms in which a secret may stand in a log: as it is, in a URL, in JSON, in hexadecimal digits, in base64. Pure.

Not covered: any other encoding, a part of a secret, base64 that is broken into lines.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

# Of shorter ones, encoded, parts of ordinary words would be taken for them.
_SHORTEST_ENCODED = 8
_TELLING = re.compile(r"(?i)(password|passwd|secret|token|credential|api_?key|access_?key|private_?key)")


def forms(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """All forms of the secrets, the longest first."""
    found = {form for secret in secrets if secret for form in _forms(secret)}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def telling_values(variables: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The values of variables whose names say that they are secret. One of a few letters is an ordinary word."""
    return tuple(value for name, value in variables if _TELLING.search(name) and len(value) >= _SHORTEST_ENCODED)


def begun(text: bytes, form: bytes) -> int:
    """How many bytes at the end of the text are the beginning of the form."""
    tail = text[max(0, len(text) - len(form) + 1) :]
    at = tail.find(form[:1])
    while at >= 0:
        if form.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(form[:1], at + 1)
    return 0


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    if len(raw) < _SHORTEST_ENCODED:
        return
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    yield json.dumps(secret)[1:-1].encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        # Wherever it begins in what was encoded: without the signs that its neighbours have a part in.
        for before in range(3):
            first = (before * 8 + 5) // 6
            last = (before + len(raw)) * 8 // 6
            yield alphabet(bytes(before) + raw)[first:last]
