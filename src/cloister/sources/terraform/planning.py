"""`terraform init`, `plan` and `show` of a folder, against the stand-in: a plan without Azure, and without a login.

The folder is copied, with the modules beside it that it uses, so that nothing is written into it.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cloister.errors import Fault, SourceError, SpecError
from cloister.sources.terraform.standin.installation import configuration_file

_OUTSIDE = re.compile(r'source"?\s*[=:]\s*"((?:\.\./)+)')
_NOT_COPIED = shutil.ignore_patterns(".git", ".terraform", ".terraform.lock.hcl", "*.tfstate", "*.tfstate.*", ".venv")
_LOCAL_STATE = '{"terraform": {"backend": {"local": {}}}}\n'
_SECONDS = 900
_TOLD_LINES = 12


def plan_of(folder: Path, variables: Sequence[str] = (), variable_files: Sequence[Path] = ()) -> str:
    """The plan of a configuration as JSON. Raises SourceError where none can be made, SpecError where it is refused."""
    if shutil.which("terraform") is None:
        mend = "install Terraform 1.5 or later, or hand over a plan that was written elsewhere"
        raise SourceError(Fault("terraform", "is not installed, and it is what makes the plan", mend))
    if not any(folder.glob("*.tf")) and not any(folder.glob("*.tf.json")):
        raise SourceError(Fault(str(folder), "holds no .tf file", "name the folder of a Terraform configuration"))
    settings = configuration_file()
    inputs = [f"-var={one}" for one in variables] + [f"-var-file={one.resolve()}" for one in variable_files]
    with tempfile.TemporaryDirectory(prefix="cloister-plan-") as scratch:
        work = _copied(folder.resolve(), Path(scratch))
        (work / "cloister_override.tf.json").write_text(_LOCAL_STATE, encoding="utf-8")
        _terraform(work, settings, folder, "init", "-input=false")
        _terraform(work, settings, folder, "plan", "-refresh=false", "-input=false", "-out=plan", *inputs)
        return _terraform(work, settings, folder, "show", "-json", "plan")


def _copied(folder: Path, scratch: Path) -> Path:
    """A copy of the folder in `scratch`, beside copies of what it reaches over `../`."""
    up = _steps_up(folder)
    top = folder.parents[up - 1] if up else folder
    copy = scratch / "copy"
    if up == 0:
        shutil.copytree(folder, copy, ignore=_NOT_COPIED)
        return copy
    for other in top.iterdir():
        if other.is_dir() and any(other.rglob("*.tf*")):
            shutil.copytree(other, copy / other.name, ignore=_NOT_COPIED)
    return copy / folder.relative_to(top)


def _steps_up(folder: Path) -> int:
    """How many folders up the modules lie that a configuration uses."""
    texts = [path.read_text("utf-8", errors="replace") for path in (*folder.glob("*.tf"), *folder.glob("*.tf.json"))]
    steps = [match.count("../") for text in texts for match in _OUTSIDE.findall(text)]
    return min(max(steps, default=0), len(folder.parents) - 1)


def _terraform(work: Path, settings: Path, folder: Path, *arguments: str) -> str:
    quiet = {"TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_LOG": ""}
    command = ["terraform", arguments[0], "-no-color", *arguments[1:]]
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, **quiet},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        reason = f"took more than {_SECONDS} seconds to {arguments[0]}"
        raise SourceError(Fault(str(folder), reason, "plan a part of it: a module of its own")) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip(" │╷╵")]
        told = " / ".join(line.strip(" │╷╵") for line in lines[:_TOLD_LINES])
        reason = f"is refused by `terraform {arguments[0]}`: {told or 'without a word of why'}"
        mend = "mend the configuration; give input variables by --var and --var-file"
        raise SpecError(Fault(str(folder), reason, mend))
    return done.stdout
