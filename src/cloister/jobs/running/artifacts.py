"""What a command leaves in `outputs` and `logs` of its working folder: Azure ML keeps both without being asked.

Both folders are there when the command starts. An output named `artifacts` or `default` that the command does not fill
by itself stands for the two, as in the published example hello-pipeline-default-artifacts
(https://learn.microsoft.com/azure/machine-learning/how-to-log-view-metrics, read 2026-11).
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.left_behind import everything, move, names_in, open_in, opened, remove
from cloister.jobs.running.path_faults import fault_of_path

FOLDERS = ("outputs", "logs")
# Made by the driver of distributed steps: what each process printed.
_KEPT = (*FOLDERS, "user_logs")
_WHOLE = ("artifacts", "default")


def make_places(folder: StepFolder) -> None:
    """Make the two folders where the author's code brings none."""
    for name in FOLDERS:
        place = folder.code / name
        if not os.path.lexists(place):
            place.mkdir()


def gather(folder: StepFolder, step: PlannedStep) -> None:
    """Move the two out of the working folder: into the output that stands for them, else to the step's artifacts.

    Of what goes to the artifacts only plain files and folders stay: nobody declared them, so what is wrong with one is
    no reason for the step to fail.
    """
    found = [name for name in _KEPT if _is_folder(folder.code / name)]
    whole = next((o.name for o in step.outputs if o.name in _WHOLE and not o.is_file), None)
    if not found or (whole is not None and _moved_into(folder, whole, found)):
        return
    folder.artifacts.mkdir(exist_ok=True)
    with opened(folder.code) as source, opened(folder.artifacts) as target:
        _move(found, source, target)
    try:
        _strip(folder.artifacts)
    except OSError:
        remove(folder.artifacts)
        raise


def _is_folder(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode)


def _moved_into(folder: StepFolder, output: str, found: Sequence[str]) -> bool:
    """Whether the output took them: it is there, a folder and no link to one, and empty."""
    if not _is_folder(folder.making / output):
        return False
    with opened(folder.code) as source, opened(folder.making) as making, open_in(making, output) as target:
        if names_in(target):
            return False
        _move(found, source, target)
        return True


def _move(found: Sequence[str], source: int, target: int) -> None:
    for name in found:
        move(name, source, target)


def _strip(top: Path) -> None:
    """Remove all but plain files with one name, and empty folders; what stays is ours and readable."""
    for left in everything(top, folders_last=True):
        if not left.is_folder and (not left.is_plain or fault_of_path(left.path)):
            left.remove()
            continue
        left.give(os.geteuid(), os.getegid())
        left.allow(0o755 if left.is_folder else 0o644)
        if left.is_folder:
            left.remove_empty()
