"""The stand-in set up in the user's cache folder: its schema from npm, what it runs on from PyPI, both as configured.

It is built in a folder beside its place and moved there in one step, so that whoever comes second sees all or nothing.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cloister.errors import Fault, SourceError
from cloister.sources.terraform.standin import schema

VERSION = "4.55.0"
"""The version of azurerm that the schema is of."""
_SCHEMA_PACKAGE = "@cdktf/provider-azurerm@14.23.1"
_PROVIDER_PACKAGE = "tf==1.2.0"
_NAME = "cloister/terraform-azurerm"
_SECONDS = 600
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def configuration_file() -> Path:
    """Terraform's configuration file that leads to the stand-in, which is built if it is not there yet.

    Raises SourceError with what is missing.
    """
    home = _home()
    if not (home / "terraform.rc").exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=home.parent, prefix="building-"))
        try:
            _build(scratch, home)
            scratch.rename(home)
        except OSError as error:
            if not (home / "terraform.rc").exists():
                reason = f"cannot be put into {home}: {error.strerror or error}"
                raise _refused(reason) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return home / "terraform.rc"


def _home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / _NAME / f"{VERSION}-{_fingerprint()}"


def _fingerprint() -> str:
    """What tells one edition of the stand-in from another: its own code, and the Python that it runs on."""
    here = Path(schema.__file__).parent
    code = b"".join((here / name).read_bytes() for name in ("schema.py", "provider.py", "installation.py"))
    return sha256(code + sys.version.encode()).hexdigest()[:12]


def _build(scratch: Path, home: Path) -> None:
    """Everything in `scratch`, written for its later place `home`."""
    found = schema.schema_of(_bindings(scratch))
    shutil.rmtree(scratch / "npm")
    (scratch / "schema.json").write_text(json.dumps(found), encoding="utf-8")
    shutil.copy(Path(schema.__file__).with_name("provider.py"), scratch / "provider.py")
    _run([sys.executable, "-m", "venv", str(scratch / "venv")], scratch)
    _run([str(scratch / "venv/bin/python"), "-m", "pip", "install", "--quiet", _PROVIDER_PACKAGE], scratch)
    folder = f"mirror/registry.terraform.io/hashicorp/azurerm/{VERSION}/{_target()}"
    (scratch / folder).mkdir(parents=True)
    program = scratch / folder / f"terraform-provider-azurerm_v{VERSION}"
    python, server, stored = home / "venv/bin/python", home / "provider.py", home / "schema.json"
    program.write_text(f'#!/bin/sh\nexec "{python}" "{server}" "{stored}"\n', encoding="utf-8")
    program.chmod(0o755)
    (scratch / "terraform.rc").write_text(_installation(home / "mirror"), encoding="utf-8")


def _bindings(scratch: Path) -> Path:
    """The unpacked npm package: the folder of its resources."""
    folder = scratch / "npm"
    folder.mkdir()
    _run(["npm", "pack", "--silent", _SCHEMA_PACKAGE], folder)
    archive = next(folder.glob("*.tgz"))
    _run(["tar", "-xzf", archive.name], folder)
    return folder / "package" / "lib"


def _installation(mirror: Path) -> str:
    """Where Terraform finds azurerm; every other provider comes from where it always does."""
    own = "registry.terraform.io/hashicorp/azurerm"
    return (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{own}"]\n  }}\n'
        f'  direct {{\n    exclude = ["{own}"]\n  }}\n'
        "}\n"
    )


def _target() -> str:
    machine = _MACHINES.get(platform.machine().lower(), "amd64")
    return f"{platform.system().lower()}_{machine}"


def _run(command: Sequence[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        reason = f"cannot be built: {command[0]} is not installed"
        raise _refused(reason)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        reason = f"cannot be built: {command[0]} took more than {_SECONDS} seconds"
        raise _refused(reason) from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        reason = f"cannot be built: `{' '.join(command[:3])}` failed: {' '.join(last) or 'no word of why'}"
        raise _refused(reason)


def _refused(reason: str) -> SourceError:
    mend = "install it, or see that npm and pip reach their registries; or write a plan with `terraform show -json`"
    return SourceError(Fault("the stand-in of azurerm", reason, mend))
