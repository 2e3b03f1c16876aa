"""Questions that are asked at the same time become one query."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Gathering(Generic[Q, A]):
    """One query is on its way at a time; whoever asks meanwhile is in the next.

    *answer* takes up to *most* questions and gives an answer to each, in their order. *seconds* is how long the first one
    waits for others. An answer is as new as if it had been asked for alone: the query begins after the question.
    """

    def __init__(
        self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], most: int = 500, seconds: float = 0.0
    ) -> None:
        self._answer, self._most, self._seconds = answer, most, seconds
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Raises what the query raised, to everybody who was in it."""
        given: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, given))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await given

    async def _ask(self) -> None:
        await asyncio.sleep(self._seconds)
        while self._waiting:
            several, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                answers = await self._answer([question for question, _ in several])
            except Exception as error:
                for _, given in several:
                    if not given.done():
                        given.set_exception(error)
                continue
            for (_, given), answer in zip(several, answers, strict=True):
                if not given.done():
                    given.set_result(answer)
