"""Shared ground of the tests: every dependency's telemetry is off before anything is imported."""

import os

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    AZURE_CORE_COLLECT_TELEMETRY="0",
    GIT_PYTHON_REFRESH="quiet",
)
