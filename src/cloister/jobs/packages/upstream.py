"""The one place outside that files of allowed packages may come from: where pip looks on the platform's machine.

pip is asked, as it is set up there (`pip config list`): its index, certificates and credentials are the site's matter
and are read by nobody else. Nothing is asked for that was not approved by a person, or does not ship with Cloister.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from cloister.errors import Fault, SourceError
from cloister.jobs.packages.locks import Pin
from cloister.jobs.packages.names import Entry

_PIP: Final = (sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet")
_WHEELS: Final = ("--only-binary", ":all:")
_SECONDS: Final = 1800
# What pip tells may hold an address with a password in it.
_SECRET: Final = re.compile(r"//[^/@\s]*@")


def dependencies(entry: Entry, files: Path, *, upstream: bool) -> tuple[Pin, ...]:
    """The entry with all that it needs, each at the version that is chosen today, for this Python and machine.

    Looked for among the files that are here and, with `upstream`, where pip looks on this machine. Raises SourceError.
    """
    where = ("--find-links", str(files)) if upstream else ("--no-index", "--find-links", str(files))
    options = ("install", "--dry-run", "--ignore-installed", "--report", "-", *_WHEELS, *where)
    report = json.loads(_pip(*options, str(entry), thing=str(entry), as_set_up=upstream))
    found = [item["metadata"] for item in report["install"]]
    pins = [Pin(canonicalize_name(item["name"]), item["version"]) for item in found]
    return tuple(sorted(pins, key=lambda pin: pin.project))


def fetch(entry: Entry, folder: Path) -> Path:
    """The wheel of an entry that pip chooses today, in the folder. Raises SourceError where there is none.

    Never a source archive: whatever is asked of pip, it runs their code to learn what they need.
    """
    _pip("download", "--no-deps", "--dest", str(folder), *_WHEELS, str(entry), thing=str(entry))
    return next(path for path in folder.iterdir() if path.is_file())


def fetch_together(entries: Sequence[Entry], folder: Path) -> tuple[Path, ...]:
    """The wheels of entries, one for each project, in the folder. Raises SourceError where there is not one of each."""
    told = f"one of {len(entries)} packages"
    _pip("download", "--no-deps", "--dest", str(folder), *_WHEELS, *map(str, entries), thing=told)
    return tuple(path for path in sorted(folder.iterdir()) if path.is_file())


def _pip(*arguments: str, thing: str, as_set_up: bool = True) -> str:
    """What pip says; unless `as_set_up`, without any configuration of this machine."""
    command: Sequence[str] = (*_PIP, *arguments)
    environment = (
        None if as_set_up else {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull, "HOME": "/nonexistent"}
    )
    with tempfile.TemporaryDirectory(prefix="cloister-pip-") as folder:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _failed(thing, f"pip did not end within {_SECONDS} s") from error
    if done.returncode != 0:
        raise _failed(thing, _SECRET.sub("//", _last(done.stderr)))
    return done.stdout


def _last(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip().startswith("ERROR")]
    return "; ".join(line.removeprefix("ERROR:").strip() for line in lines)[:1000] or " ".join(told[-300:].split())


def _failed(thing: str, reason: str) -> SourceError:
    mend = "look at what pip is set up to on the platform's machine: pip config list; or import the files from a disk"
    return SourceError(Fault(thing, f"pip did not find it: {reason}", mend))
