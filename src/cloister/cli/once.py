"""`cloister up --once`: the story, told step by step, in a folder and on ports of its own."""

import sys
import tempfile
from pathlib import Path

from cloister.cli.progress import Talk, print_result
from cloister.errors import Fault, SourceError
from cloister.platform.interrupts import StopRequest, interrupts
from cloister.platform.ports import free_port
from cloister.platform.story import Context, Outcome, Step, Told, tell
from cloister.platform.story_steps import STEPS

_FAILED = 1
_INTERRUPTED = 130


def tell_story(
    talk: Talk, *, home: Path | None, port: int | None, serving_port: int | None, database: str, as_json: bool
) -> None:
    """Bring everything up, verify each step, tear all down. Leaves with code 1 where a step failed."""
    if home is not None and home.exists() and any(home.iterdir()):
        mend = "name one that is empty or not there yet, or leave --home out"
        raise SourceError(Fault(str(home), "is not empty, and the self-check starts from nothing", mend))
    with interrupts(), tempfile.TemporaryDirectory(prefix="cloister-once-") as temporary:
        folder = Path(temporary)
        context = Context(
            folder=folder,
            spec=folder / "cloister.yaml",
            home=home.absolute() if home else folder / "home",
            port=port or free_port(),
            serving_port=serving_port or free_port(),
            database=database,
        )
        try:
            outcome = tell(STEPS, context, _Teller(talk))
        except StopRequest:
            talk.say("stopped")
            sys.exit(_INTERRUPTED)
    _print(outcome, as_json=as_json)
    if not outcome.ok:
        sys.exit(_FAILED)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    """How it went; the faults of a failed step are told even when quiet."""
    for told in outcome.steps:
        for fault in told.faults:
            sys.stderr.write(f"{fault}\n")
    failed = "" if outcome.ok else f'step "{outcome.steps[-1].name}" failed'
    if as_json:
        print_result(outcome.to_json())
    else:
        print_result(f"{failed or 'every step holds'}, {outcome.seconds:.1f} s")


class _Teller:
    """The story as lines: a heading for each step, what it found, and how it went."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def begin(self, step: Step) -> None:
        self._talk.head(f"{step.name}: {step.title}")

    def say(self, line: str) -> None:
        self._talk.say(f"  {line}")

    def end(self, told: Told) -> None:
        self._talk.say(f"  {'ok' if told.ok else 'FAILED'}, {told.seconds:.1f} s")
