"""`cloister up`: run the platform of one cloister.yaml here, until Ctrl-C; or, with --once, prove that it works."""

from pathlib import Path

import click

from cloister.ask.judgement import Judgement, judge
from cloister.cli.once import tell_story
from cloister.cli.progress import Talk, print_result
from cloister.gateway.identity.keys import load_key
from cloister.inventory.azure import Inventory
from cloister.jobs.desk.service import JobService
from cloister.platform.announcement import Announcement
from cloister.platform.gateway_settings import settings_file
from cloister.platform.interrupts import StopRequest, interrupts
from cloister.platform.lifecycle import Life, State
from cloister.platform.process import Process
from cloister.platform.roles_walk import check_walk, walk_roles
from cloister.platform.starting import DEFAULT_PORT, DEFAULT_SERVING_PORT, Options, Platform, started
from cloister.platform.supervisor import Watcher
from cloister.platform.users import logins_to_show, logins_were_shown
from cloister.sources.reading import read
from cloister.store import open_store

_PORT = click.IntRange(1, 65535)
_PATH = click.Path(path_type=Path)
_TOLD = frozenset({State.READY, State.PAUSED, State.FAILED})


@click.command()
@click.argument("file", type=_PATH, default="cloister.yaml")
@click.option("--home", type=_PATH, help="Where the platform keeps everything.  [default: .cloister beside FILE]")
@click.option("--port", type=_PORT, help=f"Port of the gateway on 127.0.0.1.  [default: {DEFAULT_PORT}]")
@click.option("--serving-port", type=_PORT, help=f"Port of the endpoints.  [default: {DEFAULT_SERVING_PORT}]")
@click.option(
    "--database",
    default="",
    envvar="CLOISTER_DATABASE",
    metavar="URL",
    help="A PostgreSQL database; one with a password belongs into CLOISTER_DATABASE.  [default: SQLite in the home]",
)
@click.option("--gateway", type=_PATH, help="Settings of the gateway.  [default: gateway.yaml beside FILE, if there]")
@click.option("--once", is_flag=True, help="Self-check: run the whole story in a home of its own, then stop.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--quiet", is_flag=True, help="Leave the progress out.")
def up(  # noqa: PLR0913 - one for each option
    *,
    file: Path,
    home: Path | None,
    port: int | None,
    serving_port: int | None,
    database: str,
    gateway: Path | None,
    once: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run the platform of FILE here, until Ctrl-C.

    Prints how closed the environment is and how usable, the addresses, the logins (generated passwords are shown once),
    and what each role could and could not do when it was tried.
    """
    talk = Talk(quiet=quiet)
    if once:
        tell_story(talk, home=home, port=port, serving_port=serving_port, database=database, as_json=as_json)
        return
    at = home or file.absolute().parent / ".cloister"
    ports = port or DEFAULT_PORT, serving_port or DEFAULT_SERVING_PORT
    options = Options(file, at, *ports, database, settings_file(file, gateway))
    with interrupts() as signals:
        try:
            inventory = read(file)
            with talk.working("judging the environment"):
                judgement = judge(inventory)
            with started(options, inventory, _follow(talk), signals) as platform:
                _announce(talk, platform, inventory, judgement, as_json=as_json)
                platform.supervisor.wait_failed()
        except StopRequest:
            talk.say("stopped")


def _announce(talk: Talk, platform: Platform, inventory: Inventory, judgement: Judgement, *, as_json: bool) -> None:
    """Wait until all processes are ready, try every role, and tell it all."""
    with talk.working("starting"):
        platform.supervisor.wait_ready()
    with talk.working("trying what each role can and cannot do"):
        announcement = _found_out(platform, inventory, judgement)
    print_result(announcement.to_json() if as_json else announcement.to_text())
    logins_were_shown(platform.home)
    check_walk(announcement.rows)
    talk.say("\nCtrl-C stops everything; a second one stops waiting for it.")


def _found_out(platform: Platform, inventory: Inventory, judgement: Judgement) -> Announcement:
    engine = open_store(platform.settings.database_url)
    try:
        rows = walk_roles(platform.settings.url, inventory, load_key(platform.home.signing_key), engine)
        agents = JobService(engine, platform.home.jobs).agents()
    finally:
        engine.dispose()
    isolation = agents[0].isolation if agents else "no agent takes them"
    home = platform.home
    return Announcement(home, platform.settings, judgement, isolation, logins_to_show(home), rows)


def _follow(talk: Talk) -> Watcher:
    """Tell of every process that became ready or ended by itself."""

    def hear(process: Process, life: Life) -> None:
        if life.state in _TOLD:
            talk.say(f"  {process.name}: {life.state}")
        talk.now(f"{process.name}: {life.state}")

    return hear
