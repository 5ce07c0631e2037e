"""The monitoring process: asks for due runs and has each evaluated. `python -m cloister.monitoring --config FILE`."""

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cloister.errors import CloisterError
from cloister.lifeline import die_with
from cloister.monitoring.config import MonitoringConfig, read_config
from cloister.monitoring.service import MonitorService
from cloister.store import migrate, open_store

_log = logging.getLogger(__name__)
_SAID = 2000


def watch(config: MonitoringConfig, file: Path, stopped: threading.Event) -> None:
    """Have runs evaluated, one after the other, until stopped; a run that a crash cut off is run again."""
    engine = open_store(config.database_url)
    migrate(engine, "monitoring")
    service = MonitorService(engine)
    service.give_back()
    while not stopped.is_set():
        try:
            service.request_due()
            run = service.take()
            if run is not None:
                _evaluate(service, run.id, config, file)
                continue
        except SQLAlchemyError:
            _log.exception("the monitors cannot be read")
        stopped.wait(config.poll_seconds)


def _evaluate(service: MonitorService, number: int, config: MonitoringConfig, file: Path) -> None:
    command = [sys.executable, "-m", "cloister.monitoring.evaluate", "--config", str(file), "--run", str(number)]
    try:
        ended = subprocess.run(
            [*command, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=config.run_within_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        service.fail(number, f"it took longer than {config.run_within_seconds:.0f} s")
        return
    if ended.returncode:
        _log.warning("run %d: %s", number, ended.stderr[-_SAID:])
        # No effect where the evaluation told its own reason.
        service.fail(number, f"the evaluation ended with code {ended.returncode}: {ended.stderr[-_SAID:].strip()}")


def main() -> None:
    """Watch until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m cloister.monitoring")
    parser.add_argument("--config", type=Path, required=True)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        file = parser.parse_args().config
        config = read_config(file)
        if config.parent:
            die_with(config.parent)
        watch(config, file, stopped)
    except CloisterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log of a process is its stderr
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
