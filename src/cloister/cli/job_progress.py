"""Progress while a job runs: a tree that is redrawn on a terminal, a line for each change elsewhere."""

from collections import Counter
from types import TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from cloister.cli.job_views import step_line
from cloister.sdk.values import FINISHED, Job

_COLOURS = {"Completed": "green", "Failed": "red", "Canceled": "yellow", "Running": "cyan", "Queued": "blue"}
# Of more trials than that, those that have ended are counted and not listed.
_LISTED = 12


class Progress:
    """Shows where a job stands, as often as it is told. `passing`: the tree goes when the end has been seen."""

    def __init__(self, target: IO[str], *, passing: bool = False) -> None:
        self._target = target
        self._passing = passing
        console = Console(file=target, highlight=False)
        self._live = Live(console=console, auto_refresh=False) if target.isatty() else None
        self._told: dict[str, tuple[str, int]] = {}

    def show(self, job: Job) -> None:
        """Show where the job stands."""
        if self._live is not None:
            self._live.update(tree(job), refresh=True)
            return
        for step in job.document["steps"]:
            state = (step["status"], step["attempt"])
            if step["status"] != "NotStarted" and self._told.get(step["name"]) != state:
                self._told[step["name"]] = state
                self._target.write(f"{step_line(step)}\n")
        self._target.flush()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.transient = self._passing and error is None
            self._live.__exit__(kind, error, at)
        self._target.flush()


def tree(job: Job) -> Tree:
    """The job with its steps below it, and below each those that it brought forth."""
    took = "" if job.seconds is None else f" ({job.seconds:.1f} s)"
    root = Tree(Text(f"{job.name}  {job.status}{took}", style=_COLOURS.get(job.status, "")))
    _grow(root, list(job.document["steps"]), "")
    return root


def _grow(above: Tree, steps: list[dict[str, Any]], parent: str) -> None:
    mine = [step for step in steps if step.get("parent", "") == parent]
    over = Counter(step["status"] for step in mine if step["status"] in FINISHED)
    is_long = bool(parent) and len(mine) > _LISTED
    for step in mine:
        if is_long and step["status"] in FINISHED:
            continue
        branch = above.add(Text(step_line(step), style=_COLOURS.get(step["status"], "dim"), overflow="ellipsis"))
        _grow(branch, steps, step["name"])
    if is_long and over:
        told = ", ".join(f"{count} {status}" for status, count in sorted(over.items()))
        above.add(Text(f"{told} of {len(mine)}", style="dim"))
