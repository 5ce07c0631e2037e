"""Everything that is stated about an environment: in the file beside its document, and in the document's comments."""

from datetime import date
from pathlib import Path

from cloister.inventory.statements import Statements
from cloister.sources.reading import text_of, translate
from cloister.sources.statements.comments import Inline, has_waivers, inline_waivers
from cloister.sources.statements.file import Stated, read_statements

_MISSING = "write it as docs/attestations.md shows, or name another file"
_ENDING = ".attestations.yaml"


def beside(path: Path) -> Path:
    """Where the statements about a document stand: `cloister.attestations.yaml` for `cloister.yaml`."""
    return path.with_name(f"{path.stem}{_ENDING}")


def read_all_stated(path: Path, named: Path | None, today: date, text: str | None = None) -> Stated:
    """What is stated about the document at `path`, in the file that is named or else in the one beside it, if any.

    `text` is read in the place of the document where it is given.
    Raises SourceError where a file cannot be read, SpecError where it is no YAML.
    """
    file = named or beside(path)
    of_file = (
        read_statements(text_of(file, _MISSING), str(file), today) if named or file.exists() else Stated(Statements())
    )
    inline = _inline(path, today, text_of(path) if text is None else text)
    statements = of_file.statements
    every = Statements(statements.attestations, (*inline.waivers, *statements.waivers), statements.file)
    return Stated(every, (*inline.faults, *of_file.faults))


def _inline(path: Path, today: date, text: str) -> Inline:
    return inline_waivers(text, str(path), translate(path, text=text).tree, today) if has_waivers(text) else Inline()
