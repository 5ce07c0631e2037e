"""One run of a monitor: frames are read, signals computed, the result stored. `python -m cloister.monitoring.evaluate`.

A process of its own, so that pandas and SciPy are in memory only while they are needed.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from cloister.errors import CloisterError
from cloister.lifeline import die_with
from cloister.monitoring.config import MonitoringConfig, read_config
from cloister.monitoring.frames import read_collected, read_reference
from cloister.monitoring.references import find
from cloister.monitoring.schedule import Monitor
from cloister.monitoring.service import MonitorService, utc_now
from cloister.monitoring.signals import evaluate_signal
from cloister.monitoring.values import MonitorRun
from cloister.store import open_store


def evaluate(monitor: Monitor, collected: Path, references: Path, now: datetime) -> MonitorRun:
    """What every signal comes to at `now`. Raises SourceError where a reference cannot be read."""
    folder = collected / monitor.target.endpoint / monitor.target.deployment
    results, unreadable, earliest = [], 0, now
    for signal in monitor.signals:
        since, until = signal.window.of(now)
        found = read_collected(folder, since, until)
        reference = read_reference(find(references, signal.reference.file))
        results.append(evaluate_signal(signal, monitor.target, reference, found.rows))
        unreadable, earliest = max(unreadable, found.unreadable_lines), min(earliest, since)
    return MonitorRun(monitor.name, monitor.target, now, earliest, unreadable, tuple(results))


def run_once(config: MonitoringConfig, number: int) -> None:
    """Evaluate the monitor of a run that was taken, and store what came of it."""
    service = MonitorService(open_store(config.database_url))
    run = service.show_run(number)
    try:
        monitor = service.show(run.monitor).monitor
        service.complete(number, evaluate(monitor, config.collected, config.references, utc_now()))
    except CloisterError as error:
        service.fail(number, str(error))
        raise


def main() -> None:
    """Evaluate one run; leaves with the fault's exit code where that fails."""
    parser = argparse.ArgumentParser(prog="python -m cloister.monitoring.evaluate")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    arguments = parser.parse_args()
    try:
        die_with(arguments.parent)
        run_once(read_config(arguments.config), arguments.run)
    except CloisterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log of a process is its stderr
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
