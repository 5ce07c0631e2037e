"""`cloister check` on Terraform plans: against Checkov on the same file, and how the work grows with the plan.

Each run is a whole process, the start of the interpreter with it. The baseline runs where the command `checkov` is on
PATH, told not to fetch anything; without it the figures stand alone.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cloister.errors import Fault, InternalError
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.benches.plans import plan_text

_SMALL, _LARGE = 70, 5_000
_SIZES = (50, 500)
_JUDGED = (0, 10, 11)
_CHECKOV = ("--framework", "terraform_plan", "--compact", "--quiet", "--skip-download", "--output", "json")
_KILOBYTES = 1024


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cloister-bench-")


@cache
def _plan(resources: int) -> Path:
    path = Path(_folder().name) / f"plan-{resources}.json"
    path.write_text(plan_text(resources), encoding="utf-8")
    return path


def _measured(command: Sequence[str], fine: Sequence[int]) -> Figures:
    """The seconds by the clock and of the processor, and the most memory, of a command that leaves as it should."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment()) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        reason = f"left with {process.returncode}, so its time means nothing"
        raise InternalError(Fault(command[0], reason, "run it by hand and mend that first"))
    return {"seconds": time.monotonic() - start, "processor_seconds": _processor(usage), "megabytes": _memory(usage)}


def _environment() -> dict[str, str]:
    """That of this process, in which Python may keep what it compiled, as it does for whoever installs Cloister."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _processor(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _memory(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / _KILOBYTES


def _check(resources: int) -> Figures:
    return _measured((sys.executable, "-m", "cloister", "check", str(_plan(resources))), _JUDGED)


def _checkov() -> Figures:
    """The same plan by Checkov, all of its checks."""
    found = shutil.which("checkov")
    return _measured((found, "--file", str(_plan(_SMALL)), *_CHECKOV), (0, 1)) if found else {}


BENCHMARK = Benchmark(
    "check",
    (
        Comparison(
            f"a plan of {_SMALL} resources",
            lambda: _check(_SMALL),
            "checkov",
            _checkov,
            (Target("seconds", 0.6), Target("processor_seconds", 1 / 8, "ratio")),
        ),
        Comparison(
            f"a plan of {_LARGE} resources",
            lambda: _check(_LARGE),
            f"the same with {_SIZES[1]}",
            lambda: _check(_SIZES[1]),
            (Target("seconds", 15.0), Target("megabytes", 1000.0)),
            runs=1,
        ),
        Comparison(
            f"a plan of {_SIZES[1]} resources",
            lambda: _check(_SIZES[1]),
            f"the same with {_SIZES[0]}",
            lambda: _check(_SIZES[0]),
            runs=3,
        ),
    ),
)
