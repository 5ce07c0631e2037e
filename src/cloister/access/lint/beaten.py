"""Allows that a deny always beats, as far as that can be told from what is written."""

import re
from collections.abc import Iterator, Sequence

from cloister.access.lint.slips import Slip, slip
from cloister.access.lint.written import Written
from cloister.access.policies import Effect

_EVERY = "*"


def beaten_slips(statements: Sequence[Written]) -> Iterator[Slip]:
    """The allows all of whose actions and resources one deny without conditions speaks of."""
    denies = [one for one in statements if one.read is not None and one.read.effect is Effect.DENY and one.is_plain]
    for allow in statements:
        if not allow.allows or allow.read is None or {"NotAction", "NotResource"} & set(allow.elements):
            continue
        deny = next((one for one in denies if _covers(one, allow)), None)
        if deny is not None:
            yield slip("beaten", allow.at, allow.place, deny=deny.name)


def _covers(deny: Written, allow: Written) -> bool:
    actions = all(
        any(_within(one.text.casefold(), wide.text.casefold()) for wide in deny.actions) for one in allow.actions
    )
    return actions and all(any(_within(one.text, wide.text) for wide in deny.resources) for one in allow.resources)


def _within(narrow: str, wide: str) -> bool:
    """Whether whatever matches `narrow` matches `wide` as well. Each star of `narrow` has to fall to a star."""
    letters = {_EVERY: ".*", "?": "[^*]"}
    return (
        re.fullmatch("".join(letters.get(letter, re.escape(letter)) for letter in wide), narrow, re.DOTALL) is not None
    )
