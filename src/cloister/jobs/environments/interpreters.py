"""The Python interpreters of this machine, and which one stands for the version that an author asked for."""

import functools
import json
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloister.errors import Fault, SpecError

_VERSION: Final = re.compile(r"[=~<>]*\s*(\d+)(?:\.(\d+))?(?:\.(\d+|\*))?")
_ASK: Final = "import json,sys; print(json.dumps([sys.version.split()[0], sys.base_prefix]))"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter: where it is, its whole version, and the folder of its installation."""

    path: Path
    version: str
    installation: Path

    @property
    def minor(self) -> str:
        """The version as packages count it: 3.11."""
        return ".".join(self.version.split(".")[:2])

    @property
    def platform(self) -> str:
        """What wheels for it are built for, beside its version."""
        return f"{platform.system()}-{platform.machine()}-{'-'.join(platform.libc_ver())}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The interpreter that is taken; the note says where another one was asked for."""

    interpreter: Interpreter
    note: str


def own_interpreter() -> Interpreter:
    """The one that the platform itself runs in."""
    return Interpreter(Path(sys.executable), platform.python_version(), Path(sys.base_prefix).resolve())


def choose_interpreter(wanted: str) -> Chosen:
    """The interpreter for a version such as `3.10`; empty for the platform's. Raises SpecError on another Python."""
    own = own_interpreter()
    if not wanted.strip():
        return Chosen(own, "")
    match = _VERSION.fullmatch(wanted.strip())
    if match is None or int(match[1]) != sys.version_info.major:
        mend = f"ask for Python {own.minor}, or install the one that you need on the agent's machine"
        raise SpecError(Fault(f'Python "{wanted}"', "is no version that can run here", mend))
    minor = f"{match[1]}.{match[2]}" if match[2] else own.minor
    if minor == own.minor:
        return Chosen(own, "")
    if found := _on_path(minor):
        return Chosen(found, "")
    note = f"Python {minor} is asked for and is not on this machine; Python {own.minor} is taken"
    return Chosen(own, note)


@functools.cache
def _on_path(minor: str) -> Interpreter | None:
    path = shutil.which(f"python{minor}")
    if path is None:
        return None
    try:
        told = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, timeout=20, check=True).stdout
        version, installation = json.loads(told)
    except (subprocess.SubprocessError, OSError, ValueError):
        # A shim of a version manager without that version behind it.
        return None
    return Interpreter(Path(path), version, Path(installation).resolve())
