"""Bicep, compiled to a template by the program that belongs to it, where that is installed."""

import shutil
import subprocess
from pathlib import Path

from cloister.errors import Fault, SourceError, SpecError

SUFFIX = ".bicep"
_SECONDS = 120


def compiled(path: Path) -> str:
    """The template that a file of Bicep compiles to. Raises SourceError without a compiler, SpecError if it refuses."""
    command = _compiler(path)
    mend = f"run `bicep build {path.name}` elsewhere, and name the template that it writes"
    if command is None:
        raise SourceError(Fault(str(path), "is Bicep, and neither bicep nor az is installed here", mend))
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(Fault(str(path), f"could not be compiled with {command[0]}", mend)) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it says no more"]
        raise SpecError(Fault(str(path), f"is refused by {Path(command[0]).name}: {lines[0]}", "mend it there"))
    return done.stdout


def _compiler(path: Path) -> list[str] | None:
    bicep, azure = shutil.which("bicep"), shutil.which("az")
    if bicep:
        return [bicep, "build", str(path), "--stdout"]
    return [azure, "bicep", "build", "--file", str(path), "--stdout"] if azure else None
