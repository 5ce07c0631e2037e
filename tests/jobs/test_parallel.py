"""Parallel steps as real processes: what `run` is given, what becomes of it, and what is done a second time."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cloister.jobs.planning.plan import Constant, FromSnapshot, Parallel, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.running.commands import Ended
from cloister.jobs.running.lines import arguments_of, line_of

if TYPE_CHECKING:
    from tests.jobs.conftest import RunLine

SCRIPT = """\
import os, sys, time

def init():
    global given
    given = sys.argv[1:]

def run(mini_batch):
    {body}

def shutdown():
    print("bye")
"""


@dataclass
class Bench:
    """The folders of one parallel step, with files a, b, c, ... as its input."""

    root: Path
    run_line: "RunLine"
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("code", "data", "out", "checkpoints"):
            (self.root / name).mkdir()
        self.variables["CLOISTER_CHECKPOINT_FOLDER"] = str(self.root / "checkpoints")

    def files(self, *names: str) -> None:
        for name in names:
            (self.root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / "data" / name).write_text(name)

    def table(self, described: str, **files: str) -> None:
        (self.root / "data" / "MLTable").write_text(described)
        for name, text in files.items():
            (self.root / "data" / f"{name}.csv").write_text(text)

    def line(self, parallel: Parallel, kind: str = "uri_folder", instances: int = 1) -> str:
        step = PlannedStep(
            "a",
            "",
            (
                PlannedInput("data", kind, FromSnapshot("data/0")),
                PlannedInput("names", "string", Constant("one two")),
            ),
            (PlannedOutput("rows", "uri_file"), PlannedOutput("folder", "uri_folder")),
            parallel=parallel,
            instance_count=instances,
        )
        inputs = {"data": str(self.root / "data"), "names": "one two"}
        return line_of(step, inputs, {"rows": str(self.root / "rows"), "folder": str(self.root / "out")})

    def run(
        self, body: str, parallel: Parallel, kind: str = "uri_folder", *, script: str = SCRIPT
    ) -> tuple[Ended, list[str]]:
        """How it ended, and its log without times, in lines."""
        (self.root / "code" / "entry.py").write_text(script.replace("{body}", body))
        ended, log = self.run_line(self.line(parallel, kind), self.root / "code", self.variables)
        return ended, [re.sub(r"; \d+\.\d s$", "", line) for line in log.splitlines()]

    @property
    def rows(self) -> list[str]:
        return (self.root / "rows").read_text().splitlines()


@pytest.fixture
def bench(tmp_path: Path, run_line: "RunLine") -> Bench:
    return Bench(tmp_path, run_line)


ROWS = Parallel("entry.py", "data", append_row_to="rows", mini_batch_size="2")


def test_files_come_in_mini_batches_and_the_rows_in_one_file(bench: Bench) -> None:
    bench.files("b", "a", "sub/d", "c", "e")
    body = "return [f\"{len(mini_batch)}: {os.path.relpath(p, '../data')} {given}\" for p in mini_batch]"
    wanted = replace(
        ROWS, program_arguments="--error_threshold 0 --copy_logs_to_parent=True -n ${{inputs.names}} 'x y'"
    )
    ended, log = bench.run(body, wanted)
    assert ended == Ended(0), log
    told = "['-n', 'one two', 'x y']"
    assert bench.rows == [f"{n}: {name} {told}" for n, name in [(2, "a"), (2, "b"), (2, "c"), (2, "e"), (1, "sub/d")]]
    assert log == [
        "cloister: without effect here: --copy_logs_to_parent",
        "cloister: 5 files in 3 mini batches, 1 at a time",
        "[process 0] bye",
        "cloister: 3 mini batches: 3 done, 0 failed; 5 items: 5 processed",
    ]


def test_processes_run_side_by_side_up_to_their_number(bench: Bench) -> None:
    """Each waits for the other: one at a time would never end."""
    bench.files("a", "b", "c", "d")
    body = """\
