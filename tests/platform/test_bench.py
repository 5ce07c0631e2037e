import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
from click.testing import CliRunner

from cloister.cli.bench import bench
from cloister.errors import SpecError
from cloister.platform import bench as frame
from cloister.platform.bench import BENCHES, Benchmark, Comparison, Figures, Target, find_benchmark, run_benchmark


def measuring(calls: list[str], name: str, **figures: tuple[float, ...]) -> Callable[[], Figures]:
    turns = {figure: cycle(values) for figure, values in figures.items()}

    def measure() -> Figures:
        calls.append(name)
        return {figure: next(values) for figure, values in turns.items()}

    return measure


def comparison(calls: list[str], *targets: Target) -> Comparison:
    return Comparison(
        "start",
        measuring(calls, "ours", seconds=(5.0, 9.0, 4.0), megabytes=(100.0,)),
        "plain server",
        measuring(calls, "theirs", seconds=(2.0, 4.0, 100.0)),
        targets,
        runs=3,
    )


@pytest.mark.parametrize(
    ("target", "measured", "met"),
    [
        (Target("seconds", 5.0), 5.0, True),
        (Target("seconds", 4.9), 5.0, False),
        (Target("seconds", 2.25, "ratio"), 2.25, True),
        (Target("seconds", 2.2, "ratio"), 2.25, False),
        (Target("seconds", at_least=5.0), 5.0, True),
        (Target("seconds", of="ratio", at_least=2.3), 2.25, False),
        (Target("seconds", 6.0, at_least=4.0), 5.0, True),
    ],
)
def test_medians_targets_and_ratios_of_neighbouring_runs(target: Target, measured: float, met: bool) -> None:
    calls: list[str] = []
    result = run_benchmark(Benchmark("b", (comparison(calls, target),)), None, lambda _: None)
    assert calls == ["ours", "theirs"] * 3
    document = result.to_document()
    machine = document.pop("machine")
    assert isinstance(machine, dict)
    assert set(machine) == {"processor", "cores", "memory_gb", "kernel", "python", "load_1m"}
    assert document == {
        "name": "b",
        "figures": {
            "start.seconds": {
                "subject": 5.0,
                "baseline": 4.0,
                "baseline_name": "plain server",
                "subject_runs": [5.0, 9.0, 4.0],
                "baseline_runs": [2.0, 4.0, 100.0],
            },
            "start.megabytes": {
                "subject": 100.0,
                "baseline": None,
                "baseline_name": "plain server",
                "subject_runs": [100.0] * 3,
                "baseline_runs": [],
            },
        },
        "ratios": {"start.seconds": 2.25},
        "targets": {"start.seconds": {**target.bounds, "of": target.of, "measured": measured, "met": met}},
        "met": met,
    }


@pytest.mark.parametrize(
    ("target", "text", "bounds"),
    [
        (Target("seconds", 5.0), "subject <= 5", {"at_most": 5.0}),
        (Target("rate", of="ratio", at_least=0.9), "ratio >= 0.9", {"at_least": 0.9}),
        (Target("rate", 2.0, at_least=1.0), "subject >= 1 <= 2", {"at_least": 1.0, "at_most": 2.0}),
    ],
)
def test_a_target_tells_its_bounds(target: Target, text: str, bounds: dict[str, float]) -> None:
    assert (str(target), target.bounds) == (text, bounds)


def test_what_all_comparisons_share_is_up_while_they_run() -> None:
    calls: list[str] = []

    @contextmanager
    def around() -> Iterator[None]:
        calls.append("up")
        yield
        calls.append("down")

    run_benchmark(Benchmark("b", (comparison(calls),), around), 1, lambda _: None)
    assert calls == ["up", "ours", "theirs", "down"]


def test_runs_of_the_caller_win() -> None:
    calls: list[str] = []
    run_benchmark(Benchmark("b", (comparison(calls),)), 1, lambda _: None)
    assert calls == ["ours", "theirs"]


def test_a_ratio_target_without_a_baseline_figure_is_our_error() -> None:
    subject = comparison([], Target("megabytes", 1, "ratio"))
    with pytest.raises(ValueError, match="baseline has no such figure"):
        run_benchmark(Benchmark("b", (subject,)), 1, lambda _: None)


def test_an_unknown_benchmark_is_told_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match="take one of: check, environments, gateway, jobs, policies, read, reach, up"):
        find_benchmark("upp")


@pytest.mark.parametrize("name", BENCHES)
def test_every_registered_benchmark_can_be_found(name: str) -> None:
    assert find_benchmark(name).name == name


@pytest.mark.parametrize(("at_most", "code", "word"), [(5.0, 0, "met"), (1.0, 10, "MISSED")])
def test_the_verb_prints_a_table_or_one_document(
    monkeypatch: pytest.MonkeyPatch, at_most: float, code: int, word: str
) -> None:
    # The table of benchmarks is our own module's: the real ones take minutes.
    tried = Benchmark("tried", (comparison([], Target("seconds", at_most)),))
    monkeypatch.setattr("cloister.cli.bench.find_benchmark", lambda _: tried)
    table = CliRunner().invoke(bench, ["tried"])
    assert table.exit_code == code
    assert table.stdout.splitlines()[1].split() == [
        *("start.seconds", "5", "4", "(plain", "server)", "2.25", "subject", "<=", f"{at_most:g}", word),
    ]
    document = json.loads(CliRunner().invoke(bench, ["tried", "--json"]).stdout)
    assert set(document) == {"name", "figures", "ratios", "targets", "met", "machine"}
    assert document["met"] is (code == 0)


def test_the_list_names_each_benchmark_with_its_line() -> None:
    listed = CliRunner().invoke(bench, ["--list"]).stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(frame.BENCHES)


def test_a_baseline_that_cannot_run_here_is_told_and_its_ratio_is_no_target() -> None:
    told: list[str] = []
    subject = Comparison(
        "start", lambda: {"seconds": 1.0}, "a compiler", dict, (Target("seconds", 1, "ratio"),), runs=1
    )
    result = run_benchmark(Benchmark("b", (subject,)), None, told.append)
    assert (result.targets, result.figures[0].ratio) == ((), None)
    assert told[-1] == "start.seconds: baseline not measured (a compiler), so its ratio is not told"
