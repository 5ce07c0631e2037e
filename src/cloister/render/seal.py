"""A seal on rendered JSON: tells a file that Cloister wrote, and nobody changed since, from any other file.

The seal is the comment property `"//"`, which Terraform ignores: a sentence for people and a digest of all the rest.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

_COMMENT = "//"
RENDERED = "Rendered by cloister from a spec: change the spec and render again."
FIXED = "Mends of a plan by cloister check --fix: take them into your configuration, or leave the file where it is."


def sealed(document: Mapping[str, object], sentence: str = RENDERED) -> str:
    """The document as text, with its seal first."""
    return _text({_COMMENT: f"{sentence} sha256:{_digest(document)}", **document})


def is_intact(text: str) -> bool:
    """Whether the text carries a seal that still fits it."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    if not isinstance(document, dict):
        return False
    comment = document.pop(_COMMENT, None)
    return comment in [f"{sentence} sha256:{_digest(document)}" for sentence in (RENDERED, FIXED)]


def _digest(document: Mapping[str, object]) -> str:
    return sha256(_text(document).encode()).hexdigest()


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
