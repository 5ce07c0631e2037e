"""The reference page of the command line: `python -m cloister.cli.reference > docs/cli.md` writes it."""

from collections.abc import Iterator

import click

from cloister.cli.main import cli

_HEAD = """# The command line

Written from the commands themselves by `python -m cloister.cli.reference > docs/cli.md`; a test fails when it is stale.

Results go to stdout, talk goes to stderr. Exit codes, everywhere:

| code | means |
|---|---|
| 0 | it holds |
| 1 | our failure |
| 2 | bad use or bad input |
| 3 | nothing was checked |
| 10 | findings, or refused |
| 11 | undecided |
"""


def reference() -> str:
    """The whole page as Markdown, verbs in the order of the table."""
    context = click.Context(cli, info_name="cloister", **cli.context_settings)  # -h as well, as in a real run
    return "\n".join([_HEAD, *_sections(cli, context)])


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context, terminal_width=100, max_content_width=100)
        yield f"## `{inner.command_path}`\n\n```text\n{command.get_help(inner).strip()}\n```\n"
        if isinstance(command, click.Group):
            yield from _sections(command, inner)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
