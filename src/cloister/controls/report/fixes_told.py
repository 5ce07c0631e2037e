"""What fixing a document came to, for people: what was applied and what it closes, and what was not, and why."""

from collections.abc import Iterator, Sequence

from cloister.controls.fixing import Fixed, Key
from cloister.controls.report.wrapping import labelled, wrapped

_MARGIN = " " * 6
_MOST = 4


def fixes_told(done: Fixed, file: str, *, dry_run: bool) -> Iterator[str]:
    """A line that counts, then each fix."""
    if not done.applied and not done.refused:
        yield from labelled("fixed", "nothing: of what was found, no mend is certain")
        return
    changes = sum(len(one.changes) for one in done.applied)
    where = f"would be written into {file}" if dry_run else f"written into {file}"
    closed = _counted(len(done.closed), "thing")
    yield from labelled("fixed", f"{_counted(changes, 'change')} {where}, {closed} closed, nothing broken")
    for one in done.applied:
        yield from wrapped(str(one), "  ok  ", _MARGIN)
        yield from wrapped(f"for {_mends(one.mends)}", _MARGIN, _MARGIN + "  ")
    for refused in done.refused:
        yield from wrapped(refused.fix, "  --  ", _MARGIN)
        yield from wrapped(f"for {_mends(refused.mends)}", _MARGIN, _MARGIN + "  ")
        yield from wrapped(f"left: {refused.why}", _MARGIN, _MARGIN + "  ")


def _mends(keys: Sequence[Key]) -> str:
    shown = ", ".join(f"{rule} {thing}" for rule, thing in keys[:_MOST])
    return f"{shown} and {len(keys) - _MOST} more" if keys[_MOST:] else shown


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
