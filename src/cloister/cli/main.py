"""The entry point: finds the verb, runs it, and turns errors into words and exit codes.

Exit codes: 0 holds; 1 our failure; 2 bad use or bad input; 3 nothing was checked; 10 findings; 11 undecided.
"""

import sys
from importlib import import_module

import click

from cloister import __version__
from cloister.cli.verbs import VERBS
from cloister.errors import CloisterError, Fault, SourceError

_HELP = """The private ML platform that you can prove is closed and that people can work in.

Exit codes: 0 holds; 1 our failure; 2 bad use or bad input; 3 nothing was checked; 10 findings; 11 undecided.
"""


class _LazyGroup(click.Group):
    """A group that imports a verb's module only when that verb runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        module_name, _, attribute = VERBS[cmd_name][0].partition(":")
        try:
            command = getattr(import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            raise missing_extra(cmd_name, error) from error
        if not isinstance(command, click.Command):
            message = f"{module_name}:{attribute} is not a command"
            raise TypeError(message)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


def missing_extra(verb: str, error: ModuleNotFoundError) -> Exception:
    """The fault to tell where a verb of the platform is used on a light install; our own import errors stay ours."""
    if error.name is None or error.name.split(".")[0] == "cloister":
        return error
    return SourceError(
        Fault(
            thing=f"cloister {verb}",
            reason=f'the Python package "{error.name}" is not installed',
            mend="install the platform parts: pip install 'cloister[platform]'",
        )
    )


@click.group(cls=_LazyGroup, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cloister")
def cli() -> None:
    """Hold the verbs together."""


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    try:
        cli(standalone_mode=True)
    except CloisterError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
