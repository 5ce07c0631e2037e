"""A statement as it is written: its elements as lists of texts with their places, and its meaning where it has one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cloister.access.globs import actions as patterns_of_actions
from cloister.access.lint.slips import Place, Places, nearest_place
from cloister.access.policies import Statement
from cloister.facts.actions import known_actions

Element = Literal["Action", "Resource"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an element, and where it stands."""

    text: str
    at: str
    place: Place


@dataclass(frozen=True, slots=True)
class Written:
    """One statement of a document. `read` is None where it is not understood."""

    at: str
    place: Place
    elements: Mapping[str, object]
    read: Statement | None
    actions: tuple[Text, ...]
    resources: tuple[Text, ...]

    @property
    def name(self) -> str:
        """Its Sid, or its place in the document."""
        sid = self.elements.get("Sid")
        return sid if isinstance(sid, str) and sid else self.at

    @property
    def allows(self) -> bool:
        """Whether it allows."""
        return self.elements.get("Effect") == "Allow"

    @property
    def is_plain(self) -> bool:
        """Whether it has neither a condition nor a Not element, so that its texts say all of it."""
        return not {"Condition", "NotAction", "NotResource"} & set(self.elements)

    @property
    def names_calls(self) -> bool:
        """Whether it speaks of calls of an API."""
        return any(one.text.casefold().startswith("execute-api:") for one in self.actions)

    @property
    def known(self) -> frozenset[str]:
        """The actions that are known here and that it speaks of."""
        if not self.actions:
            return frozenset()
        spoken = patterns_of_actions((one.text for one in self.actions), inverted="NotAction" in self.elements)
        return frozenset(action for action in known_actions() if spoken.matches(action))


def written(elements: Mapping[str, object], at: str, places: Places, read: Statement | None) -> Written:
    """The statement at a JSON pointer."""
    texts = {element: tuple(_texts(elements, element, at, places)) for element in ("Action", "Resource")}
    return Written(at, nearest_place(places, at), elements, read, texts["Action"], texts["Resource"])


def _texts(elements: Mapping[str, object], element: str, at: str, places: Places) -> Iterator[Text]:
    for key in (element, f"Not{element}"):
        value = elements.get(key, [])
        for index, one in enumerate(value if isinstance(value, list) else [value]):
            where = f"{at}/{key}/{index}" if isinstance(value, list) else f"{at}/{key}"
            if isinstance(one, str):
                yield Text(one, where, nearest_place(places, where))
