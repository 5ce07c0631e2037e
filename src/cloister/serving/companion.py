"""The monitoring process beside the router: started with it, started again when it ends, stopped with it.

It is named, not imported: monitoring knows nothing of serving, and reads the files that workers collect.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from cloister.serving.config import RouterConfig
from cloister.serving.process import write_private

_log = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_STOP_SECONDS = 5.0


def references_path(serving: Path) -> Path:
    """The folder of reference files that monitors compare with."""
    return serving / "references"


async def accompany(config: RouterConfig) -> None:
    """Keep the monitoring process running until cancelled."""
    file = config.serving / "monitoring.json"
    document = {
        "database_url": config.database_url,
        "collected": str(config.serving / "collected"),
        "references": str(references_path(config.serving)),
        "parent": os.getpid(),
    }
    pause = _FIRST_PAUSE_SECONDS
    while True:
        write_private(file, json.dumps(document))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cloister.monitoring", "--config", str(file)), stdin=asyncio.subprocess.DEVNULL
        )
        try:
            code = await process.wait()
        finally:
            await _stop(process)
        _log.warning("the monitoring process ended with code %d; it is started again in %.0f s", code, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
