"""OpenAI, and any server that speaks its protocol."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import numpy as np
import openai
from msgspec import Struct
from openai import AsyncOpenAI

from app.config import Settings
from app.db.base import DIMENSIONS
from app.shared.clients.compatible import ChatDialect, as_chat, read_chat
from app.shared.clients.failures import BadAnswer, Unsupported, of_connection, of_status
from app.shared.clients.ledger import Ledger
from app.shared.clients.llm import (
    LLM,
    Answer,
    Moderation,
    Prompt,
    Rendered,
    Segment,
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

TEXTS_A_CALL = 2_048
TOKENS_A_CALL = 250_000


class OpenAILLM:
    """The Responses API; where a compatible server lacks it, chat completions, with as strict a format as it knows."""

    writes = moderates = transcribes = True
    semantic = True
    embedding_batch = 512

    def __init__(self, settings: Settings, ledger: Ledger, provider: str, aside: LLM | None = None) -> None:
        self._client = AsyncOpenAI(
            api_key=settings.openai_api_key or "none",
            base_url=settings.openai_base_url,
            timeout=openai.Timeout(settings.provider_timeout_seconds, connect=5),
            max_retries=0,  # each paid try is ours
        )
        self._settings, self._ledger, self._provider, self._aside = settings, ledger, provider, aside
        self._model = settings.openai_model
        self._falls_back = settings.openai_base_url is not None
        self._dialect = ChatDialect.NONE
        self.engine = f"{provider}:{self._model}"
        self.embedding_model = aside.embedding_model if aside else settings.openai_embedding_model
        if aside:  # a server of one's own may only write; what it lacks is done by another engine
            self.semantic, self.embedding_batch = aside.semantic, aside.embedding_batch
            self.moderates, self.transcribes = aside.moderates, aside.transcribes

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        return await ask_and_repair(prompt, returns, lambda rendered: self._ask(rendered, prompt, returns))

    async def _ask(self, rendered: Rendered, prompt: Prompt, returns: type[Struct]) -> Answer:
        while True:
            try:
                if self._dialect is ChatDialect.NONE:
                    return await self._respond(rendered, prompt, returns)
                return await self._chat(rendered, prompt, returns)
            except Unsupported:
                if not self._falls_back or (weaker := self._dialect.weaker()) is None:
                    raise
                self._dialect = weaker

    async def _respond(self, rendered: Rendered, prompt: Prompt, returns: type[Struct]) -> Answer:
        form = {"type": "json_schema", "name": returns.__name__, "schema": json_schema(returns), "strict": True}
        async with self._call("generate", rendered, prompt) as receipt:
            request = self._responses_request(rendered, prompt, receipt) | {"text": {"format": form}}
            answer = understood(await self._client.responses.create(**request))
            self._note(receipt, answer)
            return _read_response(answer)

    async def _chat(self, rendered: Rendered, prompt: Prompt, returns: type[Struct]) -> Answer:
        async with self._call("generate", rendered, prompt) as receipt:
            request = as_chat(rendered, self._dialect, returns)
            answer = await self._client.chat.completions.create(
                model=self._model, **request, extra_headers={"Idempotency-Key": receipt.key}
            )
            return read_chat(understood(answer), receipt)

    def _responses_request(self, rendered: Rendered, prompt: Prompt, receipt: Receipt) -> dict[str, Any]:
        return {
            "model": self._model, "instructions": rendered.system, "input": rendered.user, "store": False,
            "max_output_tokens": prompt.answer_tokens, "extra_headers": {"Idempotency-Key": receipt.key},
        }  # fmt: skip

    async def stream(self, prompt: Prompt) -> AsyncIterator[str]:
        """Prose, piece by piece."""
        rendered, pieces = render(prompt), 0
        while True:
            streamed = self._stream_response if self._dialect is ChatDialect.NONE else self._stream_chat
            try:
                async for piece in streamed(rendered, prompt):
                    pieces += 1
                    yield piece
                return
            except Unsupported:
                if pieces or not self._falls_back or (weaker := self._dialect.weaker()) is None:
                    raise
                self._dialect = weaker

    async def _stream_response(self, rendered: Rendered, prompt: Prompt) -> AsyncIterator[str]:
        async with self._call("generate", rendered, prompt) as receipt:
            request = self._responses_request(rendered, prompt, receipt)
            async for event in await self._client.responses.create(**request, stream=True):
                if event.type == "response.output_text.delta":
                    yield event.delta
                elif event.type in {"response.completed", "response.incomplete"}:
                    self._note(receipt, event.response)
                    finished(_read_response(event.response))
                elif event.type in {"response.failed", "error"}:
                    raise of_status(500, "", str(event), "", 0)
            _require_ending(receipt)

    async def _stream_chat(self, rendered: Rendered, prompt: Prompt) -> AsyncIterator[str]:
        async with self._call("generate", rendered, prompt) as receipt:
            request = as_chat(rendered, self._dialect, None)
            chunks = await self._client.chat.completions.create(
                model=self._model, **request, stream=True, stream_options={"include_usage": True},
                extra_headers={"Idempotency-Key": receipt.key},
            )  # fmt: skip
            ended = None
            async for chunk in chunks:
                if chunk.usage:
                    receipt.request_id = chunk.id
                    receipt.input_tokens, receipt.output_tokens = (
                        chunk.usage.prompt_tokens,
                        chunk.usage.completion_tokens,
                    )
                for choice in chunk.choices:
                    ended = choice.finish_reason or ended
                    if choice.delta.content:
                        yield choice.delta.content
            receipt.request_id = receipt.request_id or "streamed"
            finished(Answer("", {"length": "length", "content_filter": "declined"}.get(ended or "", "done")))  # type: ignore[arg-type]

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32, (len(texts), 1536), in as few calls as the provider's limits allow."""
        if self._aside:
            return await self._aside.embed(texts)
        batches = list(_batches(texts))
        return np.concatenate([await self._embed(batch) for batch in batches]) if batches else np.zeros((0, DIMENSIONS), np.float32)  # fmt: skip

    async def _embed(self, texts: Sequence[str]) -> np.ndarray:
        tokens = sum(map(estimate_tokens, texts))
        async with self._sent(self.embedding_model, "embed", tokens) as receipt:
            answer = understood(
                await self._client.embeddings.create(
                    model=self.embedding_model,
                    input=list(texts),
                    dimensions=DIMENSIONS,
                    extra_headers={"Idempotency-Key": receipt.key},
                )
            )
            receipt.input_tokens, receipt.request_id = answer.usage.prompt_tokens, answer._request_id or "embedded"
            if len(answer.data) != len(texts):
                raise BadAnswer("The provider answered with another number of vectors than texts.")
            ordered = sorted(answer.data, key=lambda item: item.index)
            return np.array([item.embedding for item in ordered], dtype=np.float32)

    async def moderate(self, text: str) -> Moderation:
        if self._aside:
            return await self._aside.moderate(text)
        model = self._settings.openai_moderation_model
        async with self._sent(model, "moderate", estimate_tokens(text)) as receipt:
            answer = understood(await self._client.moderations.create(model=model, input=text))
            receipt.request_id = answer.id
            (result,) = answer.results
            scores: dict[str, Any] = result.category_scores.to_dict()
            found: dict[str, Any] = result.categories.to_dict()
            return Moderation(
                answer.model, result.flagged, {name: bool(value) for name, value in found.items()},
                {name: float(value) for name, value in scores.items() if value is not None},
            )  # fmt: skip

    async def transcribe(self, file: Path, language: str | None = None) -> Transcript:
        if self._aside:
            return await self._aside.transcribe(file, language)
        model = self._settings.openai_transcription_model
        data = await asyncio.to_thread(file.read_bytes)
        async with self._sent(model, "transcribe", 0) as receipt:
            answer = await self._client.audio.transcriptions.create(
                model=model, file=(file.name, data), response_format="verbose_json",
                timestamp_granularities=["segment"], language=language or openai.omit,
            )  # fmt: skip
            receipt.seconds, receipt.request_id = float(answer.duration), answer._request_id or "transcribed"
            segments = [Segment(one.start, one.end, one.text.strip()) for one in answer.segments or []]
            return Transcript(model, answer.language, float(answer.duration), segments)

    def _call(self, purpose: str, rendered: Rendered, prompt: Prompt) -> AbstractAsyncContextManager[Receipt]:
        fits(rendered, prompt.answer_tokens, self._ledger.prices.context(self._provider, self._model))
        return self._sent(self._model, purpose, rendered.tokens, prompt.answer_tokens)

    def _sent(
        self, model: str, purpose: str, input_tokens: int, output_tokens: int = 0
    ) -> AbstractAsyncContextManager[Receipt]:
        return self._ledger.call(
            self._provider, model, purpose, classify, input_tokens=input_tokens, output_tokens=output_tokens
        )

    def _note(self, receipt: Receipt, answer: Any) -> None:
        receipt.request_id = answer.id
        if usage := answer.usage:
            receipt.input_tokens, receipt.output_tokens = usage.input_tokens, usage.output_tokens
            receipt.cached_tokens = getattr(usage.input_tokens_details, "cached_tokens", 0) or 0


