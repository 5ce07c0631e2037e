"""Progress while a job runs: a tree that is redrawn below the log on a terminal, a line for each change elsewhere."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from cloister.cli.job_output import Lines, drawn, label
from cloister.cli.job_views import step_line
from cloister.sdk.values import FINISHED, Job, Seen

_COLOURS = {"Completed": "green", "Failed": "red", "Canceled": "yellow", "Running": "cyan", "Queued": "blue"}
# Of more trials than that, those that have ended are counted and not listed.
_LISTED = 12
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Progress:
    """Shows where a job stands and what it prints, as often as it is told: the one on `talk`, the other on `output`.

    The tree is drawn where both are terminals: what goes through a pipe comes back to the same screen, between its
    lines. `passing`: the tree goes when the end has been seen.
    """

    def __init__(self, talk: IO[str], output: IO[str], *, passing: bool = False) -> None:
        self._talk = talk
        self._output = output
        self._passing = passing
        self._lines = Lines()
        self._told: dict[str, tuple[str, int]] = {}
        console = Console(file=talk, highlight=False)
        is_live = talk.isatty() and output.isatty()
        self._live = Live(console=console, auto_refresh=False) if is_live else None
        screen = Console(file=output, highlight=False) if output.isatty() else None
        self._screen = console if is_live else screen

    def show(self, seen: Seen) -> None:
        """Show where the job stands, and what it has printed."""
        for step in seen.job.document["steps"]:
            is_over = step["status"] in FINISHED
            # A step ends after what it printed.
            if not is_over:
                self._tell(step)
            self._print(self._lines.of(seen, step["name"]), label(seen.job, step["name"]))
            if is_over:
                self._tell(step)
        if self._live is not None:
            self._live.update(tree(seen.job, self._lines.begun), refresh=True)
        self._output.flush()
        self._talk.flush()

    def _print(self, lines: list[str], before: str) -> None:
        if not lines:
            return
        if self._screen is not None:
            self._screen.print(drawn(lines, before), soft_wrap=True)
        else:
            self._output.write("".join(f"{before}{line}\n" for line in lines))

    def _tell(self, step: dict[str, Any]) -> None:
        state = (step["status"], step["attempt"])
        if self._live is None and step["status"] != "NotStarted" and self._told.get(step["name"]) != state:
            self._told[step["name"]] = state
            self._output.flush()
            self._talk.write(f"{step_line(step)}\n")
            self._talk.flush()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.transient = self._passing and error is None
            self._live.__exit__(kind, error, at)
        self._talk.flush()


def tree(job: Job, begun: Mapping[str, str] = _NOTHING) -> Tree:
    """The job with its steps below it, and below each those that it brought forth; and the line that a step is at."""
    took = "" if job.seconds is None else f" ({job.seconds:.1f} s)"
    root = Tree(Text(f"{job.name}  {job.status}{took}", style=_COLOURS.get(job.status, "")))
    _grow(root, list(job.document["steps"]), "", begun)
    return root


def _grow(above: Tree, steps: list[dict[str, Any]], parent: str, begun: Mapping[str, str]) -> None:
    mine = [step for step in steps if step.get("parent", "") == parent]
    over = Counter(step["status"] for step in mine if step["status"] in FINISHED)
    is_long = bool(parent) and len(mine) > _LISTED
    for step in mine:
        if is_long and step["status"] in FINISHED:
            continue
        branch = above.add(Text(step_line(step), style=_COLOURS.get(step["status"], "dim"), overflow="ellipsis"))
        if step["name"] in begun:
            branch.add(Text(begun[step["name"]], style="dim", overflow="ellipsis", no_wrap=True))
        _grow(branch, steps, step["name"], begun)
    if is_long and over:
        told = ", ".join(f"{count} {status}" for status, count in sorted(over.items()))
        above.add(Text(f"{told} of {len(mine)}", style="dim"))
