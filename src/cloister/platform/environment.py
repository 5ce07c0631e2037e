"""The environment of the platform's processes: a list of what may pass, and every dependency told not to phone home.

What is not listed does not pass: credentials of the shell that ran `cloister up`, proxies, settings of other tools.
"""

from collections.abc import Mapping
from types import MappingProxyType

# What programs need to find themselves, their language and their clock.
_PASSED = frozenset({"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "XDG_RUNTIME_DIR"})
_PASSED_PREFIXES = ("LC_",)

# Each dependency's own switch, as its documentation names it.
QUIET: Mapping[str, str] = MappingProxyType(
    {
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }
)

# The work here is many small requests on few cores; a pool of threads for each number library in each process is not.
_MODEST = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment that a process of the platform gets, from the one that we have."""
    passed = {name: value for name, value in ours.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    return {**passed, **_MODEST, **QUIET, "GIT_PYTHON_REFRESH": "quiet", "PYTHONUNBUFFERED": "1"}
