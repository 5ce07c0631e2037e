"""The router's process: `python -m cloister.serving --config FILE`."""

import argparse
import logging
import sys
from pathlib import Path

from cloister.errors import CloisterError
from cloister.gateway.audit import AuditLog
from cloister.gateway.guard import Guard
from cloister.gateway.keys import load_key
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
        engine, key = open_store(config.database_url), load_key(config.signing_key)
        migrate(engine, "serving")
        audit = AuditLog(engine)
        guard = Guard(engine=engine, key=key, role_of_group=config.role_of_group, audit=audit, duties=config.duties)
        try:
            run(config, build(config, engine, Guarded(guard), key))
        finally:
            audit.close()
    except CloisterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log of a process is its stderr
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
