"""The router's process: `python -m cloister.serving --config FILE`."""

import argparse
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from cloister.errors import CloisterError
from cloister.gateway.rights.opening import open_guard
from cloister.serving.admission import Guarded
from cloister.serving.config import RouterConfig, read_config
from cloister.serving.running import build, run
from cloister.store import migrate, open_store


def main() -> None:
    """Serve until SIGTERM; leaves with the fault's exit code where that cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m cloister.serving")
    parser.add_argument("--config", type=Path, required=True)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        config = read_config(parser.parse_args().config, RouterConfig)
        engine = open_store(config.database_url)
        migrate(engine, "serving")
        guard = open_guard(config.gateway, engine, config.signing_key, lambda: datetime.now(UTC)).guard
        try:
            run(config, build(config, engine, Guarded(guard), guard.key))
        finally:
            guard.audit.close()
    except CloisterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log of a process is its stderr
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
