"""MLflow reads in what the gateway forwards what the gateway judged, on thousands of requests made to be misread."""

import json
import os
import subprocess
import sys
from pathlib import Path


def test_mlflow_reads_what_was_judged() -> None:
    """In a process of its own: importing MLflow's server starts things."""
    command = [sys.executable, str(Path(__file__).with_name("reading.py")), "--seed", "7", "--cases", "10000"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    told = json.loads(run.stdout)
    assert told["holes"] == []
    assert told["sent"] == 10000
    # Most are refused, but what is let through goes over nearly every route, or the test would say nothing.
    assert 2500 < told["sent"] - told["refused"] < 7500
    assert told["routes"] > 250
