"""What the steps of a job print, line by line, as it comes in pieces; on a terminal without what could command it."""

import re
from typing import Final

from rich.text import Text

from cloister.sdk.values import Job, Seen

# A line that does not end is shown in parts.
_LONGEST: Final = 64 * 1024
# Colours stay. Whatever else a terminal obeys (titles, its clipboard, moving about) is the reader's and not the job's.
_COMMANDS: Final = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]")


class Lines:
    """The lines of the steps of one job, each once it is whole; what is left of a step when nothing more comes."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    @property
    def begun(self) -> dict[str, str]:
        """The line that each step is at: its last state where it is written over, as bars of progress are."""
        return {step: _COMMANDS.sub("", text.rpartition("\r")[2]) for step, text in self._held.items() if text}

    def of(self, seen: Seen, step: str) -> list[str]:
        """What the step has printed since the last look."""
        *lines, held = (self._held.get(step, "") + seen.printed.get(step, "")).split("\n")
        if held and (step in seen.over or len(held) > _LONGEST):
            lines, held = [*lines, held], ""
        self._held[step] = held
        return lines


def label(job: Job, step: str) -> str:
    """What stands before a line of the step: its name, where it is not the job's only one."""
    is_one = len(job.steps) == 1 and not job.document["steps"][0].get("sweep")
    return "" if is_one else f"{step} | "


def drawn(lines: list[str], before: str) -> Text:
    """The lines as a terminal may show them, each with what stands before it."""
    shown = (Text.from_ansi(harmless(line).rstrip("\r")) for line in lines)
    return Text("\n").join(Text.assemble((before, "dim"), line) for line in shown)


def harmless(text: str) -> str:
    """The text without control characters other than colours, tabs, and ends of lines."""
    return _COMMANDS.sub("", text)
