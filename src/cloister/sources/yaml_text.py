"""Values as YAML that reads back as they were."""

import yaml

from cloister.sources.written import IMPLICIT

_ONE_LINE = 1_000_000


class QuotingDumper(yaml.SafeDumper):
    """Quotes what either YAML 1.1 or our reader would take for something else than text."""


for _tag, _pattern, _first in IMPLICIT:
    QuotingDumper.add_implicit_resolver(_tag, _pattern, _first)


def flow_text(value: object) -> str:
    """One value on one line, as an author would write it inside of a document."""
    written = yaml.dump(
        [value], Dumper=QuotingDumper, default_flow_style=True, sort_keys=False, width=_ONE_LINE, allow_unicode=True
    )
    return written.strip()[1:-1]
