"""A body that was promised: what of it is handed on, and when."""

import asyncio
import hashlib

import pytest
from starlette.types import Message

from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.passing.promised import Promised


def handed_on(pieces: list[bytes], promised: bytes, *, gone: bool = False) -> tuple[list[bytes], str]:
    """The pieces that are handed on, and how it ends: whole, refused, or gone."""
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces[:-1]]
    messages.append({"type": "http.request", "body": pieces[-1], "more_body": False})
    if gone:
        messages[-1] = {"type": "http.disconnect"}

    async def receive() -> Message:
        return messages.pop(0)

    async def taken() -> tuple[list[bytes], str]:
        held = Promised(receive, hashlib.sha256(promised).hexdigest())
        found: list[bytes] = []
        while True:
            try:
                message = await held()
            except UnauthenticatedError:
                return found, "refused"
            if message["type"] != "http.request":
                return found, "gone"
            found.append(message["body"])
            if not message["more_body"]:
                return found, "whole"

    return asyncio.run(taken())


@pytest.mark.parametrize(
    ("pieces", "promised", "expected"),
    [
        pytest.param([b"ab"], b"ab", ([b"ab"], "whole"), id="in one piece"),
        pytest.param([b""], b"", ([b""], "whole"), id="no body"),
        pytest.param([b"a", b"b", b"c"], b"abc", ([b"a", b"bc"], "whole"), id="in several pieces"),
        pytest.param([b"a", b"b", b""], b"ab", ([b"a", b"b"], "whole"), id="its end told on its own"),
        pytest.param([b"a", b"", b"b"], b"ab", ([b"ab"], "whole"), id="an empty piece between"),
        pytest.param([b"ab"], b"ax", ([], "refused"), id="another one piece"),
        pytest.param([b"a", b"b", b"c"], b"abx", ([b"a"], "refused"), id="another last piece"),
        pytest.param([b"a", b"b", b""], b"ax", ([b"a"], "refused"), id="another piece before its end"),
        pytest.param([b"a", b""], b"", ([], "refused"), id="a body where none was signed"),
    ],
)
def test_the_last_piece_is_held_back_until_it_is_certain(
    pieces: list[bytes], promised: bytes, expected: tuple[list[bytes], str]
) -> None:
    assert handed_on(pieces, promised) == expected


def test_of_a_body_that_breaks_off_the_piece_at_hand_is_dropped() -> None:
    assert handed_on([b"a", b"b", b"c"], b"abc", gone=True) == ([b"a"], "gone")