name = os.path.basename(mini_batch[0])
    other = {"a": "b", "b": "a", "c": "d", "d": "c"}[name]
    open(name, "w").close()
    while not os.path.exists(other):
        time.sleep(0.01)
    return [os.getpid()]"""
    ended, log = bench.run(body, replace(ROWS, mini_batch_size="", processes_per_instance=2))
    assert ended == Ended(0), log
    assert (len(bench.rows), len(set(bench.rows))) == (4, 2)


def test_instances_count_as_more_processes(bench: Bench) -> None:
    assert '"processes": 6' in bench.line(replace(ROWS, processes_per_instance=2), instances=3)


FAILS = 'assert not mini_batch[0].endswith("b"), "no b"\n    return mini_batch'


def test_a_mini_batch_that_fails_is_tried_again_and_then_left_out(bench: Bench) -> None:
    bench.files("a", "b", "c")
    ended, log = bench.run(FAILS, replace(ROWS, mini_batch_size="1", max_retries=1))
    assert ended == Ended(0)
    assert [Path(row).name for row in bench.rows] == ["a", "c"]
    told = [line for line in log if line.startswith("cloister:")]
    assert told == [
        "cloister: 3 files in 3 mini batches, 1 at a time",
        "cloister: mini batch 1 is tried again: AssertionError: no b",
        "cloister: mini batch 1 has failed, tries: 2: AssertionError: no b",
        "cloister: 3 mini batches: 2 done, 1 failed; 3 items: 2 processed",
    ]
    assert '[process 0]     assert not mini_batch[0].endswith("b"), "no b"' in log


def test_where_everything_fails_that_is_known_to_after_the_first(bench: Bench) -> None:
    bench.files("a", "b", "c")
    wanted = replace(ROWS, mini_batch_size="1", max_retries=1, mini_batch_error_threshold=0)
    ended, log = bench.run("raise ValueError(mini_batch[0][-1])", wanted)
    assert (ended, log[-1]) == (Ended(1), "cloister: 3 mini batches: 0 done, 1 failed, 2 not run; 3 items: 0 processed")
    told = [line for line in log if line.startswith("cloister: mini batch ")]
    assert told == [
        "cloister: mini batch 0 is tried again: ValueError: a",
        "cloister: mini batch 0 has failed, tries: 2: ValueError: a",
    ]


def test_a_module_of_the_authors_may_be_called_as_ours(bench: Bench) -> None:
    bench.files("a")
    (bench.root / "code" / "drivers.py").write_text("def rows(b): return b")
    ended, log = bench.run("from drivers import rows\n    return rows(mini_batch)", ROWS)
    assert (ended, len(bench.rows)) == (Ended(0), 1), log


TOO_MANY: list[tuple[str, dict[str, Any], str]] = [
    (
        "mini batches",
        {"mini_batch_error_threshold": 0},
        "1 mini batches have failed, more than mini_batch_error_threshold: 0",
    ),
    ("items", {"error_threshold": 0}, "1 items have failed, more than error_threshold: 0"),
    (
        "items, as an argument, which wins",
        {"error_threshold": 9, "program_arguments": "--error_threshold 0"},
        "1 items have failed, more than error_threshold: 0",
    ),
    (
        "a part of the mini batches",
        {"program_arguments": "--allowed_failed_percent 33"},
        "1 mini batches have failed, more than --allowed_failed_percent: 33",
    ),
]


@pytest.mark.parametrize(("settings", "reason"), [row[1:] for row in TOO_MANY], ids=[row[0] for row in TOO_MANY])
def test_more_failures_than_allowed_fail_the_step(bench: Bench, settings: dict[str, Any], reason: str) -> None:
    bench.files("a", "b", "c")
    ended, log = bench.run(FAILS, replace(ROWS, mini_batch_size="1", max_retries=0, **settings))
    assert (ended, log[-2:]) == (
        Ended(1),
        [
            f"cloister: the step has failed: {reason}",
            "cloister: 3 mini batches: 1 done, 1 failed, 1 not run; 3 items: 1 processed",
        ],
    )
    assert not (bench.root / "rows").exists()


def test_rows_that_are_missing_count_as_failed_items_and_not_as_failed_mini_batches(bench: Bench) -> None:
    bench.files("a", "b", "c", "d")
    one_each = "return mini_batch[:1]"
    ended, log = bench.run(one_each, replace(ROWS, mini_batch_error_threshold=0, error_threshold=2))
    assert (ended, log[-1]) == (Ended(0), "cloister: 2 mini batches: 2 done, 0 failed; 4 items: 2 processed")
    ended, log = bench.run(one_each, replace(ROWS, mini_batch_error_threshold=0, error_threshold=1))
    assert (ended, log[-2]) == (
        Ended(1),
        "cloister: the step has failed: 2 items have failed, more than error_threshold: 1",
    )


def test_a_process_that_hangs_is_ended_with_its_children_and_replaced(bench: Bench) -> None:
    bench.files("a", "b")
    marker = f"71.{os.getpid()}"
    body = f"""\
