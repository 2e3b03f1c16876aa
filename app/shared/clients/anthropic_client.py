"""Anthropic's messages, with structured output and prompt caching."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import anthropic
import httpx2
import numpy as np
from anthropic import AsyncAnthropic
from msgspec import Struct

from app.config import Settings
from app.shared.clients.failures import of_connection, of_status
from app.shared.clients.ledger import Ledger
from app.shared.clients.llm import (
    LLM,
    Answer,
    Moderation,
    Prompt,
    Rendered,
    Transcript,
    ask_and_repair,
    finished,
    fits,
    json_schema,
    not_its_protocol,
    render,
    understood,
)
from app.shared.clients.meter import Receipt
from app.shared.clients.prices import estimate_tokens
from app.shared.exceptions import AppError

T = TypeVar("T", bound=Struct)

WORTH_CACHING_TOKENS = 1_024
"""Anthropic caches no shorter prefix; writing one costs a quarter more, reading it a tenth."""


class AnthropicLLM:
    """Writes; vectors, moderation and transcription come from the engine *aside*, as Anthropic has none."""

    writes = True

    def __init__(self, settings: Settings, ledger: Ledger, aside: LLM) -> None:
        self._client = AsyncAnthropic(
            api_key=settings.anthropic_api_key,
            base_url=settings.anthropic_base_url,
            timeout=anthropic.Timeout(settings.provider_timeout_seconds, connect=5),
            max_retries=0,  # each paid try is ours
        )
        self._settings, self._ledger, self._model, self._aside = settings, ledger, settings.anthropic_model, aside
        self.engine = f"anthropic:{self._model}"
        self.moderates, self.transcribes = aside.moderates, aside.transcribes
        self.embedding_model, self.semantic = aside.embedding_model, aside.semantic
        self.embedding_batch = aside.embedding_batch

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        return await ask_and_repair(prompt, returns, lambda rendered: self._ask(rendered, prompt, returns))

    async def _ask(self, rendered: Rendered, prompt: Prompt, returns: type[Struct]) -> Answer:
        schema = {"title": returns.__name__, **json_schema(returns)}
        async with self._call(rendered, prompt) as receipt:
            answer = understood(
                await self._client.messages.create(
                    **self._request(rendered, prompt, receipt),
                    output_config={"format": {"type": "json_schema", "schema": schema}},
                )
            )
            self._note(receipt, answer.id, answer.usage)
            text = "".join(block.text for block in answer.content if block.type == "text")
            return _ended(answer.stop_reason, text)

    async def stream(self, prompt: Prompt) -> AsyncIterator[str]:
        """Prose, piece by piece."""
        rendered = render(prompt)
        async with self._call(rendered, prompt) as receipt:
            ended: str | None = None
            request = self._request(rendered, prompt, receipt)
            async for event in await self._client.messages.create(**request, stream=True):
                if event.type == "message_start":
                    self._note(receipt, None, event.message.usage)
                    request_id = event.message.id
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield event.delta.text
                elif event.type == "message_delta":
                    receipt.request_id = request_id
                    receipt.output_tokens, ended = event.usage.output_tokens, event.delta.stop_reason
            if ended is None:
                raise of_connection(ConnectionError("the stream ended early"), 0)
            finished(_ended(ended, ""))

    def _request(self, rendered: Rendered, prompt: Prompt, receipt: Receipt) -> dict[str, Any]:
        """The sources come first and are cached where they are long, so that further questions to them are cheap."""
        content: list[dict[str, Any]] = [{"type": "text", "text": part} for part in (rendered.shared, rendered.asked) if part]  # fmt: skip
        if rendered.shared and estimate_tokens(rendered.system + rendered.shared) >= WORTH_CACHING_TOKENS:
            content[0]["cache_control"] = {"type": "ephemeral"}
        return {
            "model": self._model, "max_tokens": prompt.answer_tokens, "system": rendered.system,
            "messages": [{"role": "user", "content": content}], "extra_headers": {"Idempotency-Key": receipt.key},
        }  # fmt: skip

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        return await self._aside.embed(texts)

    async def moderate(self, text: str) -> Moderation:
        return await self._aside.moderate(text)

    async def transcribe(self, file: Path, language: str | None = None) -> Transcript:
        return await self._aside.transcribe(file, language)

    def _call(self, rendered: Rendered, prompt: Prompt) -> AbstractAsyncContextManager[Receipt]:
        fits(rendered, prompt.answer_tokens, self._ledger.prices.context("anthropic", self._model))
        return self._ledger.call(
            "anthropic",
            self._model,
            "generate",
            classify,
            input_tokens=rendered.tokens,
            output_tokens=prompt.answer_tokens,
        )

    def _note(self, receipt: Receipt, request_id: str | None, usage: Any) -> None:
        """Anthropic counts input without what came from or went to the cache; ours counts all of it."""
        receipt.request_id = request_id
        receipt.cached_tokens = usage.cache_read_input_tokens or 0
        receipt.cache_write_tokens = usage.cache_creation_input_tokens or 0
        receipt.input_tokens = usage.input_tokens + receipt.cached_tokens + receipt.cache_write_tokens
        receipt.output_tokens = usage.output_tokens


def _ended(stop_reason: str | None, text: str) -> Answer:
    if stop_reason == "refusal":
        return Answer(text, "declined")
    if stop_reason in {"max_tokens", "model_context_window_exceeded"}:
        return Answer(text, "length")
    return Answer(text)


def classify(error: Exception, pause_seconds: float) -> AppError | None:
    """The SDK's error as ours; None for what is no provider's failure."""
    if isinstance(error, anthropic.APIStatusError):
        retry_after = error.response.headers.get("retry-after", "")
        return of_status(error.status_code, str(error.type or ""), error.message, retry_after, pause_seconds)
    if isinstance(error, anthropic.APIResponseValidationError | json.JSONDecodeError):
        return not_its_protocol()
    return (
        of_connection(error, pause_seconds) if isinstance(error, anthropic.AnthropicError | httpx2.HTTPError) else None
    )
