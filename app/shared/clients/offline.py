"""No model: pipelines take their measured path. Its embeddings see words, not meaning."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np
from msgspec import Struct

from app.shared.clients.embeddings import hash_texts
from app.shared.clients.llm import Moderation, Prompt, Transcript

T = TypeVar("T", bound=Struct)


class OfflineLLM:
    """Signed feature hashing for vectors; asking it for prose, verdicts or speech is a mistake in our code."""

    engine = "offline"
    writes = moderates = transcribes = False
    embedding_model = "strand-hashing-2"
    semantic = False
    embedding_batch = 256

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        self._refuse(f"to write {returns.__name__} for {prompt.name}")

    def stream(self, prompt: Prompt) -> AsyncIterator[str]:
        self._refuse(f"to write for {prompt.name}")

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        return await asyncio.to_thread(hash_texts, texts)

    async def moderate(self, text: str) -> Moderation:
        self._refuse(f"to moderate {len(text)} characters")

    async def transcribe(self, file: Path, language: str | None = None) -> Transcript:  # noqa: ARG002
        self._refuse(f"to transcribe {file.name}")

    def _refuse(self, what: str) -> NoReturn:
        raise RuntimeError(f"The offline engine was asked {what}.")
