"""How a step uses Cloister: through its command line and its control API, as a user does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloister.errors import Fault, InternalError
from cloister.platform.story import Context

_LONGEST_SECONDS = 300.0
_SHOWN = 2500


@dataclass(frozen=True, slots=True)
class Called:
    """What a verb answered."""

    code: int
    out: str
    err: str


def call(context: Context, *arguments: str, code: int = 0, token: str = "", folder: Path | None = None) -> Called:
    """Run a verb in the story's folder; raise where it ends with another code than it should."""
    done = subprocess.run(
        [sys.executable, "-m", "cloister", *arguments],
        cwd=folder or context.folder,
        env=_environment(context, token),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    if done.returncode != code:
        said = f"{done.stdout[-_SHOWN:]}{done.stderr[-_SHOWN:]}".strip()
        reason = f"ended with code {done.returncode} where {code} must come:\n{said}"
        raise InternalError(Fault(f"cloister {' '.join(arguments)}", reason, "run it by hand to see more"))
    return Called(done.returncode, done.stdout, done.stderr)


def _environment(context: Context, token: str) -> Mapping[str, str]:
    """Ours, with the story's platform in place of the user's own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CLOISTER_")}
    where = {"CLOISTER_URL": context.url, "XDG_CONFIG_HOME": str(context.folder / "config")}
    return {**mine, **where, **({"CLOISTER_TOKEN": token} if token else {})}
