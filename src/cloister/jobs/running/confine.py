"""Finds out by trying how far this machine lets a step be kept apart, and shapes each step's command accordingly."""

import asyncio
import contextlib
import io
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cloister.errors import Fault, SourceError
from cloister.jobs.config import AgentConfig
from cloister.jobs.running.call_filter import call_filter
from cloister.jobs.running.commands import Command, start
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.groups import Groups, find_groups
from cloister.jobs.running.isolation import Isolation, hidden_folders, interpreter_folders, untraversable, view
from cloister.jobs.running.limits import UNBOUNDED, StepLimits
from cloister.jobs.running.lines import DRIVERS
from cloister.jobs.running.preparing import Prepared, give_to
from cloister.jobs.running.script_mode import tree
from cloister.jobs.running.users import own_user_id, place_for_users
from cloister.jobs.running.ways_out import WayOut, ways_out

# For one trial after the other, all before `cloister up` loses its own patience.
_FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")
_PATIENCE_SECONDS = (30.0, 50.0)


@dataclass(frozen=True, slots=True)
class Confinement:
    """How steps are kept apart on this machine."""

    isolation: Isolation
    hidden: tuple[Path, ...]
    interpreter: tuple[Path, ...]
    limits: Mapping[str, int]
    together: StepLimits = UNBOUNDED
    groups: Groups | str = "nobody looked"
    ways: tuple[WayOut, ...] = ()
    script_mode: bool = False
    call_filter: bytes = b""
    users: Path | None = None

    def __str__(self) -> str:
        bounds = self.groups
        if isinstance(bounds, str):
            bounds = f"its memory and processes are bounded one by one, NOT as a whole: {bounds}"
        calls = "" if self.call_filter or self.isolation.kind == "none" else "; it may make any call of the kernel"
        return f"{self.isolation}; {bounds}{calls}"

    @contextlib.contextmanager
    def user(self, job: str, step: str) -> Iterator[int | None]:
        """As whom a step runs: a user id that is no other step's until this is left, or None for ourselves."""
        if not self.isolation.own_user or self.users is None:
            yield None
            return
        with own_user_id(self.users, job, step) as uid:
            yield uid

    def command(
        self,
        prepared: Prepared,
        environment: Mapping[str, str],
        uid: int | None,
        limits: StepLimits = UNBOUNDED,
    ) -> Command:
        """The command as the user, with the view that the isolation gives it, within its own limits and the agent's."""
        if uid is not None:
            give_to(prepared.folder, uid)
        plain = Command(
            prepared.line,
            prepared.folder.code,
            environment,
            uid=uid,
            limits=self.limits,
            groups=self.groups if isinstance(self.groups, Groups) else None,
            together=limits.within(self.together),
            call_filter=self.call_filter,
        )
        if not self.isolation.own_view:
            return plain
        ways = self.ways if self.isolation.closed_network else None
        readable = tuple(dict.fromkeys(self.interpreter + prepared.reads))
        return replace(
            plain,
            new_user_namespace=uid is None,
            ways=ways,
            view=view(
                hidden=self.hidden,
                untraversable=tuple(untraversable(self.interpreter)) if uid is not None else (),
                readable=readable,
                writable=prepared.folder.writes,
                ways=ways,
                script_mode=tree(prepared.folder) if self.script_mode else None,
            ),
        )


def confine(config: AgentConfig, environment: Mapping[str, str]) -> Confinement:
    """The strongest isolation that works here, tried out with a real command."""
    plain = Confinement(
        Isolation("none", "isolate is false in the agent's configuration"),
        hidden_folders(config.home, _also_hidden(config), environment),
        (*interpreter_folders(Path(sys.executable), Path(sys.prefix), Path(sys.base_prefix)), DRIVERS),
        config.limits,
        config.step_limits,
        find_groups(config.name, config.jobs_folder),
        ways_out(url for url in (config.gateway_url, *config.reachable) if url),
        users=place_for_users(config.jobs_folder) if os.geteuid() == 0 else None,
    )
    if not config.isolate:
        return plain
    if _FILTERS.exists():
        plain = replace(plain, call_filter=call_filter(os.uname().machine))
    # A view is worth more than folders at /opt/ml in it.
    with_script_mode = _strongest(config, replace(plain, script_mode=True))
    return with_script_mode if with_script_mode.isolation.own_view else _strongest(config, plain)


