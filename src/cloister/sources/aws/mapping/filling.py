"""The document of declared resources: each claims its place, writes what its rows say, and tells what none does."""

from collections.abc import Callable, Iterable, Iterator

from cloister.facts.aws_shapes import NOTHING, Language, kinds_of_types
from cloister.sources.aws.mapping.estate import Estate, Part, rows_of
from cloister.sources.aws.mapping.kinds import CLAIMS, FILLS
from cloister.sources.aws.mapping.taking import taken
from cloister.sources.declared import Declared, Reference, Unknown, Value
from cloister.sources.draft import Draft

_UNKNOWN_TYPE = "nothing of it is judged: neither who reaches it, nor what it reaches"
_UNKNOWN_PROPERTY = "what it changes is not judged"
_SAME, _TOLD = "=", "told"


def fill(draft: Draft, language: Language, declared: Iterable[Declared], spell: Callable[[Reference], Value]) -> None:
    """Put resources of AWS into a draft, in either language.

    `spell` gives the text that a reference is in the middle of a text, and the reference itself where no rule tells.
    """
    estate = Estate(draft, language, declared, spell)
    kinds = dict.fromkeys(row.kind for row in kinds_of_types(language).values())
    sections = {row.kind: row.section for row in kinds_of_types(language).values()}
    for kind in kinds:
        for part in estate.of(kind):
            _claim(part, sections[kind])
    for kind in kinds:
        for part in estate.of(kind):
            _write(part)
    for one in estate.strangers:
        draft.tell(one.address, f"is of type {one.type}, which has no counterpart", _UNKNOWN_TYPE, one.place)


def _claim(part: Part, section: str) -> None:
    draft, declared = part.estate.draft, part.declared
    if part.kind in CLAIMS:
        CLAIMS[part.kind](part)
    elif section != NOTHING:
        draft.claim((section,), part.name, part.place(), (declared.address, *declared.identities))
    if part.path is not None and declared.doubt:
        draft.doubt(part.path, declared.doubt, part.place())


def _write(part: Part) -> None:
    for row in rows_of(part.kind).values():
        if row.to != NOTHING:
            value = taken(part, row.attribute)
            if value is not None:
                part.estate.put(part, row.attribute if row.to == _SAME else row.to, value, row.attribute)
    if part.kind in FILLS:
        FILLS[part.kind](part)
    _tell_rest(part)


def _tell_rest(part: Part) -> None:
    """What is written and stands in no row, or in a row that says what cannot be judged for it."""
    draft, declared, rows = part.estate.draft, part.declared, rows_of(part.kind)
    for row in rows.values():
        word, _, consequence = row.how.partition(":")
        if word == _TOLD and part.raw_of(row) not in (None, "", False):
            path = row.paths(part.estate.language)[0]
            draft.tell(declared.address, f"states {path}", consequence, declared.place_of(path))
    known = [path for row in rows.values() for path in row.paths(part.estate.language)]
    for path in _leaves(part.values, ""):
        if not any(_covers(one, path) or _covers(path, one) for one in known):
            what = f"states {path}, which has no counterpart"
            draft.tell(declared.address, what, _UNKNOWN_PROPERTY, declared.place_of(path))


def _leaves(value: Value, path: str) -> Iterator[str]:
    """Every property that says something, by its path without places in lists; once, however often it is stated."""
    found: dict[str, None] = {}
    _collect(value, path, found)
    return iter(found)


def _collect(value: Value, path: str, found: dict[str, None]) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            _collect(one, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for one in value:
            _collect(one, path, found)
    elif isinstance(value, Unknown):
        if value.stated:
            found.setdefault(path)
    elif isinstance(value, Reference) or value not in (None, "", False):
        found.setdefault(path)


def _covers(above: str, path: str) -> bool:
    return path == above or path.startswith(f"{above}.")
