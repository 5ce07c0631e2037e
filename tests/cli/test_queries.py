"""A part of an answer by a query, in the forms that scripts of `az` read."""

import click
import pytest
from click.testing import CliRunner, Result

from cloister.cli import azure_options as az
from cloister.errors import SpecError

JOBS = [
    {"name": "a", "status": "Completed", "archived": False, "seconds": 1.5, "steps": [1, 2], "tags": {"k": "v"}},
    {"name": "bcd", "status": "Failed", "archived": True, "seconds": None, "steps": [], "tags": {}},
]


@click.command()
@click.option("--list", "many", is_flag=True)
@az.shape
def answer(*, many: bool, form: az.Form) -> None:
    document: object = JOBS if many else JOBS[0]
    az.shown(document, form, lambda: "as text")


def told(*arguments: str) -> Result:
    return CliRunner().invoke(answer, arguments)


FORMS = [
    ("text without a query", (), "as text\n"),
    ("a table without a query", ("-o", "table"), "as text\n"),
    ("a key, as scripts read it", ("--query", "name", "-o", "tsv"), "a\n"),
    ("the order of the options is nothing", ("-o", "tsv", "--query", "name"), "a\n"),
    ("a query without a form is JSON", ("--query", "name"), '"a"\n'),
    ("a key that is not there", ("--query", "studio"), "null\n"),
    ("yes and no, as scripts compare them", ("--query", "archived", "-o", "tsv"), "false\n"),
    ("a line for each", ("--list", "--query", "[].name", "-o", "tsv"), "a\nbcd\n"),
    ("several values", ("--list", "--query", "[].[name, seconds]", "-o", "tsv"), "a\t1.5\nbcd\tNone\n"),
    ("what lies deeper", ("-o", "tsv"), "a\tCompleted\tfalse\t1.5\t2\t\n"),
    (
        "a table of what is asked for",
        ("--list", "--query", "[].{Name: name, State: status}", "-o", "table"),
        "Name  State\na     Completed\nbcd   Failed\n",
    ),
    ("a table of lists", ("--list", "--query", "[].[name, status]", "-o", "table"), "a    Completed\nbcd  Failed\n"),
    ("YAML, which has no colours here", ("--query", "tags", "-o", "yamlc"), "k: v\n"),
    ("JSON, which has none either", ("--query", "steps", "-o", "jsonc"), "[\n  1,\n  2\n]\n"),
    ("nothing", ("-o", "none"), ""),
    ("a filter", ("--list", "--query", "[?status=='Failed'] | [0].name", "-o", "tsv"), "bcd\n"),
]


@pytest.mark.parametrize(("arguments", "printed"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_what_is_printed(arguments: tuple[str, ...], printed: str) -> None:
    assert told(*arguments).stdout == printed


REFUSED = [
    ("no query", "[", "--query [: is no JMESPath: "),
    ("a query that cannot be asked of it", "sum(name)", "--query sum(name): "),
]


@pytest.mark.parametrize(("query", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused(query: str, reason: str) -> None:
    found = told("--query", query)
    assert isinstance(found.exception, SpecError)
    assert str(found.exception).startswith(reason)
    assert found.stdout == ""
