"""Shared ground of the tests: every dependency's telemetry is off before anything is imported."""

import os
import shutil
from pathlib import Path

import pytest

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    AZURE_CORE_COLLECT_TELEMETRY="0",
    GIT_PYTHON_REFRESH="quiet",
)


@pytest.fixture(scope="session")
def terraform_settings() -> Path:
    """Terraform's settings for the stand-in of azurerm, as `cloister plan` sets it up; skips where it cannot."""
    from cloister.errors import SourceError  # noqa: PLC0415 - after the telemetry is off
    from cloister.sources.terraform.standin.installation import configuration_file  # noqa: PLC0415 - as above

    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    try:
        return configuration_file()
    except SourceError as error:
        pytest.skip(str(error))
