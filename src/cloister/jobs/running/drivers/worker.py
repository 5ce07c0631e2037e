"""The program of one process of a parallel step: the entry script's `init`, then `run` for each mini batch it is given.

It hears on one pipe and answers on another, a line of JSON each; what the script prints goes where all output goes.
"""

import ctypes
import functools
import importlib.util
import inspect
import io
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, Any

_PR_SET_PDEATHSIG = 1


def main(text: str) -> int:
    """Serve until told to end; returns 0 unless `shutdown` failed."""
    spec: dict[str, Any] = json.loads(text)
    _die_with(spec["parent"])
    for descriptor in (spec["hears"], spec["answers"]):
        # What the script starts must not hold them open.
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the function takes no name for it
    script = _Script(spec)
    with os.fdopen(spec["answers"], "w", encoding="utf-8", buffering=1) as answers:
        if not _tried(answers, {"told": "init"}, script.init):
            return 1
        with os.fdopen(spec["hears"], encoding="utf-8") as heard:
            for line in heard:
                run = functools.partial(script.run, json.loads(line), answers)
                _tried(answers, {"told": "done"}, run)
        return 0 if _tried(answers, {"told": "shutdown"}, script.shutdown) else 1


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Nobody sends the signal for a parent that is dead already.
    if os.getppid() != parent:
        os._exit(1)


def _tried(answers: "IO[str]", answer: "dict[str, Any]", call: "Callable[[], dict[str, Any] | None]") -> bool:
    """Whether the call went well; the answer says so, or why not."""
    try:
        answer |= call() or {}
    except Exception as error:  # noqa: BLE001 - whatever the script raises ends this call and nothing else
        traceback.print_exc()
        answer["error"] = "".join(traceback.format_exception_only(type(error), error)).strip()
    except SystemExit as error:
        answer["error"] = f"the script called exit({error.code!r})"
    sys.stdout.flush()
    sys.stderr.flush()
    answers.write(json.dumps(answer) + "\n")
    return "error" not in answer


class _Script:
    """The entry script with its functions."""

    def __init__(self, spec: "dict[str, Any]") -> None:
        self._spec = spec
        self._path = Path(spec["entry_script"]).resolve()
        self._module = ModuleType("entry")
        self._takes_context = False

    def init(self) -> None:
        sys.argv = [str(self._path), *self._spec["arguments"]]
        sys.path.insert(0, str(self._path.parent))
        _provide_entry_script(self._spec)
        found = importlib.util.spec_from_file_location(self._path.stem, self._path)
        if found is None or found.loader is None or not self._path.exists():
            raise FileNotFoundError(f"the code holds no entry script {self._spec['entry_script']}")
        self._module = importlib.util.module_from_spec(found)
        # As an import would: what the script defines may be pickled by what it calls.
        sys.modules[self._path.stem] = self._module
        found.loader.exec_module(self._module)
        if not callable(getattr(self._module, "run", None)):
            raise AttributeError("the entry script defines no run(mini_batch)")  # noqa: TRY004 - nothing has a wrong type
        self._takes_context = len(inspect.signature(self._module.run).parameters) > 1
        if callable(start := getattr(self._module, "init", None)):
            start()

    def run(self, batch: "dict[str, Any]", answers: "IO[str]") -> "dict[str, Any]":
        """What the mini batch came to: how many rows it returned, which are in the file that it names."""
        if "table" in batch:
            import pandas as pd

            given: Any = pd.read_pickle(batch["table"])  # noqa: S301 - the step wrote it for itself
        else:
            given = list(batch["files"])
        answers.write(json.dumps({"told": "loaded", "index": batch["index"]}) + "\n")
        context = SimpleNamespace(
            minibatch_index=batch["index"],
            mini_batch_id=batch["index"],
            dataset_name=self._spec["input"],
            partition_key_value=batch["keys"],
        )
        rows = self._module.run(given, context) if self._takes_context else self._module.run(given)
        text, count = _as_text(rows)
        target = Path(batch["rows"])
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        draft.write_bytes(text)
        draft.replace(target)
        return {"returned": count, "rows_bytes": len(text)}

    def shutdown(self) -> None:
        if callable(stop := getattr(self._module, "shutdown", None)):
            stop()


def _as_text(rows: Any) -> "tuple[bytes, int]":
    """The rows as lines, and how many there are; a table's columns stand side by side with a space between."""
    if hasattr(rows, "to_csv") and hasattr(rows, "columns"):
        out = io.StringIO()
        rows.to_csv(out, sep=" ", header=False, index=False)
        return out.getvalue().encode(), len(rows)
    if hasattr(rows, "tolist"):
        rows = rows.tolist()
    if not isinstance(rows, (list, tuple)):
        raise TypeError(f"run() returned {type(rows).__name__}; it must return a list, a tuple or a DataFrame")
    return "".join(f"{row}\n" for row in rows).encode(), len(rows)


def _provide_entry_script(spec: "dict[str, Any]") -> None:
    """Make `from azureml_user.parallel_run import EntryScript` work, as it does where Azure ML runs the script.

    Source: https://learn.microsoft.com/azure/machine-learning/how-to-debug-parallel-run-step (read 2026-11).
    """
    logger = logging.getLogger("parallel_run")
    logger.setLevel(spec["logging_level"])
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    entry = SimpleNamespace(logger=logger, working_dir=str(Path.cwd()))
    package, module = ModuleType("azureml_user"), ModuleType("azureml_user.parallel_run")
    module.__dict__["EntryScript"] = lambda: entry
    package.__dict__["parallel_run"] = module
    sys.modules |= {"azureml_user": package, "azureml_user.parallel_run": module}
