from pathlib import Path

import click

from cloister.cli.job import job
from cloister.jobs.reading import keys

PAGE = (Path(__file__).parents[2] / "docs" / "jobs.md").read_text()


def test_the_page_names_every_kind_of_job_that_is_refused() -> None:
    assert [kind for kind in keys.REFUSED_TYPES if f"`{kind}`" not in PAGE] == []


def test_the_page_shows_every_verb_with_options_that_it_has() -> None:
    shown: dict[str, set[str]] = {}
    for line in PAGE.splitlines():
        if line.startswith("cloister job "):
            verb, *rest = line.removeprefix("cloister job ").split()
            shown.setdefault(verb, set()).update(word for word in rest if word.startswith("--"))
    assert set(shown) == set(job.commands)
    for verb, options in shown.items():
        known = {option for p in job.commands[verb].params if isinstance(p, click.Option) for option in p.opts}
        assert options <= known


def test_the_page_says_of_every_mapped_key_what_becomes_of_it() -> None:
    tables = (keys.PIPELINE, keys.SETTINGS, keys.INLINE_STEP, keys.COMPONENT_STEP, keys.COMMAND_JOB, keys.RESOURCES)
    mapped = {key for table in tables for key in table.notes}
    rare = {"locations", "max_instance_count"}
    assert {key for key in mapped - rare if key not in PAGE} == set()
