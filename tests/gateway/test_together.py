"""Who asks the same at once: one question, one answer, and nothing kept that was forgotten meanwhile."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import pytest

from cloister.gateway.identity.remembering import Remembering
from cloister.gateway.together import Together


class Answering:
    """Answers with the number of the question, once it is let."""

    def __init__(self) -> None:
        self.together = Together[int]()
        self.asked = 0
        self.kept: list[int] = []
        self.may_answer = asyncio.Event()

    async def answer(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        return number

    async def asking(self) -> "asyncio.Task[int]":
        """Somebody who asks, and waits."""
        task = asyncio.create_task(self.together.of("churn", self.answer, self.kept.append))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return task


def test_who_asks_the_same_at_once_gets_one_answer_and_the_next_asks_anew() -> None:
    async def story() -> tuple[list[int], int, list[int]]:
        one = Answering()
        tasks = [await one.asking() for _ in range(3)]
        one.may_answer.set()
        return [await task for task in tasks], await (await one.asking()), one.kept

    assert asyncio.run(story()) == ([1, 1, 1], 2, [1, 2])


def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    async def story() -> tuple[int, list[int]]:
        one = Answering()
        first, second = await one.asking(), await one.asking()
        first.cancel()
        await asyncio.sleep(0)
        one.may_answer.set()
        return await second, one.kept

    assert asyncio.run(story()) == (1, [1])


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_forgotten_meanwhile_is_asked_anew_and_its_answer_not_kept(*, everything: bool) -> None:
    async def story() -> tuple[int, int, list[int]]:
        one = Answering()
        first = await one.asking()
        forget = one.together.forget_all if everything else partial(one.together.forget, "churn")
        forget()
        second = await one.asking()
        one.may_answer.set()
        return await first, await second, one.kept

    assert asyncio.run(story()) == (1, 2, [2])


def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        message = "no"
        raise ValueError(message)

    async def story() -> list[object]:
        together, kept = Together[int](), list[int]()
        asked = [together.of("churn", fail, kept.append) for _ in range(2)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        return [*map(repr, found), kept]

    assert asyncio.run(story()) == ["ValueError('no')"] * 2 + [[]]


def test_a_user_is_looked_up_once_for_all_who_wait_and_anew_after_a_change() -> None:
    asked: list[str] = []

    async def ask(name: str) -> int:
        asked.append(name)
        number = len(asked)
        await asyncio.sleep(0)
        return number

    async def story() -> list[int]:
        users = Remembering(ask, lambda: datetime(2026, 11, 26, tzinfo=UTC))
        found = [*await asyncio.gather(*(users.of("ada") for _ in range(3))), await users.of("ada")]
        users.forget()
        early = asyncio.create_task(users.of("ada"))
        await asyncio.sleep(0)
        users.forget()  # what is on its way may be of before the change
        return [*found, await users.of("ada"), await early, await users.of("ada")]

    assert asyncio.run(story()) == [1, 1, 1, 1, 3, 2, 3]
