"""`python -m cloister.jobs --config FILE`: the agent as a process of its own."""

import argparse
import logging
import os
import sys
from pathlib import Path

from cloister.errors import CloisterError
from cloister.jobs.config import read_config
from cloister.jobs.desk.ticking import tick_until
from cloister.jobs.engine.agent import run_agent


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
    code = 0
    try:
        run_agent(read_config(arguments.config), tick_until)
    except CloisterError as error:
        sys.stderr.write(f"{error}\n")
        code = error.exit_code
    except Exception:
        logging.getLogger(__name__).exception("the agent ends")
        code = 1
    return code


if __name__ == "__main__":
    ended = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # At once, with the engine's threads as they are; see run_agent.
    os._exit(ended)
