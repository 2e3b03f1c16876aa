"""A second provider that writes while the first one's lane is closed."""

from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct

from app.shared.clients.failures import LaneClosed
from app.shared.clients.llm import LLM, Moderation, Prompt, Transcript

T = TypeVar("T", bound=Struct)

_WROTE: ContextVar[str | None] = ContextVar("wrote", default=None)


class WithFallback:
    """Writes with the first engine, or with the second where the first isn't to be called now. Vectors always come from
    the first: those of two models can't be compared."""

    writes = True

    def __init__(self, first: LLM, second: LLM) -> None:
        self._first, self._second = first, second
        self.moderates, self.transcribes = first.moderates, first.transcribes
        self.embedding_model, self.semantic = first.embedding_model, first.semantic
        self.embedding_batch = first.embedding_batch

    @property
    def engine(self) -> str:
        """What wrote last in this step; before that, the first engine."""
        return _WROTE.get() or self._first.engine

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        try:
            answer = await self._first.generate(prompt, returns)
            _WROTE.set(self._first.engine)
        except LaneClosed:
            answer = await self._second.generate(prompt, returns)
            _WROTE.set(self._second.engine)
        return answer

    async def stream(self, prompt: Prompt) -> AsyncIterator[str]:
        """Prose, piece by piece; what was begun by one engine is not ended by the other."""
        begun = False
        try:
            _WROTE.set(self._first.engine)
            async for piece in self._first.stream(prompt):
                begun = True
                yield piece
        except LaneClosed:
            if begun:
                raise
            _WROTE.set(self._second.engine)
            async for piece in self._second.stream(prompt):
                yield piece

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        return await self._first.embed(texts)

    async def moderate(self, text: str) -> Moderation:
        return await self._first.moderate(text)

    async def transcribe(self, file: Path, language: str | None = None) -> Transcript:
        return await self._first.transcribe(file, language)
