"""The same answers as server-sent events."""

from collections.abc import Iterator
from itertools import count

from tests.provider import wire
from tests.provider.request import CHAT, RESPONSES, Request
from tests.provider.usage import Usage
from tests.provider.wire import Body, Said

PIECE_CHARACTERS = 24


def events(request: Request, said: Said, usage: Usage, identity: str) -> list[bytes]:
    """The whole stream, an event each."""
    if request.path == RESPONSES:
        return [_event(body, body["type"]) for body in _responses(request, said, usage, identity)]
    if request.path == CHAT:
        return [*(_event(body) for body in _chat(request, said, usage, identity)), b"data: [DONE]\n\n"]
    return [_event(body, body["type"]) for body in _messages(request, said, usage, identity)]


def pieces(text: str) -> list[str]:
    return [text[start : start + PIECE_CHARACTERS] for start in range(0, len(text), PIECE_CHARACTERS)]


def _event(body: Body, name: str | None = None) -> bytes:
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + wire.as_json(body) + b"\n\n"


def _responses(request: Request, said: Said, usage: Usage, identity: str) -> Iterator[Body]:
    numbers = count()

    def event(kind: str, **fields: object) -> Body:
        return {"type": f"response.{kind}", "sequence_number": next(numbers), **fields}

    beginning = wire.responses_body(request, identity, None, None)
    item, whole = wire.output_item(identity, None), wire.output_item(identity, said)
    part = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    kind, field = ("refusal", "refusal") if said.refused else ("output_text", "text")
    extra: Body = {} if said.refused else {"logprobs": []}
    yield event("created", response=beginning)
    yield event("in_progress", response=beginning)
    yield event("output_item.added", output_index=0, item=item)
    yield event("content_part.added", **part, part=wire.output_part(Said("", said.ending)))
    for piece in pieces(said.text):
        yield event(f"{kind}.delta", **part, delta=piece, **extra)
    yield event(f"{kind}.done", **part, **{field: said.text}, **extra)
    yield event("content_part.done", **part, part=wire.output_part(said))
    yield event("output_item.done", output_index=0, item=whole)
    ending = "incomplete" if said.ending == "length" else "completed"
    yield event(ending, response=wire.responses_body(request, identity, said, usage))


def _chat(request: Request, said: Said, usage: Usage, identity: str) -> Iterator[Body]:
    counted = (request.body.get("stream_options") or {}).get("include_usage") is True

    def chunk(delta: Body, ending: str | None = None) -> Body:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ending}
        return _chunk(request, identity, [choice]) | ({"usage": None} if counted else {})

    field = "refusal" if said.refused else "content"
    yield chunk({"role": "assistant", field: ""})
    for piece in pieces(said.text):
        yield chunk({field: piece})
    yield chunk({}, wire.chat_ending(said))
    if counted:
        yield _chunk(request, identity, []) | {"usage": wire.chat_usage(usage)}


def _chunk(request: Request, identity: str, choices: list[Body]) -> Body:
    return {
        "id": identity, "object": "chat.completion.chunk", "created": wire.CREATED, "model": request.model,
        "service_tier": "default", "system_fingerprint": "fp_provider", "choices": choices,
    }  # fmt: skip


def _messages(request: Request, said: Said, usage: Usage, identity: str) -> Iterator[Body]:
    yield {"type": "message_start", "message": wire.message_body(request, identity, None, usage)}
    if not said.refused:
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        yield {"type": "ping"}
        for piece in pieces(said.text):
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        yield {"type": "content_block_stop", "index": 0}
    ending = {
        "stop_reason": wire.message_ending(said),
        "stop_sequence": None,
        "stop_details": wire.message_details(said),
    }
    counted = wire.message_usage(usage)
    del counted["cache_creation"], counted["service_tier"]
    yield {"type": "message_delta", "delta": ending, "usage": counted}
    yield {"type": "message_stop"}
