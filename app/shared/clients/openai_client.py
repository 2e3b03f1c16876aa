"""OpenAI, and any server that speaks its protocol."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import openai
from msgspec import Struct
from openai import AsyncOpenAI

from app.config import Settings
from app.db.base import DIMENSIONS
from app.db.session import Database
from app.shared.clients.ledger import paid_call
from app.shared.clients.llm import Prompt, ask_and_repair, json_schema, provider_error
from app.shared.exceptions import AppError, BadAnswer

T = TypeVar("T", bound=Struct)


def connect(settings: Settings) -> AsyncOpenAI:
    """Each paid try is ours: the SDK's own retries are off."""
    return AsyncOpenAI(
        api_key=settings.openai_api_key or "none",
        base_url=settings.openai_base_url,
        timeout=openai.Timeout(settings.provider_timeout_seconds, connect=5),
        max_retries=0,
    )


class OpenAILLM:
    writes = True

    def __init__(self, settings: Settings, db: Database, provider: str) -> None:
        self._client, self._db, self._provider = connect(settings), db, provider
        self._model = settings.openai_model
        self.engine = f"{provider}:{self._model}"

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        return await ask_and_repair(prompt, returns, lambda asked: self._ask(prompt, asked, returns))

    async def _ask(self, prompt: Prompt, asked: str, returns: type[Struct]) -> str:
        async with paid_call(self._db, self._provider, self._model, "generate") as receipt:
            try:
                answer = await self._client.responses.create(
                    model=self._model,
                    instructions=prompt.instructions,
                    input=asked,
                    store=False,
                    text={
                        "format": {
                            "type": "json_schema",
                            "name": returns.__name__,
                            "schema": json_schema(returns),
                            "strict": True,
                        }
                    },
                )
            except openai.OpenAIError as error:
                raise classify(error) from error
            if answer.usage:
                receipt.input_tokens, receipt.output_tokens = answer.usage.input_tokens, answer.usage.output_tokens
            receipt.request_id = answer.id
            return answer.output_text


class OpenAIEmbedder:
    semantic = True
    batch = 128

    def __init__(self, settings: Settings, db: Database) -> None:
        self._client, self._db = connect(settings), db
        self.model = settings.openai_embedding_model

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        async with paid_call(self._db, "openai", self.model, "embed") as receipt:
            try:
                answer = await self._client.embeddings.create(
                    model=self.model, input=list(texts), dimensions=DIMENSIONS
                )
            except openai.OpenAIError as error:
                raise classify(error) from error
            receipt.input_tokens = answer.usage.prompt_tokens
            if len(answer.data) != len(texts):
                raise BadAnswer("The provider answered with another number of vectors than texts.")
            ordered = sorted(answer.data, key=lambda item: item.index)
            return np.array([item.embedding for item in ordered], dtype=np.float32)


def classify(error: openai.OpenAIError) -> AppError:
    if isinstance(error, openai.APIStatusError):
        return provider_error(error.status_code, error.message, error.response.headers.get("retry-after", ""))
    return provider_error(None, str(error))
