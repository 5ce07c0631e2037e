"""An intent that is ready to be asked, or the reason why nobody can ask it here."""

from dataclasses import dataclass

from cloister.inventory.intents import Intent, Side
from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """An intent with the heading that it is listed under.

    `absent` says what the environment lacks for the question to be asked at all, and `mend` in the intent what to add:
    a flow that has no place to start from is missed, not forgotten.
    """

    heading: str
    intent: Intent
    absent: str = ""


def must(heading: str, name: str, question: str, why: str, *, origin: Origin, loop: str = "") -> Posed:
    """A flow: what the question asks for has to be possible."""
    return Posed(heading=heading, intent=_intent(Side.FLOW, name, question, why, origin, loop))


def must_not(heading: str, name: str, question: str, why: str, *, origin: Origin) -> Posed:
    """A part of closure: what the question asks for must not be possible."""
    return Posed(heading=heading, intent=_intent(Side.CLOSURE, name, question, why, origin, ""))


def absent(heading: str, name: str, lack: str, *, mend: str, origin: Origin, loop: str = "") -> Posed:
    """A flow that cannot even be asked for, because the environment lacks a part."""
    intent = Intent(name=name, side=Side.FLOW, question="", why=heading, loop=loop, mend=mend, origin=origin)
    return Posed(heading=heading, intent=intent, absent=lack)


def _intent(side: Side, name: str, question: str, why: str, origin: Origin, loop: str) -> Intent:
    return Intent(name=name, side=side, question=question, why=why, loop=loop, origin=origin)
