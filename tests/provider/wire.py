"""The bodies of each provider: what a model said, how it ended, and what went wrong."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from tests.provider.request import CHAT, RESPONSES, Request
from tests.provider.usage import Usage

CREATED = 1_750_000_000
Body = dict[str, Any]

OPENAI_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request is not valid."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "Your access is not permitted."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    413: ("invalid_request_error", "request_too_large", "The request is too large."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    503: ("server_error", "server_overloaded", "The engine is currently overloaded, please try again later."),
}
OPENAI_FAILED = ("server_error", None, "The server had an error while processing your request.")
ANTHROPIC_ERRORS = {
    400: ("invalid_request_error", "The request is not valid."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "The requested resource could not be found."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your rate limit."),
    504: ("timeout_error", "Request timed out"),
    529: ("overloaded_error", "Overloaded"),
}
ANTHROPIC_FAILED = ("api_error", "Internal server error")


@dataclass(frozen=True)
class Said:
    """A model's text and how it ended. Of a refusal the text is its reason."""

    text: str
    ending: Literal["done", "length", "refusal"] = "done"

    @property
    def refused(self) -> bool:
        return self.ending == "refusal"


def response_id(request: Request) -> str:
    prefix = "msg_" if request.of_anthropic else "chatcmpl-" if request.path == CHAT else "resp_"
    return prefix + request.identity


def request_id(request: Request) -> str:
    """What each answer carries in its headers, whatever becomes of it."""
    return f"req_{request.identity[:24]}"


def error_body(
    request: Request, status: int, kind: str | None = None, code: str | None = None, message: str | None = None,
    param: str | None = None,
) -> bytes:  # fmt: skip
    """The provider's own error; what isn't given is what it says at this status. Anthropic knows no codes, and a type
    that is given alone comes without OpenAI's usual one."""
    if request.of_anthropic:
        usual_kind, usual_message = ANTHROPIC_ERRORS.get(status, ANTHROPIC_FAILED)
        said = {"type": kind or usual_kind, "message": message or usual_message}
        return as_json({"type": "error", "error": said, "request_id": request_id(request)})
    usual = OPENAI_ERRORS.get(status, OPENAI_FAILED if status >= 500 else OPENAI_ERRORS[400])
    code = code if kind else code or usual[1]
    body: Body = {"message": message or usual[2], "type": kind or usual[0], "param": param, "code": code}
    return as_json({"error": body})


def too_long(request: Request, tokens: int) -> tuple[int, bytes]:
    if request.of_anthropic:
        return 400, error_body(request, 400, message=f"prompt is too long: {200_000 + tokens} tokens > 200000 maximum")
    message = (
        f"This model's maximum context length is 128000 tokens. However, your messages resulted in {128_000 + tokens} "
        "tokens. Please reduce the length of the messages."
    )
    param = "messages" if request.path == CHAT else "input"
    return 400, error_body(request, 400, "invalid_request_error", "context_length_exceeded", message, param)


def unsupported(request: Request, what: str) -> tuple[int, bytes]:
    """What compatible servers say to what they lack."""
    if what == "responses":
        said = "Unknown request URL: POST /v1/responses."
        return 404, error_body(request, 404, "invalid_request_error", "unknown_url", said)
    param = "response_format" if request.path == CHAT else "text.format"
    message = f"Invalid parameter: 'response_format' of type '{what}' is not supported with this model."
    return 400, error_body(request, 400, "invalid_request_error", "unsupported_parameter", message, param)


def answer_body(request: Request, said: Said, usage: Usage, identity: str) -> Body:
    """The whole answer as one body."""
    if request.path == RESPONSES:
        return responses_body(request, identity, said, usage)
    if request.path == CHAT:
        return chat_body(request, identity, said, usage)
    return message_body(request, identity, said, usage)


def responses_body(request: Request, identity: str, said: Said | None, usage: Usage | None) -> Body:
    """OpenAI's response; without text and usage the one that is still being made."""
    asked = request.body
    status = "in_progress" if said is None else "incomplete" if said.ending == "length" else "completed"
    return {
        "id": identity, "object": "response", "created_at": CREATED, "status": status, "background": False,
        "error": None, "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": asked.get("instructions"), "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": asked.get("metadata") or {}, "model": request.model,
        "output": [output_item(identity, said)] if said else [],
        "parallel_tool_calls": True, "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None}, "service_tier": "default", "store": asked.get("store", True),
        "temperature": asked.get("temperature", 1.0), "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "truncation": "disabled", "user": None,
        "usage": responses_usage(usage) if usage else None,
    }  # fmt: skip


def output_item(identity: str, said: Said | None) -> Body:
    status = "in_progress" if said is None else "incomplete" if said.ending == "length" else "completed"
    return {
        "type": "message", "id": f"msg_{identity.partition('_')[2]}", "status": status, "role": "assistant",
        "content": [output_part(said)] if said else [],
    }  # fmt: skip


def output_part(said: Said) -> Body:
    if said.refused:
        return {"type": "refusal", "refusal": said.text}
    return {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}


def responses_usage(usage: Usage) -> Body:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "output_tokens": usage.output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }  # fmt: skip


def chat_body(request: Request, identity: str, said: Said, usage: Usage) -> Body:
    message: Body = {
        "role": "assistant", "content": None if said.refused else said.text,
        "refusal": said.text if said.refused else None, "annotations": [],
    }  # fmt: skip
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": chat_ending(said)}
    return {
        "id": identity, "object": "chat.completion", "created": CREATED, "model": request.model, "choices": [choice],
        "usage": chat_usage(usage), "service_tier": "default", "system_fingerprint": "fp_provider",
    }  # fmt: skip


def chat_ending(said: Said) -> str:
    return "length" if said.ending == "length" else "stop"


def chat_usage(usage: Usage) -> Body:
    return {
        "prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                      "rejected_prediction_tokens": 0},
    }  # fmt: skip


def message_body(request: Request, identity: str, said: Said | None, usage: Usage) -> Body:
    """Anthropic's message; without text the one that is only beginning. A refusal comes with its reason beside it."""
    content = [{"type": "text", "text": said.text, "citations": None}] if said and not said.refused else []
    return {
        "id": identity, "type": "message", "role": "assistant", "model": request.model, "content": content,
        "stop_reason": message_ending(said) if said else None, "stop_sequence": None,
        "stop_details": message_details(said) if said else None, "usage": message_usage(usage, said is not None),
    }  # fmt: skip


def message_ending(said: Said) -> str:
    return {"done": "end_turn", "length": "max_tokens", "refusal": "refusal"}[said.ending]


def message_details(said: Said) -> Body | None:
    return {"type": "refusal", "category": None, "explanation": said.text} if said.refused else None


def message_usage(usage: Usage, finished: bool = True) -> Body:
    written = {"ephemeral_5m_input_tokens": usage.cache_write_tokens, "ephemeral_1h_input_tokens": 0}
    return {
        "input_tokens": usage.input_tokens, "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens, "cache_creation": written,
        "output_tokens": usage.output_tokens if finished else 1, "service_tier": "standard",
    }  # fmt: skip


def as_json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
