"""Finds out by trying how far this machine lets a step be kept apart, and shapes each step's command accordingly."""

import asyncio
import io
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloister.jobs.commands import Command, Log, start
from cloister.jobs.config import AgentConfig
from cloister.jobs.folders import StepFolder
from cloister.jobs.isolation import Isolation, hidden_folders, interpreter_folders, untraversable, user_id, view
from cloister.jobs.preparing import Prepared, give_to

_PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Confinement:
    """How steps are kept apart on this machine."""

    isolation: Isolation
    hidden: tuple[Path, ...]
    interpreter: tuple[Path, ...]

    def command(self, job: str, step: str, prepared: Prepared, environment: Mapping[str, str]) -> Command:
        """The command, with the view and the user that the isolation gives it."""
        if self.isolation.kind == "none":
            return Command(prepared.line, prepared.folder.code, environment)
        own = self.isolation.own_user
        uid = user_id(job, step) if own else None
        if uid is not None:
            give_to(prepared.writes, uid)
        readable = tuple(dict.fromkeys(self.interpreter + prepared.reads))
        return Command(
            prepared.line,
            prepared.folder.code,
            environment,
            uid=uid,
            new_user_namespace=not own,
            view=view(
                hidden=self.hidden,
                untraversable=tuple(untraversable(self.interpreter)) if own else (),
                readable=readable,
                writable=prepared.writes,
            ),
        )


def confine(config: AgentConfig, environment: Mapping[str, str]) -> Confinement:
    """The strongest isolation that works here, tried out with a real command."""
    hidden = hidden_folders(config.home, (config.jobs_folder, *config.hidden_folders), environment)
    interpreter = interpreter_folders(Path(sys.executable), Path(sys.prefix), Path(sys.base_prefix))
    if not config.isolate:
        return Confinement(Isolation("none", "isolate is false in the agent's configuration"), hidden, interpreter)
    best = Isolation("user-and-namespaces" if os.geteuid() == 0 else "namespaces", "")
    wanted = Confinement(best, hidden, interpreter)
    if reason := asyncio.run(_trial(config, wanted)):
        return Confinement(Isolation("none", reason), hidden, interpreter)
    return wanted


async def _trial(config: AgentConfig, confinement: Confinement) -> str:
    """Why a step would not run, or would see too much; empty where all is well."""
    folder = StepFolder(config.jobs_folder / ".probe")
    folder.clear()
    witness = config.jobs_folder / ".witness"
    witness.touch(mode=0o600)
    line = f'test ! -e "{witness}" && touch "{folder.making}/x" && "{sys.executable}" -c "import json"'
    out = io.BytesIO()
    try:
        command = confinement.command("probe", "probe", Prepared(line, folder, ()), {"PATH": "/usr/bin:/bin"})
        ended = await (await start(command)).ended(Log(out, (), limit_bytes=10_000), _PROBE_SECONDS)
    except OSError as error:
        return str(error)
    finally:
        witness.unlink(missing_ok=True)
        shutil.rmtree(folder.root, ignore_errors=True)
    told = out.getvalue().decode(errors="replace").strip().replace("\n", "; ")
    return "" if ended.code == 0 else told or ended.reason
