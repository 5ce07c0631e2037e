"""An intent that is ready to be asked, or the reason why nobody can ask it here."""

from dataclasses import dataclass

from cloister.inventory.intents import Intent, Side
from cloister.origin import Origin

Way = tuple[str, ...]
"""Questions that belong together: a way to meet an intent is all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """An intent of a pack with the ways to meet it, of which one is enough; without any, its own question or flows.

    `absent` says what the environment lacks for the question to be asked at all, and `mend` in the intent what to add:
    a flow that has no place to start from is missed, not forgotten. `unknown` says why nobody can tell. `disputed` says
    that sources disagree whether it is needed: then it can be met or undecided, and not missed. `otherwise` is what the
    owner can do instead of closing what a rule lets out. `action` is what a person or a job does there. `need` is what
    a published page calls the traffic, where it is required by one.
    """

    heading: str
    intent: Intent
    pack: str = ""
    ways: tuple[Way, ...] = ()
    absent: str = ""
    unknown: str = ""
    disputed: str = ""
    otherwise: str = ""
    action: str = ""
    need: str = ""

    @property
    def place(self) -> str:
        """Where its questions start from; empty where nobody can ask one."""
        question = self.ways[0][0] if self.ways else self.intent.question
        return question.partition(" -> ")[0]


def must(  # noqa: PLR0913 - an intent has that many parts
    heading: str,
    name: str,
    question: str,
    why: str,
    *,
    origin: Origin,
    loop: str = "",
    mend: str = "",
    action: str = "",
) -> Posed:
    """A flow: what the question asks for has to be possible."""
    intent = Intent(name=name, side=Side.FLOW, question=question, why=why, loop=loop, mend=mend, origin=origin)
    return Posed(heading=heading, intent=intent, action=action)


def must_one_way(heading: str, name: str, ways: tuple[Way, ...], why: str, *, origin: Origin, mend: str = "") -> Posed:
    """A flow that can be met in several ways."""
    intent = Intent(name=name, side=Side.FLOW, why=why, mend=mend, origin=origin)
    return Posed(heading=heading, intent=intent, ways=ways)


def must_not(heading: str, name: str, question: str, why: str, *, origin: Origin, otherwise: str = "") -> Posed:
    """A part of closure: what the question asks for must not be possible."""
    intent = Intent(name=name, side=Side.CLOSURE, question=question, why=why, origin=origin)
    return Posed(heading=heading, intent=intent, otherwise=otherwise)


def absent(heading: str, name: str, lack: str, *, mend: str, origin: Origin, loop: str = "") -> Posed:
    """A flow that cannot even be asked for, because the environment lacks a part."""
    intent = Intent(name=name, side=Side.FLOW, question="", why=heading, loop=loop, mend=mend, origin=origin)
    return Posed(heading=heading, intent=intent, absent=lack)
