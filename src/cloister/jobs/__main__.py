"""`python -m cloister.jobs --config FILE`: the agent as a process of its own."""

import argparse
import logging
import sys
from pathlib import Path

from cloister.errors import CloisterError
from cloister.jobs.agent import run_agent
from cloister.jobs.config import read_config


def main() -> int:
    """Run the agent; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m cloister.jobs", description="Run Azure ML v2 jobs on this machine."
    )
    parser.add_argument("--config", type=Path, required=True, help="the agent's configuration (JSON)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        run_agent(read_config(arguments.config))
    except CloisterError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