def _also_hidden(config: AgentConfig) -> Iterator[Path]:
    """Environments too: a step gets its own back, and could hold the locks that others' are built under."""
    yield config.jobs_folder
    yield from config.hidden_folders
    if config.environments_folder is not None:
        yield config.environments_folder


def _strongest(config: AgentConfig, plain: Confinement) -> Confinement:
    """The confinement with the strongest isolation that passes a trial."""
    is_root = os.geteuid() == 0
    best = Isolation("user-and-namespaces" if is_root else "namespaces", "")
    if config.network == "closed":
        if not (reason := _why_not(config, replace(plain, isolation=best))):
            return replace(plain, isolation=best)
    else:
        reason = "network is open in the agent's configuration"
    with_network = replace(plain, isolation=replace(best, network_reason=reason))
    if not (reason := _why_not(config, with_network)):
        return with_network
    if not is_root:
        return replace(plain, isolation=Isolation("none", reason))
    return _with_user_alone(config, replace(plain, isolation=Isolation("user", reason)))


def _with_user_alone(config: AgentConfig, wanted: Confinement) -> Confinement:
    """What is left to root without namespaces, as in many containers. A step that would run as root does not run."""
    for folder in (config.home, config.jobs_folder):
        # To pass, not to list. What else lies in the home has modes of its own, which keep others out.
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    if reason := _why_not(config, wanted):
        told = f"cannot keep steps apart from root: {wanted.isolation.reason}; with a user id alone: {reason}"
        mend = "allow namespaces (containers: CAP_SYS_ADMIN), or run the platform as a user who is not root"
        raise SourceError(Fault(f'agent "{config.name}"', told, mend))
    return wanted


def _why_not(config: AgentConfig, wanted: Confinement) -> str:
    """Why steps cannot be kept apart so; empty where they can. A slow machine is no reason: SourceError after all."""
    for seconds in _PATIENCE_SECONDS:
        with contextlib.suppress(TimeoutError):
            return asyncio.run(_trial(config, wanted, seconds))
    told = "could not find out how far steps can be kept apart: each trial took too long"
    raise SourceError(Fault(f'agent "{config.name}"', told, "start it again when the machine has less to do"))


async def _trial(config: AgentConfig, confinement: Confinement, patience_seconds: float) -> str:
    """Why a step would not run, or would see too much; empty where all is well. Raises TimeoutError."""
    folder = StepFolder(config.jobs_folder / ".probe")
    folder.clear()
    tree(folder).mkdir()
    witness = config.jobs_folder / ".witness"
    witness.touch(mode=0o600)
    seen = "-e" if confinement.isolation.own_view else "-r"
    alone = " && test $(wc -l < /proc/net/dev) = 3" if confinement.isolation.closed_network else ""
    line = f'test ! {seen} "{witness}" && touch "{folder.making}/x" && "{sys.executable}" -c "import json"{alone}'
    out = io.BytesIO()
    try:
        with confinement.user("probe", "probe") as uid:
            command = confinement.command(Prepared(line, folder, ()), {"PATH": "/usr/bin:/bin"}, uid)
            ended = await (await start(command)).ended(Log(out, (), limit_bytes=10_000), patience_seconds)
    finally:
        witness.unlink(missing_ok=True)
        shutil.rmtree(folder.root, ignore_errors=True)
    if ended.timed_out:
        raise TimeoutError
    told = out.getvalue().decode(errors="replace").strip().replace("\n", "; ")
    return "" if ended.code == 0 else told or ended.reason