if mini_batch[0].endswith("a") and not os.path.exists("tried"):
        open("tried", "w").close()
        os.system("sleep {marker}")
    return [os.getpid(), os.popen("pgrep -f '[s]leep {marker}'").read()]"""
    ended, log = bench.run(body, replace(ROWS, mini_batch_size="1", mini_batch_timeout_seconds=1))
    assert ended == Ended(0), log
    assert "cloister: mini batch 0 is tried again: it took longer than its timeout of 1 s" in log
    # What the one that hung had started is gone when its successor is asked, long before the step ends.
    assert bench.rows == [bench.rows[0], "", bench.rows[0], ""]


def test_a_process_that_dies_is_replaced_and_the_log_says_how(bench: Bench) -> None:
    bench.files("a", "b")
    body = 'mini_batch[0].endswith("a") and os.kill(os.getpid(), 11)\n    return mini_batch'
    ended, log = bench.run(body, replace(ROWS, mini_batch_size="1", max_retries=0))
    assert (ended, len(bench.rows)) == (Ended(0), 1)
    assert "cloister: mini batch 0 has failed, tries: 1: its process was ended by SIGSEGV" in log


BROKEN = [
    ("init raises", "def init(): raise ValueError('no model')\ndef run(b): return b", "ValueError: no model"),
    ("no run", "def init(): pass", "AttributeError: the entry script defines no run(mini_batch)"),
    (
        "it cannot be imported",
        "import nothing_of_that_name",
        "ModuleNotFoundError: No module named 'nothing_of_that_name'",
    ),
    ("it leaves", "import sys\nsys.exit(3)", "the script called exit(3)"),
]


@pytest.mark.parametrize(("script", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_script_that_cannot_start_fails_the_step_at_once(bench: Bench, script: str, reason: str) -> None:
    bench.files("a", "b")
    ended, log = bench.run("", ROWS, script=script)
    assert (ended, log[-2]) == (Ended(1), f"cloister: the step has failed: init() failed: {reason}")


def test_what_run_returns_must_be_rows(bench: Bench) -> None:
    bench.files("a")
    ended, log = bench.run('return "one row"', replace(ROWS, max_retries=0, mini_batch_error_threshold=0))
    assert ended == Ended(1)
    reason = "TypeError: run() returned str; it must return a list, a tuple or a DataFrame"
    assert f"cloister: mini batch 0 has failed, tries: 1: {reason}" in log


def test_the_level_of_logging_says_how_much_is_told(bench: Bench) -> None:
    bench.files("a")
    script = (
        "from azureml_user.parallel_run import EntryScript\ndef run(b): EntryScript().logger.info('seen'); return b"
    )
    _, log = bench.run("", replace(ROWS, logging_level="WARNING"), script=script)
    assert log == ["cloister: 1 mini batches: 1 done, 0 failed; 1 items: 1 processed"]
    (bench.root / "checkpoints" / "mini_batches" / "finished.jsonl").unlink()
    _, log = bench.run("", replace(ROWS, logging_level="DEBUG"), script=script)
    # What a process prints and what is told of it meet in the log by chance.
    assert {line.partition(" INFO ")[2] or line for line in log} == {
        "cloister: 1 files in 1 mini batches, 1 at a time",
        "cloister: mini batch 0: 1 items to process 0",
        "seen",
        "cloister: mini batch 0: 1 rows for 1 items",
        "cloister: 1 mini batches: 1 done, 0 failed; 1 items: 1 processed",
    }


def test_what_is_done_is_not_done_again_after_a_kill(bench: Bench) -> None:
    bench.files(*"abcdef")
    body = """\
