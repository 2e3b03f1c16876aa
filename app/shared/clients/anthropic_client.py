"""Anthropic's messages, with structured output."""

from typing import TypeVar

import anthropic
from anthropic import AsyncAnthropic
from msgspec import Struct

from app.config import Settings
from app.db.session import Database
from app.shared.clients.ledger import paid_call
from app.shared.clients.llm import Prompt, ask_and_repair, json_schema, provider_error
from app.shared.exceptions import AppError

T = TypeVar("T", bound=Struct)
LONGEST_ANSWER = 8192


class AnthropicLLM:
    writes = True

    def __init__(self, settings: Settings, db: Database) -> None:
        self._client = AsyncAnthropic(
            api_key=settings.anthropic_api_key,
            base_url=settings.anthropic_base_url,
            timeout=anthropic.Timeout(settings.provider_timeout_seconds, connect=5),
            max_retries=0,
        )
        self._db, self._model = db, settings.anthropic_model
        self.engine = f"anthropic:{self._model}"

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        return await ask_and_repair(prompt, returns, lambda asked: self._ask(prompt, asked, returns))

    async def _ask(self, prompt: Prompt, asked: str, returns: type[Struct]) -> str:
        async with paid_call(self._db, "anthropic", self._model, "generate") as receipt:
            try:
                answer = await self._client.messages.create(
                    model=self._model,
                    max_tokens=LONGEST_ANSWER,
                    system=prompt.instructions,
                    messages=[{"role": "user", "content": asked}],
                    output_config={"format": {"type": "json_schema", "schema": json_schema(returns)}},
                )
            except anthropic.AnthropicError as error:
                raise classify(error) from error
            receipt.input_tokens, receipt.output_tokens = answer.usage.input_tokens, answer.usage.output_tokens
            receipt.request_id = answer.id
            return "".join(block.text for block in answer.content if block.type == "text")


def classify(error: anthropic.AnthropicError) -> AppError:
    if isinstance(error, anthropic.APIStatusError):
        return provider_error(error.status_code, error.message, error.response.headers.get("retry-after", ""))
    return provider_error(None, str(error))
