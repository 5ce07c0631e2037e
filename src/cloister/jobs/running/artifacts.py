"""What a command leaves in `outputs` and `logs` of its working folder: Azure ML keeps both without being asked.

Both folders are there when the command starts. An output named `artifacts` or `default` that the command does not fill
by itself stands for the two, as in the published example hello-pipeline-default-artifacts
(https://learn.microsoft.com/azure/machine-learning/how-to-log-view-metrics, read 2026-11).
"""

import os
import stat
from pathlib import Path

from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.running.folders import StepFolder

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

    To be called when every process of the command is gone. Of what goes to the artifacts only plain files and folders
    stay: nobody declared them, so what is wrong with one is no reason for the step to fail.
    """
    whole = next((o.name for o in step.outputs if o.name in _WHOLE and not o.is_file), None)
    if whole is not None and (folder.making / whole).is_dir() and not any((folder.making / whole).iterdir()):
        _move(folder, folder.making / whole)
        return
    _move(folder, folder.artifacts)
    _strip(folder.artifacts)


def _move(folder: StepFolder, target: Path) -> None:
    for name in _KEPT:
        found = folder.code / name
        if stat.S_ISDIR(found.lstat().st_mode) if os.path.lexists(found) else False:
            target.mkdir(exist_ok=True)
            found.rename(target / name)


def _strip(top: Path) -> None:
    """Remove all but plain files with one name, and empty folders; what stays is ours and readable."""
    for root, folders, files in os.walk(top, topdown=False, followlinks=False):
        for name in (*folders, *files):
            path = Path(root) / name
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                if not any(path.iterdir()):
                    path.rmdir()
                    continue
            elif not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                path.unlink()
                continue
            os.chown(path, os.geteuid(), os.getegid())
            path.chmod(0o755 if path.is_dir() else 0o644)
    if top.is_dir() and not any(top.iterdir()):
        top.rmdir()