with open("../ran", "a") as ran:
        ran.write(os.path.basename(mini_batch[0]))
    if mini_batch[0].endswith("d") and not os.path.exists("../killed"):
        with open("../killed.new", "w") as killed:
            killed.write(str(os.getpid()))
        os.rename("../killed.new", "../killed")
        time.sleep(60)
    return mini_batch"""
    wanted = replace(ROWS, mini_batch_size="1")
    (bench.root / "code" / "entry.py").write_text(SCRIPT.replace("{body}", body))
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **bench.variables}
    killed = subprocess.Popen(
        ["/bin/sh", "-c", bench.line(wanted)], cwd=bench.root / "code", env=environment, stdout=subprocess.DEVNULL
    )
    while not (bench.root / "killed").exists():
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    orphan = Path("/proc") / (bench.root / "killed").read_text()
    give_up = time.monotonic() + 10
    while orphan.exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not orphan.exists()
    ended, log = bench.run(body, wanted)
    assert (ended, [Path(row).name for row in bench.rows]) == (Ended(0), list("abcdef"))
    assert (bench.root / "ran").read_text() == "abcddef"
    assert log[1] == "cloister: 3 mini batches are done by an earlier attempt"
    assert log[-1] == "cloister: 6 mini batches: 6 done (3 by an earlier attempt), 0 failed; 6 items: 6 processed"


def test_what_was_done_for_other_work_counts_for_nothing(bench: Bench) -> None:
    bench.files("a", "b")
    bench.run("return mini_batch", ROWS)
    bench.files("c")
    _, log = bench.run("return mini_batch", ROWS)
    assert log[-1] == "cloister: 2 mini batches: 2 done, 0 failed; 3 items: 3 processed"


def test_when_the_time_is_up_every_process_may_end_in_its_own_way(bench: Bench) -> None:
    bench.files("a")
    body = """\
import signal
    signal.signal(signal.SIGTERM, lambda *_: (print("saved"), os._exit(0)))
    print("ready")
    time.sleep(60)"""
    (bench.root / "code" / "entry.py").write_text(SCRIPT.replace("{body}", body))
    ended, log = bench.run_line(bench.line(ROWS), bench.root / "code", bench.variables, timeout_seconds=1.5)
    assert ended == Ended(128 + signal.SIGKILL, timed_out=True)
    assert log.splitlines()[1:] == ["[process 0] ready", "[process 0] saved"]


CSV = "kind,size\n" + "".join(f"{'xyz'[n % 3]},{n}\n" for n in range(90))
READ = "paths: [{file: ./t.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n"


def test_a_table_comes_in_pieces_of_about_so_many_bytes(bench: Bench) -> None:
    bench.table(READ, t=CSV)
    body = "return mini_batch.head(2).assign(rows=len(mini_batch), why='a b')"
    ended, log = bench.run(body, replace(ROWS, mini_batch_size="200b"), "mltable")
    assert ended == Ended(0), log
    # 90 rows in 440 bytes: 40 rows a mini batch. Columns stand side by side as Azure ML writes them.
    assert bench.rows == [
        'x 0 40 "a b"',
        'y 1 40 "a b"',
        'y 40 40 "a b"',
        'z 41 40 "a b"',
        'z 80 10 "a b"',
        'x 81 10 "a b"',
    ]


def test_a_table_comes_in_partitions_and_run_is_told_which(bench: Bench) -> None:
    bench.table(READ, t=CSV)
    script = "def run(b, context): return [(context.minibatch_index, context.partition_key_value, len(b))]"
    wanted = replace(ROWS, mini_batch_size="", partition_keys=("kind",))
    ended, log = bench.run("", wanted, "mltable", script=script)
    assert ended == Ended(0), log
    assert bench.rows == [f"({n}, {{'kind': '{kind}'}}, 30)" for n, kind in enumerate("xyz")]


UNREADABLE = [
    ("no table", "mltable", "2", "{root}/data holds no file MLTable"),
    (
        "a size for files",
        "uri_folder",
        "2kb",
        'mini_batch_size is "2kb", but the input is a list of files: give how many of them',
    ),
]


@pytest.mark.parametrize(
    ("kind", "size", "reason"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_an_input_that_cannot_be_cut_fails_the_step_with_the_reason(
    bench: Bench, kind: str, size: str, reason: str
) -> None:
    bench.files("a")
    ended, log = bench.run("return mini_batch", replace(ROWS, mini_batch_size=size), kind)
    assert (ended, log) == (Ended(1), [f"cloister: the step cannot be run: {reason.format(root=bench.root)}"])


ARGUMENTS = [
    ("-a ${{inputs.x}} -b", ["-a", "it's one", "-b"]),
    ("'${{inputs.x}}' \"${{outputs.o}}/m\"", ["it's one", "/out put/m"]),
    ("--in=${{ inputs.x }}$[[ --not ${{inputs.absent}}]]", ["--in=it's one"]),
    (">-\n  --a 1\n  --b 2", [">-", "--a", "1", "--b", "2"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "words"), ARGUMENTS)
def test_what_an_expression_stands_for_is_one_argument(text: str, words: list[str]) -> None:
    assert arguments_of(text, {"x": "it's one"}, {"o": "/out put"}) == words