def _read_response(answer: Any) -> Answer:
    for item in answer.output:
        for part in getattr(item, "content", None) or []:
            if part.type == "refusal":
                return Answer(part.refusal, "declined")
    if answer.status == "incomplete":
        reason = answer.incomplete_details.reason if answer.incomplete_details else None
        return Answer(answer.output_text, "declined" if reason == "content_filter" else "length")
    return Answer(answer.output_text)


def _require_ending(receipt: Receipt) -> None:
    if receipt.request_id is None:
        raise of_connection(ConnectionError("the stream ended early"), 0)


def _batches(texts: Sequence[str]) -> list[list[str]]:
    """Runs of texts that one call takes, in order."""
    batches: list[list[str]] = []
    tokens = TOKENS_A_CALL + 1
    for text in texts:
        wanted = estimate_tokens(text)
        if tokens + wanted > TOKENS_A_CALL or len(batches[-1]) == TEXTS_A_CALL:
            batches.append([])
            tokens = 0
        batches[-1].append(text)
        tokens += wanted
    return batches


def classify(error: Exception, pause_seconds: float) -> AppError | None:
    """The SDK's error as ours; None for what is no provider's failure."""
    if isinstance(error, openai.APIStatusError):
        retry_after = error.response.headers.get("retry-after", "")
        return of_status(
            error.status_code, str(error.code or error.type or ""), error.message, retry_after, pause_seconds
        )
    if isinstance(error, openai.APIResponseValidationError | json.JSONDecodeError):
        return not_its_protocol()
    return of_connection(error, pause_seconds) if isinstance(error, openai.OpenAIError | httpx2.HTTPError) else None
