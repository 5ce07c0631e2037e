"""Waivers in the comments of a document, each on the line of what it is about or on a line above it.

    # cloister: waive AZ012 until 2027-01-31 by ada@example.org: the vendor signs from March on

The parser drops comments, so they are looked for line by line; what stands inside a text of the document is no comment.
A comment that begins like a waiver and is none is a fault, since its author believes that something is waived.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import yaml

from cloister.errors import Fault
from cloister.inventory.statements import Spot, Waiver, spot
from cloister.origin import Origin
from cloister.sources.statements.lasting import lasts_too_long
from cloister.sources.wording import shown
from cloister.sources.written import Path, Written, parse

_MARK = re.compile(r"(?:^|(?<=\s))#\s*cloister:\s*(.*?)\s*$")
_FORM = re.compile(
    r"waive (?P<what>A[ZW]\d{3}|intent) until (?P<until>\S+) by (?P<owner>[^:]*[^:\s]):\s+(?P<reason>\S.*)"
)
_INTENT = "intent"
_MEND = "write `# cloister: waive AZ012 until 2027-01-31 by ada@example.org: the reason`"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOURCE_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Inline:
    """The waivers in a document's comments, and the faults of those that are none."""

    waivers: tuple[Waiver, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Comment:
    text: str
    place: Origin


def has_waivers(text: str) -> bool:
    """Whether a document may hold waivers: cheap, and right where it says no."""
    return any(_MARK.search(line) for line in text.splitlines() if "cloister:" in line)


def inline_waivers(text: str, file: str, whole: Written, today: date) -> Inline:
    """The waivers in the comments of `text`; `whole` is the document with what it is laid over."""
    keys = _Keys.of(parse(text, file), text.splitlines())
    waivers: list[Waiver] = []
    faults: list[Fault] = []
    for comment in _comments(text, file):
        one = _waiver(comment, keys, whole, today)
        if isinstance(one, Waiver):
            waivers.append(one)
        else:
            faults.append(one)
    return Inline(tuple(waivers), tuple(faults))


def _comments(text: str, file: str) -> Iterator[_Comment]:
    """Every comment that speaks to Cloister."""
    lines = [(number, match) for number, line in enumerate(text.splitlines()) if (match := _MARK.search(line))]
    texts = list(_texts(text)) if lines else []
    for number, match in lines:
        if not any(start <= (number, match.start()) < end for start, end in texts):
            yield _Comment(match.group(1), Origin(file, number + 1, match.start() + 1))


def _texts(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where each text of the document begins and ends, in lines and columns from 0."""
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent):
            start, end = cast("yaml.Mark", event.start_mark), cast("yaml.Mark", event.end_mark)
            yield (start.line, start.column), (end.line, end.column)


def _waiver(comment: _Comment, keys: "_Keys", whole: Written, today: date) -> Waiver | Fault:
    thing = f"comment {shown(comment.text)}"
    match = _FORM.fullmatch(comment.text)
    if match is None:
        return Fault(thing, "is no waiver: it needs a control, a last day, an owner and a reason", _MEND, comment.place)
    try:
        until = date.fromisoformat(match["until"])
    except ValueError:
        return Fault(thing, f"{shown(match['until'])} is not a day", "write one such as 2027-01-31", comment.place)
    if fault := lasts_too_long(thing, until, today, comment.place):
        mend = fault.mend.partition(",")[0] + ", or put it into the file of waivers with why_longer"
        return Fault(thing, fault.reason, mend, comment.place)
    paths = keys.under(comment.place.line)
    if not paths:
        mend = "put it on the line of a resource or an attribute, or on the line above"
        return Fault(thing, "stands on no resource and no attribute", mend, comment.place)
    return _about(match, paths, whole, until, comment.place)


def _about(match: re.Match[str], paths: list[Path], whole: Written, until: date, place: Origin) -> Waiver | Fault:
    waiver = Waiver(reason=match["reason"], owner=match["owner"], until=until, origin=place)
    if match["what"] != _INTENT:
        places = frozenset(found for path in paths for found in _places(_exactly(whole, path)))
        return replace(waiver, control=match["what"], places=places)
    (section, name, *_), *_ = paths
    if section != "intents":
        mend = "name the control, or put it on the line of one of your intents"
        return Fault(f"comment {shown(match.group())}", "stands on no intent", mend, place)
    return replace(waiver, intent=str(name))


@dataclass(frozen=True, slots=True)
class _Keys:
    """Where the resources and attributes of a document begin, and which of its lines say something."""

    by_line: dict[int, list[Path]]
    lines: list[str]

    @classmethod
    def of(cls, tree: Written, lines: list[str]) -> "_Keys":
        """Those of a document: of what begins on one line, the outermost."""
        found: dict[int, list[Path]] = {}
        for path, line in _begin(tree, ()):
            before = found.setdefault(line, [])
            if not before or len(path) == len(before[0]):
                before.append(path)
            elif len(path) < len(before[0]):
                found[line] = [path]
        return cls(found, lines)

    def under(self, number: int) -> list[Path]:
        """What a comment on a line is about: what begins there, or on the next line that says something."""
        if not self._says_something(number):
            number = next((one for one in range(number, len(self.lines) + 1) if self._says_something(one)), number)
        return self.by_line.get(number, [])

    def _says_something(self, number: int) -> bool:
        return self.lines[number - 1].partition("#")[0].strip() != ""


def _begin(tree: Written, path: Path) -> Iterator[tuple[Path, int]]:
    """Every resource and everything inside it, with the line on which it begins."""
    members = enumerate(tree.value) if isinstance(tree.value, list) else tree.children().items()
    for key, child in members:
        here = (*path, key)
        if len(here) >= _RESOURCE_DEPTH:
            yield here, child.key_place.line
        yield from _begin(child, here)


def _exactly(tree: Written, path: Path) -> Written | None:
    """What stands at a path, and nothing where that was taken out."""
    here: Written | None = tree
    for part in path:
        if here is None:
            return None
        if isinstance(here.value, list):
            here = here.value[part] if isinstance(part, int) and part < len(here.value) else None
        else:
            here = here.children().get(str(part))
    return here


def _places(tree: Written | None) -> Iterator[Spot]:
    if tree is None:
        return
    yield spot(tree.key_place)
    yield spot(tree.place)
    for child in tree.value if isinstance(tree.value, list) else tree.children().values():
        yield from _places(child)
