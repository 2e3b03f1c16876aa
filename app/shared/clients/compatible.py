"""Chat completions, for servers that speak OpenAI's protocol without its newest parts."""

from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from app.shared.clients.failures import BadAnswer
from app.shared.clients.llm import Answer, Rendered, json_schema
from app.shared.clients.meter import Receipt


class ChatDialect(Enum):
    """How strictly a server can be told what an answer looks like; what it refuses is not asked of it again."""

    NONE = "responses"
    SCHEMA = "chat with a JSON schema"
    OBJECT = "chat with a JSON object"
    PLAIN = "chat with the schema in the prompt"

    def weaker(self) -> "ChatDialect | None":
        order = list(ChatDialect)
        place = order.index(self) + 1
        return order[place] if place < len(order) else None


def as_chat(rendered: Rendered, dialect: ChatDialect, returns: type[Struct] | None) -> dict[str, Any]:
    """The request's messages and format."""
    system, form = rendered.system, {}
    if returns is not None:
        schema = json_schema(returns)
        if dialect is ChatDialect.SCHEMA:
            form = {"type": "json_schema", "json_schema": {"name": returns.__name__, "schema": schema, "strict": True}}
        else:
            system += (
                f"\n\nAnswer with one JSON object and nothing else. JSON schema: {msgspec.json.encode(schema).decode()}"
            )
            form = {"type": "json_object"} if dialect is ChatDialect.OBJECT else {}
    messages = [{"role": "system", "content": system}, {"role": "user", "content": rendered.user}]
    return {"messages": messages, **({"response_format": form} if form else {})}


def read_chat(answer: Any, receipt: Receipt) -> Answer:
    """The first choice's text; fills in the receipt."""
    receipt.request_id = answer.id
    if answer.usage:
        receipt.input_tokens, receipt.output_tokens = answer.usage.prompt_tokens, answer.usage.completion_tokens
        details = answer.usage.prompt_tokens_details
        receipt.cached_tokens = (details.cached_tokens or 0) if details else 0
    if not answer.choices:
        raise BadAnswer("The provider answered without a choice.")
    choice = answer.choices[0]
    if choice.message.refusal:
        return Answer(choice.message.refusal, "declined")
    if choice.finish_reason == "length":
        return Answer(choice.message.content or "", "length")
    if choice.finish_reason == "content_filter":
        return Answer(choice.message.content or "", "declined")
    return Answer(choice.message.content or "")
