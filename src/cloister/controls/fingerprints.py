"""What stays of a finding or an unmet intent when lines move: SARIF and baselines know it again by that."""

from hashlib import sha256

from cloister.ask.judgement import Judged
from cloister.controls.control import Told
from cloister.inventory.intents import Side

RULES = {Side.CLOSURE: "CLOSURE", Side.FLOW: "FLOW"}
"""The rule that an intent that is not met is a result of."""


def fingerprint(rule: str, key: str) -> str:
    """One for each rule and key. Neither may hold a line, or the name of a file."""
    return sha256(f"{rule}\n{key}".encode()).hexdigest()


def key_of_told(told: Told) -> str:
    """What tells a finding apart from the others of its control."""
    return f"{told.resource}\n{told.message}"


def of_told(told: Told) -> str:
    """The fingerprint of a finding, a doubt or what is due."""
    return fingerprint(told.control, key_of_told(told))


def of_intent(judged: Judged) -> str:
    """The fingerprint of an intent."""
    return fingerprint(RULES[judged.intent.side], judged.intent.name)
