"""What is declared in a document: the names that a reference may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Names:
    """Names by section of the document; those that stand inside others are named with these, as `network/subnet`.

    `together` are words for several sections at once.
    """

    sections: Mapping[str, tuple[str, ...]]
    nested: Mapping[str, tuple[str, ...]]
    together: Mapping[str, tuple[str, ...]]

    def among(self, section: str) -> tuple[str, ...]:
        """The names of one section, of those inside others, or of several sections together."""
        if section in self.nested:
            return self.nested[section]
        return tuple(name for one in self.together.get(section, (section,)) for name in self.sections.get(one, ()))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which names the documents for one cloud declare, beside those of their sections.

    `nested` says in which section and under which key inside it names stand, such as `subnets` in `networks`.
    """

    nested: Mapping[str, tuple[str, str]]
    together: Mapping[str, tuple[str, ...]]

    def names(self, plain: Any) -> Names:  # noqa: ANN401 - any JSON value
        """What a document declares, whether it is sound or not, so that one fault is not told a second time."""
        sections = {section: tuple(_members(block)) for section, block in _members(plain).items()}
        nested = {name: _inner(plain, section, inner) for name, (section, inner) in self.nested.items()}
        return Names(sections, nested, self.together)


def _inner(plain: Any, section: str, inner: str) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """What the members of a section declare inside of them, as `member/name`."""
    members = _members(_members(plain).get(section))
    return tuple(f"{name}/{one}" for name, block in members.items() for one in _members(_members(block).get(inner)))


def _members(plain: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    return plain if isinstance(plain, dict) else {}
