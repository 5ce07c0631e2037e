"""The frame of all benchmarks: a subject and a named baseline, run by turns, told as medians and ratios.

By turns, because machines drift: two numbers of one run can be compared, two runs of different hours cannot. So a ratio
is that of two neighbouring runs, and what is told is the median of those.
"""

import math
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Literal

from cloister.errors import Fault, SpecError

# name -> (where its Benchmark stands, its one line); a table, so that listing them imports none.
BENCHES: Mapping[str, tuple[str, str]] = {
    "check": ("cloister.platform.benches.check:BENCHMARK", "Plans of 50 to 5,000 resources; against Checkov."),
    "environments": (
        "cloister.platform.benches.environments:BENCHMARK",
        "An environment of 20 packages; against venv and pip.",
    ),
    "gateway": ("cloister.platform.benches.gateway:BENCHMARK", "The gateway against plain MLflow and its basic-auth."),
    "jobs": ("cloister.platform.benches.jobs:BENCHMARK", "What a job costs beyond its commands."),
    "policies": ("cloister.platform.benches.policies:BENCHMARK", "Decisions over 1,000 policies; against Cedar."),
    "read": ("cloister.platform.benches.read:BENCHMARK", "A document of 5 MB against PyYAML's loader; lowering."),
    "reach": ("cloister.platform.benches.reach:BENCHMARK", "All pairs of 10,000 interfaces against brute force in C."),
    "up": ("cloister.platform.benches.up:BENCHMARK", "`./run --once`, the memory of the platform, `cloister check`."),
}

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure may be at most or must be at least: the subject's median itself, or its ratio to the baseline's."""

    figure: str
    at_most: float = math.inf
    of: Literal["subject", "ratio"] = "subject"
    at_least: float = -math.inf

    @property
    def bounds(self) -> Mapping[str, float]:
        """The bounds that there are, by name."""
        both = {"at_least": self.at_least, "at_most": self.at_most}
        return {name: bound for name, bound in both.items() if math.isfinite(bound)}

    def is_met(self, measured: float) -> bool:
        """Whether the figure keeps within the bounds."""
        return self.at_least <= measured <= self.at_most

    def __str__(self) -> str:
        signs = {"at_least": ">=", "at_most": "<="}
        return " ".join([self.of, *(f"{signs[name]} {bound:g}" for name, bound in self.bounds.items())])


@dataclass(frozen=True, slots=True)
class Comparison:
    """A subject held against a baseline. Both measure figures by name (`seconds`, `megabytes`); a ratio is told for
    each name that both have. `runs` is how often each runs unless the caller says otherwise.
    """

    name: str
    subject: Callable[[], Figures]
    baseline_name: str
    baseline: Callable[[], Figures]
    targets: tuple[Target, ...] = ()
    runs: int = 5


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What `cloister bench NAME` runs. `around` holds what all comparisons share, such as servers that must run."""

    name: str
    comparisons: tuple[Comparison, ...]
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Figure:
    """The medians of one figure, all runs behind them, and the median of the ratios of neighbouring runs."""

    name: str
    subject: float
    baseline_name: str
    baseline: float | None
    subject_runs: tuple[float, ...]
    baseline_runs: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """Subject to baseline; None where the baseline has no such figure, or where it is nothing."""
        if not self.baseline_runs or not all(self.baseline_runs):
            return None
        return median(ours / theirs for ours, theirs in zip(self.subject_runs, self.baseline_runs, strict=True))


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark found on one machine."""

    name: str
    figures: tuple[Figure, ...]
    targets: tuple[tuple[str, Target, float, bool], ...]
    machine: Mapping[str, str | int | float]

    @property
    def met(self) -> bool:
        """Whether every target is met."""
        return all(met for _, _, _, met in self.targets)

    def to_document(self) -> dict[str, object]:
        """The document of `--json`."""
        return {
            "name": self.name,
            "figures": {
                figure.name: {
                    "subject": figure.subject,
                    "baseline": figure.baseline,
                    "baseline_name": figure.baseline_name,
                    "subject_runs": list(figure.subject_runs),
                    "baseline_runs": list(figure.baseline_runs),
                }
                for figure in self.figures
            },
            "ratios": {figure.name: figure.ratio for figure in self.figures if figure.ratio is not None},
            "targets": {
                name: {**target.bounds, "of": target.of, "measured": measured, "met": met}
                for name, target, measured, met in self.targets
            },
            "met": self.met,
            "machine": dict(self.machine),
        }


def find_benchmark(name: str) -> Benchmark:
    """The benchmark of that name."""
    if name not in BENCHES:
        raise SpecError(Fault(f"benchmark {name}", "there is none of that name", f"take one of: {', '.join(BENCHES)}"))
    module, _, attribute = BENCHES[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, Benchmark):
        message = f"{BENCHES[name][0]} is not a benchmark"
        raise TypeError(message)
    return found


def run_benchmark(benchmark: Benchmark, runs: int | None, say: Callable[[str], None]) -> Result:
    """Run every comparison by turns, and tell how it stands with the targets."""
    figures: list[Figure] = []
    targets: list[tuple[str, Target, float, bool]] = []
    with benchmark.around():
        for comparison in benchmark.comparisons:
            ours, theirs = _by_turns(comparison, runs or comparison.runs, say)
            found = _figures(comparison, ours, theirs)
            figures.extend(found)
            targets.extend(_held(comparison, found, say))
    return Result(benchmark.name, tuple(figures), tuple(targets), machine())


def _by_turns(comparison: Comparison, runs: int, say: Callable[[str], None]) -> tuple[list[Figures], list[Figures]]:
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for turn in range(1, runs + 1):
        say(f"{comparison.name}: run {turn} of {runs}")
        ours.append(comparison.subject())
        say(f"{comparison.name}: run {turn} of {runs}, baseline: {comparison.baseline_name}")
        theirs.append(comparison.baseline())
    return ours, theirs


def _figures(comparison: Comparison, ours: list[Figures], theirs: list[Figures]) -> list[Figure]:
    found = []
    for name in ours[0]:
        subject = tuple(run[name] for run in ours)
        baseline = tuple(run[name] for run in theirs if name in run)
        middle = median(baseline) if baseline else None
        label = f"{comparison.name}.{name}"
        found.append(Figure(label, median(subject), comparison.baseline_name, middle, subject, baseline))
    return found


def _held(
    comparison: Comparison, figures: list[Figure], say: Callable[[str], None]
) -> list[tuple[str, Target, float, bool]]:
    by_name = {figure.name: figure for figure in figures}
    held = []
    for target in comparison.targets:
        figure = by_name[f"{comparison.name}.{target.figure}"]
        measured = figure.ratio if target.of == "ratio" else figure.subject
        if measured is None and any(one.baseline is not None for one in figures):
            message = f"target {figure.name}: its baseline has no such figure"
            raise ValueError(message)
        if measured is None:
            say(f"{figure.name}: baseline not measured ({comparison.baseline_name}), so its ratio is not told")
            continue
        held.append((figure.name, target, measured, target.is_met(measured)))
    return held


def machine() -> dict[str, str | int | float]:
    """What the numbers depend on: processors, memory, versions, and how busy the machine was."""
    with Path("/proc/meminfo").open(encoding="ascii") as file:
        kilobytes = int(file.readline().split()[1])
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(kilobytes / 1024**2, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
    }
