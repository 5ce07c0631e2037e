"""Values that `--set` puts into a document, as `az ml` does: also where the key is not written yet.

Whether Azure ML knows the key is judged as if it were written. That is of no help where names are the author's own:
there what looks like one of them is taken for a slip.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from cloister.errors import Fault
from cloister.jobs.reading.positions import Document

_NAMED: Final = frozenset({"inputs", "outputs", "jobs"})


def override_faults(document: Document, overrides: Mapping[str, object]) -> Iterator[Fault]:
    """What of the overrides cannot be put into the document, or is not likely to be meant."""
    for override in overrides:
        *parents, last = override.split(".")
        thing = f"--set {override}"
        if "[" in override:
            yield Fault(thing, "names a place in a list", "set the whole list: --set KEY='[a, b]'")
            continue
        above = next((depth for depth in range(1, len(parents) + 1) if _holds_none(document, parents[:depth])), 0)
        if above:
            name = ".".join(parents[:above])
            reason = f'"{name}" is {_short(document.value(*parents[:above]))}, which holds no keys'
            yield Fault(thing, reason, f"set it as a whole: --set {name}=VALUE")
            continue
        known = [str(key) for key in document.mapping(*parents)]
        close = get_close_matches(last, known, n=1) if parents and parents[-1] in _NAMED and last not in known else []
        if close:
            yield Fault(thing, "the job has no such key", f'did you mean "{".".join([*parents, close[0]])}"?')


def _holds_none(document: Document, path: list[str]) -> bool:
    """Whether what is written there can have no keys below it."""
    value = document.value(*path)
    return value is not None and not isinstance(value, dict)


def _short(value: object) -> str:
    text = str(value)
    return f'"{text[:60]}{"..." if len(text) > 60 else ""}"'  # noqa: PLR2004 - a line
