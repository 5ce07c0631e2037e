"""Actions: every one that the code asks about is known, and belongs to a kind of resource."""

import re
from pathlib import Path

import cloister
from cloister.facts.actions import kinds, known_actions

# Written onto the record without a question to the policies; keys of conditions.
_NOT_ASKED = {"cloister:LogIn", "cloister:AuthenticationAge", "cloister:Owned"}


def test_every_action_of_the_platform_is_in_the_table() -> None:
    sources = Path(cloister.__file__).parent.rglob("*.py")
    asked = {found for file in sources for found in re.findall(r'"(cloister:[A-Z][A-Za-z]+)"', file.read_text())}
    known = {action for action in known_actions() if action.startswith("cloister:")}
    assert known == asked - _NOT_ASKED


def test_kinds_are_names_and_nothing_else_of_the_table() -> None:
    assert [kind for kind in kinds() if not re.fullmatch(r"[a-z]+(-[a-z]+)?", kind) or kind.endswith("-name")] == []
