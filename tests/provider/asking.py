"""What the tests of the provider ask it, through both SDKs, and what good answers are."""

from typing import Any, Self

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

MODEL = "gpt-5.4-mini"
SEAL = "9f2c01ab44de"
FIRST = "The harbour clock was wrong by nine minutes that year. Nobody in the town had noticed it at all."
SECOND = "A ship three weeks out had no idea where it was. The captain asked the youngest sailor first."
SOURCES = "\n\n".join(
    f'<source label="{label}" seal="{SEAL}">\n{text}\n</source seal="{SEAL}">'
    for label, text in {"S1": FIRST, "S2": SECOND}.items()
)
SYSTEM = f"Write what the sources carry. The seal is {SEAL}."
LONG = SYSTEM + " Be exact." * 600
"""Instructions that OpenAI caches by themselves."""
CLAIMS = {
    "title": "Claims",
    "type": "object",
    "properties": {"claim": {"type": "string"}, "source": {"type": "string"}, "quote": {"type": "string"}},
    "required": ["claim", "source", "quote"],
    "additionalProperties": False,
}
RESPONSE_FORM = {"format": {"type": "json_schema", "name": "Claims", "schema": CLAIMS, "strict": True}}
CHAT_FORM = {"type": "json_schema", "json_schema": {"name": "Claims", "schema": CLAIMS, "strict": True}}
MESSAGE_FORM = {"format": {"type": "json_schema", "schema": CLAIMS}}
GOOD = {"claim": FIRST[:54], "source": "S1", "quote": FIRST[:54]}
PROSE = f"{FIRST[:54]} {SECOND[:48]}"
KINDS = ["responses", "chat", "messages"]
"""The routes by which text is asked for."""


class Clients:
    """Both SDKs at one address, asked for the same things."""

    def __init__(self, url: str) -> None:
        self.openai = AsyncOpenAI(api_key="sk-provider", base_url=f"{url}/v1", max_retries=0, timeout=10)
        self.anthropic = AsyncAnthropic(api_key="sk-provider", base_url=url, max_retries=0, timeout=10)

    async def ask(self, kind: str, system: str = SYSTEM, key: str = "k", form: bool = True, **more: Any) -> Any:
        """The same question over the sources by any of the three routes, with a schema for the answer or without."""
        extra = {"extra_headers": {"Idempotency-Key": key}, **more}
        if kind == "responses":
            form_given = {"text": RESPONSE_FORM} if form else {}
            return await self.openai.responses.create(
                model=MODEL, instructions=system, input=SOURCES, **form_given, **extra
            )
        if kind == "chat":
            messages = [{"role": "system", "content": system}, {"role": "user", "content": SOURCES}]
            form_given = {"response_format": CHAT_FORM} if form else {}
            return await self.openai.chat.completions.create(model=MODEL, messages=messages, **form_given, **extra)
        content = [
            {"type": "text", "text": SOURCES, "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Begin."},
        ]
        form_given = {"output_config": MESSAGE_FORM} if form else {}
        return await self.anthropic.messages.create(
            model="claude-sonnet-5", max_tokens=999, system=system, messages=[{"role": "user", "content": content}],
            **form_given, **extra,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.openai.close()
        await self.anthropic.close()

    async def say(self, kind: str, **more: object) -> str:
        return text_of(kind, await self.ask(kind, **more))


def text_of(kind: str, answer: Any) -> str:
    if kind == "responses":
        return str(answer.output_text)
    return str(answer.choices[0].message.content if kind == "chat" else answer.content[0].text)


async def read(stream: Any) -> list[Any]:
    """All events of a stream."""
    return [event async for event in stream]
