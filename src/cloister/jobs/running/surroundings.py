"""The environment variables of a step: built from nothing, so that no secret of the platform slips in. Pure."""

from collections.abc import Mapping
from pathlib import Path

from cloister.jobs.environments.providing import OWN_PACKAGES
from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.running.folders import StepFolder

# What an author may not set, because it says as whom and where the step logs.
RESERVED = ("MLFLOW_TRACKING_", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_", "MLFLOW_REGISTRY_URI")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "GIT_PYTHON_REFRESH": "quiet",
    "AZURE_CORE_COLLECT_TELEMETRY": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "PYTHONUNBUFFERED": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# What may be taken over from the agent: where and when it is, and which certificates it trusts.
_TAKEN = ("TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


def surroundings(
    step: PlannedStep,
    *,
    agent: Mapping[str, str],
    interpreter: Path,
    folder: StepFolder,
    threads: int,
    given: Mapping[str, str],
    tracking: Mapping[str, str],
) -> dict[str, str]:
    """The variables of one step. `tracking` wins over what the author set, and the author over the rest, such as what
    is `given`: its packages, and what scripts of other platforms read.
    """
    own = {name: value for name, value in step.environment_variables if not name.startswith(RESERVED)}
    return {
        # What the step installs for itself comes first, as its modules do.
        "PATH": f"{folder.temporary / OWN_PACKAGES / 'bin'}:{interpreter.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder.temporary),
        "TMPDIR": str(folder.temporary),
        "USER": "job",
        "LOGNAME": "job",
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        **_QUIET,
        **dict.fromkeys(_THREADS, str(threads)),
        **{name: agent[name] for name in _TAKEN if name in agent},
        **given,
        **own,
        "CLOISTER_CHECKPOINT_FOLDER": str(folder.checkpoints),
        **tracking,
    }
