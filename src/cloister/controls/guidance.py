"""The page of the published guidance and what answers it: `python -m cloister.controls.guidance > docs/guidance.md`.

Written from the catalogues and the aliases of the controls; a test fails when the page is stale, or a row unanswered.
"""

from collections import Counter
from collections.abc import Iterator

from cloister.controls.answering import answering
from cloister.controls.control import Decided, Entry
from cloister.controls.pages import file_of
from cloister.facts.published_catalogues import published_catalogues

_HOW = {
    Decided.INVENTORY: "from what is declared",
    Decided.REACH: "by reach or rights",
    Decided.EXPORT: "from an export",
    Decided.ATTESTED: "attested",
}
_LEARN = "https://learn.microsoft.com/en-us/"
_HEAD = """# The published guidance, row by row

Written from `src/cloister/facts/published_catalogues.tsv` and the aliases of the controls by
`python -m cloister.controls.guidance > docs/guidance.md`; a test fails when it is stale, or when no control answers a
row. The ids are ours where a guide gives its rows none; the page of a control cites the clause.

How a row is decided:

- **from what is declared**: by the attributes of the environment's resources;
- **by reach or rights**: by what can reach what, or who may do what, over everything that is declared;
- **from an export**: from what was seen of the running estate, or else from a person's dated statement;
- **attested**: by a person's dated statement, as no file tells it. Until somebody states it, it is due.

*or a person* says that the control asks a person where the input does not tell. No control passes on what is unknown:
that is UNDECIDED, with the missing fact. Where a row has several controls, each decides a part of it; in the counts it
stands where the part stands that takes the most trust in people (the order of the columns).
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [_HEAD, *_counts(), ""]
    for one in published_catalogues():
        page_of = f"[The page]({one.page if '://' in one.page else _LEARN + one.page})\n" if one.page else ""
        lines += [f"## {one.name}\n", *([page_of] if page_of else []), "| row | control | decided |\n|---|---|---|"]
        lines += [line for row in one.ids for line in _rows(row)]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def decided(row: str) -> Decided:
    """How a row is decided as a whole: as that of its controls is that takes the most trust in people."""
    return max((entry.control.decided for entry in answering(row)), key=list(Decided).index)


def _counts() -> Iterator[str]:
    yield f"| catalogue | rows | {' | '.join(_HOW.values())} |\n|---|---|{'---|' * len(_HOW)}"
    yield from (_count(one.name, one.ids) for one in published_catalogues())
    yield _count("**All**", tuple(row for one in published_catalogues() for row in one.ids))


def _count(name: str, rows: tuple[str, ...]) -> str:
    counts = Counter(decided(row) for row in rows)
    return f"| {name} | {len(rows)} | {' | '.join(str(counts[how]) for how in _HOW)} |"


def _rows(row: str) -> Iterator[str]:
    for place, entry in enumerate(answering(row)):
        yield f"| {'' if place else row} | {linked(entry)} {entry.control.title} | {_how(entry)} |"


def linked(entry: Entry) -> str:
    """The id of a control as a link to its page, from a page of the folder above."""
    return f"[{entry.control.id}](controls/{file_of(entry)})"


def _how(entry: Entry) -> str:
    control = entry.control
    asks = control.question and control.decided in (Decided.INVENTORY, Decided.REACH)
    return f"{_HOW[control.decided]}{', or a person' if asks else ''}"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what the command is for
