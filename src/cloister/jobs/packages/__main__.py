"""`python -m cloister.jobs.packages --config FILE`: the package index as a process of its own; ends on SIGTERM."""

import argparse
import logging
import sys
import time
from pathlib import Path

from cloister.errors import CloisterError
from cloister.jobs.packages.config import IndexConfig, read_config
from cloister.jobs.packages.index import Index
from cloister.jobs.packages.keeping import Keeping
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.serving import server
from cloister.jobs.packages.shelf import Shelf
from cloister.store import migrate, open_store


def main() -> int:
    """Serve the index; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cloister.jobs.packages", description="Serve allowed packages.")
    parser.add_argument("--config", type=Path, required=True, help="the index's configuration (JSON)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        config = read_config(arguments.config)
    except CloisterError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    serve(config)
    return 0


def serve(config: IndexConfig) -> None:
    """Serve until SIGTERM."""
    engine = open_store(config.database_url)
    migrate(engine, "jobs")
    index = Index(Shelf(engine, config.folder, time.time), PackageRequests(engine, time.time))
    index.shelf.files.mkdir(mode=0o700, parents=True, exist_ok=True)
    Keeping(index, config.upstream).start()
    server(index, config.host, config.port).run()


if __name__ == "__main__":
    sys.exit(main())
