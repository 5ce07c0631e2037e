"""The report's part on what no verdict tells: rules that do nothing, loose ends, and what is not modelled here."""

from collections.abc import Iterator

from cloister.ask.notes import Note, NoteKind
from cloister.controls.report.report import Report
from cloister.controls.report.wrapping import WIDTH, wrapped

_MARGIN = "      "
_COUNTED = {
    NoteKind.UNREAD: ("rule never read", "rules never read"),
    NoteKind.IDLE: ("rule without effect", "rules without effect"),
    NoteKind.DEAD_END: ("way to nothing", "ways to nothing"),
    NoteKind.ASTRAY: ("name that goes astray", "names that go astray"),
    NoteKind.UNKNOWN_TAG: ("tag of no list", "tags of no list"),
    NoteKind.LOOSE: ("resource attached to nothing", "resources attached to nothing"),
    NoteKind.UNDECLARED: ("name declared nowhere", "names declared nowhere"),
    NoteKind.NOT_UNDERSTOOD: ("thing not understood", "things not understood"),
    NoteKind.NOT_MODELLED: ("fact not modelled", "facts not modelled"),
}


def notes_told(report: Report) -> Iterator[str]:
    """A count and a list: a line for each fact that is not modelled, one for all names that are declared nowhere."""
    counts = [(kind, sum(note.kind is kind for note in report.notes)) for kind in NoteKind]
    tally = [f"{count} {_COUNTED[kind][count > 1]}" for kind, count in counts if count]
    yield f"notes     {', '.join(tally) or 'none'}"
    undeclared = [note.thing for note in report.notes if note.kind is NoteKind.UNDECLARED]
    for note in report.notes:
        if note.kind is NoteKind.NOT_MODELLED:
            yield from wrapped(f"not modelled: {note.text} ({note.thing})", "  --  ", _MARGIN)
        elif note.kind is not NoteKind.UNDECLARED:
            yield from _note(note)
        elif undeclared:
            yield from wrapped(f"{NoteKind.UNDECLARED}: {', '.join(undeclared)}", "  --  ", _MARGIN)
            undeclared = []


def _note(note: Note) -> Iterator[str]:
    line, place = f"  --  {note.thing}", str(note.origin)
    gap = WIDTH - len(line) - len(place)
    yield f"{line}{' ' * gap}{place}" if gap > 1 else line
    if gap <= 1:
        yield f"{_MARGIN}{place}"
    yield from wrapped(f"{note.kind}: {note.text}", _MARGIN, _MARGIN + "  ")
    if note.mend:
        yield from wrapped(f"mend: {note.mend}", _MARGIN, _MARGIN + "  ")
