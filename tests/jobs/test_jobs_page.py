from pathlib import Path

import click

from cloister.cli.job import job
from cloister.jobs.reading.kinds import REFUSED_KINDS
from cloister.jobs.reading.known_keys import keys_of

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "jobs.md").read_text()
YAML_PAGE = (DOCS / "jobs" / "yaml.md").read_text()


def test_the_page_names_every_kind_of_job_that_is_refused() -> None:
    assert [kind for kind in REFUSED_KINDS if f"`{kind}`" not in YAML_PAGE] == []


def test_the_page_shows_every_verb_with_options_that_it_has() -> None:
    shown: dict[str, set[str]] = {}
    for line in PAGE.splitlines():
        if line.startswith("cloister job "):
            verb, *rest = line.removeprefix("cloister job ").split()
            shown.setdefault(verb, set()).update(word for word in rest if word.startswith("--"))
    # One is there to say that it is refused.
    assert set(shown) == set(job.commands) - {"connect-ssh"}
    for verb, options in shown.items():
        known = {option for p in job.commands[verb].params if isinstance(p, click.Option) for option in p.opts}
        assert options <= known


def test_the_page_says_of_every_mapped_key_what_becomes_of_it() -> None:
    places = ("pipeline_job", "settings", "command_step", "command_component_step", "command_job", "resources")
    mapped = {key for place in places for key in keys_of(place).notes}
    assert {key for key in mapped if key not in YAML_PAGE} == set()
