"""`cloister agent`: the processes that run steps; one belongs to the platform, more are started by hand."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cloister.cli import azure_options as az
from cloister.sdk import Client

# Steps run as user ids of their own, which must be able to read the code that the agent unpacks for them.
_UMASK = 0o022


@click.group()
def agent() -> None:
    """Start, list and drain agents: the processes that run steps."""


@agent.command()
@click.option("--name", "-n", required=True, help="Its name; no two agents may share one.")
@click.option("--compute", "computes", multiple=True, help="A compute whose steps it runs.  [default: all others]")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="What it has for steps that ask for it.")
@click.option("--places", type=click.IntRange(1), help="How many steps it runs at a time.")
@click.option("--worker-only", is_flag=True, help="Run steps, but own no jobs: lighter.")
@click.option(
    "--home", type=click.Path(path_type=Path), default=".cloister", show_default=True, help="The platform's home."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration to begin with.  [default: that of the platform's own agent]",
)
def start(
    *,
    name: str,
    computes: tuple[str, ...],
    labels: tuple[str, ...],
    places: int | None,
    worker_only: bool,
    home: Path,
    config: Path | None,
) -> None:
    """Run one more agent of a platform, here and until Ctrl-C.

    It shares the platform's database and jobs' folder; nothing connects to it.
    """
    from cloister.jobs.config import another_agent, read_config  # noqa: PLC0415 - the light verbs must not load it
    from cloister.platform.environment import child_environment  # noqa: PLC0415 - as above
    from cloister.platform.home import home_at  # noqa: PLC0415 - as above
    from cloister.platform.secrets import write_secret  # noqa: PLC0415 - as above

    base = read_config(config or home_at(home).config("agent"))
    changes: dict[str, object] = {"labels": az.pairs(labels, "--label"), "orchestrates": not worker_only}
    changes |= {"computes": computes} if computes else {}
    changes |= {"concurrent_steps": places} if places else {}
    made = another_agent(base, name, changes)
    path = made.home / "run" / f"agent-{made.name}.config.json"
    write_secret(path, made.model_dump_json(indent=2))
    os.umask(_UMASK)
    arguments = (sys.executable, "-m", "cloister.jobs", "--config", str(path))
    os.execve(arguments[0], arguments, child_environment(os.environ))  # noqa: S606 - ourselves, with no shell


@agent.command(name="list")
@az.place
@az.shape
def list_(*, form: az.Form) -> None:
    """List the agents: what each serves, and whether it is alive."""
    with Client() as platform:
        found = platform.agents.list()
    az.shown(list(found), form, lambda: "\n".join(map(_line, found)) or "no agents: nothing runs")


@agent.command()
@click.option("--name", "-n", required=True, help="The agent.")
@az.place
@az.shape
def drain(*, name: str, form: az.Form) -> None:
    """Ask an agent to finish what it runs, to take nothing more, and to leave."""
    with Client() as platform:
        found = platform.agents.drain(name)
    az.shown(found, form, lambda: _line(found))


def _line(found: Mapping[str, Any]) -> str:
    labels = "".join(f" {key}={value}" for key, value in sorted(found["labels"].items()))
    serves = f"{found['places']} places, computes {' '.join(found['computes'])}{labels}"
    runs = serves if found["places"] else "runs no steps"
    owns = "owns jobs" if found["orchestrates"] else "owns no jobs"
    return f"{found['name']}  {found['state']}  {found['host']}  {runs}, {owns}"
