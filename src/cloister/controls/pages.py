"""The documentation of the controls, one page each and an index: `python -m cloister.controls.pages docs/controls`.

Written from the controls and their cases; a test fails when a page is stale.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cloister.controls.cases import Case, Cases, cases_of
from cloister.controls.catalogue import catalogue
from cloister.controls.control import Control, Decided, Entry

_DECIDED = {
    Decided.INVENTORY: "from what the environment declares",
    Decided.REACH: "from what can reach what",
    Decided.EXPORT: "from what was seen of the running estate, or else from a person's dated statement",
    Decided.ATTESTED: "from a person's dated statement",
}
_INDEX = """# Controls

Each control is a claim about an environment that can be true. `cloister check` says for which resources it is not, with
the mend. Ids are never reused. Written from the controls by `python -m cloister.controls.pages docs/controls`; a test
fails when a page is stale. [The published guidance](../guidance.md) has them by the rows that they answer, and
[compared](../compared.md) by the checks of other tools.

| id | claim | severity | pillar |
|---|---|---|---|
"""
_HOW_TO_ADD = """
## Adding one

1. `src/cloister/controls/TOPIC/azNNN_slug.py`, with the next free number: `CONTROL` (metadata; the import fails without
   it), `subjects(inventory)` (the resources that it is about) and `check(subject, environment)`, which yields findings,
   doubts where a fact is missing, or what is due where only a person can tell. About 40 lines; what two controls share
   goes into a module of its own.
2. `azNNN_slug.cases.yaml` beside it: specs for which the claim holds, does not hold, cannot be told, or has to be
   asked, each laid over a blueprint (`azure-hub-spoke` unless it names another), with the whole answer expected, and
   the changes that mend it.
3. Where the mend is certain, so that nobody has to choose, give the finding the change as well:
   `fix=(edit(resource.origin, "public_network_access", value=False),)`. The tests apply it to each failing case, and
   `cloister check --fix` to the documents of users.
4. `python -m cloister.controls.pages docs/controls`. The catalogue finds the control by its file name.
5. Its title in each other language: a line in `src/cloister/controls/report/languages/titles.LANGUAGE.tsv`.

A control that goes away leaves its id in `RETIRED` in `catalogue.py`.
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    entries = catalogue()
    rows = "".join(_row(entry) for entry in entries) + _HOW_TO_ADD
    written = {file_of(entry): page(entry, cases_of(entry)) for entry in entries}
    return {"README.md": _INDEX + rows, **written}


def page(entry: Entry, cases: Cases | None) -> str:
    """The page of one control as Markdown."""
    control = entry.control
    decided = f"**Decided** {_DECIDED[control.decided]}."
    parts = [
        f"# {control.id}: {control.title}",
        f"**Severity** {control.severity.value}. **Pillar** {control.pillar.value}. {decided}",
        f"## Why\n\n{control.why}",
        f"## Remedy\n\n{control.remedy}",
        "## Sources\n\n"
        + "\n".join(f"- [{one.document}]({one.url}), {one.clause} (read {one.read})" for one in control.sources),
        "## The same claim elsewhere\n\n" + ", ".join(f"`{alias}`" for alias in control.aliases),
        *(_examples(cases) if cases else ()),
        *_asked(control, cases),
    ]
    return "\n\n".join(parts) + "\n"


def _row(entry: Entry) -> str:
    control = entry.control
    return (
        f"| [{control.id}]({file_of(entry)}) | {control.title} | {control.severity.value} | {control.pillar.value} |\n"
    )


def file_of(entry: Entry) -> str:
    """The name of the page of a control."""
    return f"{entry.subjects.__module__.rpartition('.')[2]}.md"


def _passing(case: Case) -> str:
    if not case.spec:
        return f"- {_sentence(case.name)}: the blueprint `{case.blueprint}` as it is."
    return f"- {_sentence(case.name)}:\n\n{_yaml(case.spec)}"


def _told(case: Case, mended: str) -> str:
    return "\n\n".join(
        [f"### {_sentence(case.name)}", _yaml(case.spec), "\n".join(_lines(case)), *_also(case), *_mended(case, mended)]
    )


def _lines(case: Case) -> Iterator[str]:
    for told in case.told:
        yield f"- {told.resource}: {told.message}.\n  Mend: {told.mend.rstrip('.')}."


def _also(case: Case) -> Iterator[str]:
    if case.also:
        yield f"It follows that {', '.join(case.also)} report{'s' if len(case.also) == 1 else ''} as well."


def _mended(case: Case, words: str) -> Iterator[str]:
    if case.mended:
        yield f"{words.capitalize()}:\n\n{_yaml(case.mended)}"
    else:
        yield f"{words.capitalize()} taking it out."


def _undecided(cases: Cases) -> str:
    if not cases.undecidable and not cases.never_undecided:
        return "Where the input does not tell, a person is asked."
    if not cases.undecidable:
        return f"Never: {cases.never_undecided[0].lower()}{cases.never_undecided[1:]}"
    return "\n\n".join(_told(case, "decided by") for case in cases.undecidable)


def _examples(cases: Cases) -> Iterator[str]:
    yield "## It holds\n\n" + "\n\n".join(_passing(case) for case in cases.passing)
    yield "## It does not hold\n\n" + "\n\n".join(_told(case, "mended by") for case in cases.failing)
    yield "## It cannot be told\n\n" + _undecided(cases)


def _asked(control: Control, cases: Cases | None) -> Iterator[str]:
    """What a person is asked, and when."""
    if control.question:
        yield f"## It is asked of a person\n\n{control.question}"
        yield from (_told(case, "told by") for case in (cases.due if cases else ()))


def _yaml(spec: Mapping[str, Any]) -> str:
    return f"```yaml\n{yaml.safe_dump(dict(spec), sort_keys=False, width=100)}```"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def write(folder: Path) -> None:
    """Put every page into the folder, and take out those of controls that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stale in set(folder.glob("*.md")) - {folder / name for name in written}:
        stale.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
