"""Outputs of one step that become those of another: a sweep's are its best trial's, a repeated step's the earlier ones.

The files are linked, not copied; nobody writes outputs once a step has completed.
"""

import os
import shutil
from pathlib import Path

from cloister.jobs.running.folders import StepFolder


def hand_on(source: StepFolder, target: StepFolder) -> None:
    """Give the target the source's outputs, at one moment. Raises OSError where that cannot be, and leaves nothing."""
    draft = target.root / "outputs.taken"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        target.root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source.outputs, draft, copy_function=_link)
        shutil.rmtree(target.outputs, ignore_errors=True)
        draft.rename(target.outputs)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        # Another file system, or more names than one allows.
        shutil.copy2(source, target)
    return str(Path(target))
