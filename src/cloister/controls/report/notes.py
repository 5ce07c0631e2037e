"""The report's part on what no verdict tells: rules that do nothing, loose ends, and what is not modelled here."""

from collections.abc import Iterator

from cloister.ask.notes import Note, NoteKind
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.visible import visible
from cloister.controls.report.wrapping import WIDTH, columns, heading, wrapped

_MARGIN = "      "


def notes_told(report: Report, say: Phrases) -> Iterator[str]:
    """A count and a list: a line for each fact that is not modelled, one for all names that are declared nowhere."""
    yield heading(say("notes")) + notes_tally(report, say)
    undeclared = [note.thing for note in report.notes if note.kind is NoteKind.UNDECLARED]
    for note in report.notes:
        kind = say(f"kind.{note.kind.value}")
        if note.kind is NoteKind.NOT_MODELLED:
            yield from wrapped(f"{kind}: {note.text} ({note.thing})", "  --  ", _MARGIN)
        elif note.kind is not NoteKind.UNDECLARED:
            yield from _note(note, kind, say)
        elif undeclared:
            yield from wrapped(f"{kind}: {', '.join(undeclared)}", "  --  ", _MARGIN)
            undeclared = []


def notes_tally(report: Report, say: Phrases) -> str:
    """How many notes of each kind."""
    counts = [(kind, sum(note.kind is kind for note in report.notes)) for kind in NoteKind]
    tally = [say.count(f"note.{kind.value}", count) for kind, count in counts if count]
    return say.listed(tally) if tally else say("notes.none")


def _note(note: Note, kind: str, say: Phrases) -> Iterator[str]:
    line, place = f"  --  {visible(note.thing)}", visible(str(note.origin))
    gap = WIDTH - columns(line) - columns(place)
    yield f"{line}{' ' * gap}{place}" if gap > 1 else line
    if gap <= 1:
        yield f"{_MARGIN}{place}"
    yield from wrapped(f"{kind}: {note.text}", _MARGIN, _MARGIN + "  ")
    if note.mend:
        yield from wrapped(say("mend", mend=note.mend), _MARGIN, _MARGIN + "  ")
