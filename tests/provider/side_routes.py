"""What a provider does besides writing: vectors, verdicts, transcripts, and the list of its models."""

import asyncio
import base64
import hashlib
import random
import re
from typing import Any

from tests.provider import wire
from tests.provider.request import COUNT_TOKENS, EMBEDDINGS, MODELS, MODERATIONS, TRANSCRIPTIONS, Request, Unreadable
from tests.provider.usage import Usage, tokens_of

OPENAI_MODELS = (
    "gpt-5.4-mini", "gpt-5.4", "gpt-5.5", "text-embedding-3-small", "text-embedding-3-large",
    "omni-moderation-latest", "whisper-1",
)  # fmt: skip
ANTHROPIC_MODELS = ("claude-opus-5", "claude-sonnet-5-5", "claude-sonnet-5", "claude-haiku-4-5")

CATEGORIES = {
    "harassment": {"idiot", "loser"},
    "harassment/threatening": {"hunt"},
    "hate": {"vermin", "subhuman"},
    "hate/threatening": {"exterminate"},
    "illicit": {"shoplift", "counterfeit"},
    "illicit/violent": {"bomb", "explosive"},
    "self-harm": {"suicide"},
    "self-harm/instructions": {"overdose"},
    "self-harm/intent": {"suicidal"},
    "sexual": {"porn", "erotic"},
    "sexual/minors": {"jailbait"},
    "violence": {"kill", "murder", "stab"},
    "violence/graphic": {"gore", "dismember"},
}
"""Every category of the provider, each with the words at which it is flagged."""

SEGMENTS, SEGMENT_SECONDS = 3, 4.0
"""No two of them alike: captions that repeat themselves are read as one."""
SPOKEN = (
    "Welcome back to the workshop, today we build a clock.",
    "For a thousand years nobody could tell where a ship was.",
    "You would think the answer was in the stars.",
    "It was in a box the size of a dinner plate.",
    "So I asked the people who still repair them.",
    "Look at this spring, it is thinner than a hair.",
    "The first version failed in front of everybody.",
    "And that, of course, is where it gets interesting.",
    "Let us count what the voyage really cost.",
    "If you remember one thing, remember this gear.",
)

Answered = tuple[str, bytes, Usage]
"""Content type, body, usage."""
JSON = "application/json"


async def side_answer(request: Request, *, silent: bool = False) -> Answered:
    """The answer of a route that has no model writing; where *silent*, recordings have no words. Raises `Unreadable`."""
    match request.path:
        case path if path == EMBEDDINGS:
            return await _embeddings(request)
        case path if path == MODERATIONS:
            return JSON, wire.as_json(_moderation(request)), Usage()
        case path if path == TRANSCRIPTIONS:
            return _transcription(request, silent=silent)
        case path if path == COUNT_TOKENS:
            tokens = tokens_of(*(piece.text for piece in request.pieces))
            return JSON, wire.as_json({"input_tokens": tokens}), Usage()
        case path if path == MODELS:
            return JSON, wire.as_json(_models(request)), Usage()
    raise Unreadable(f"There is no {request.path}.")


async def _embeddings(request: Request) -> Answered:
    from app.shared.clients.embeddings import hash_texts  # noqa: PLC0415  loads much that start-up can do without

    given = request.body["input"]
    texts = [given] if isinstance(given, str) else given
    if texts and isinstance(texts[0], int):
        texts = [texts]
    if not texts or any(not text for text in texts):
        raise Unreadable("'$.input' is invalid: the input can't be empty.")
    texts = [text if isinstance(text, str) else " ".join(f"token{token}" for token in text) for text in texts]
    vectors = (await asyncio.to_thread(hash_texts, texts))[:, : request.body.get("dimensions")].astype("<f4")
    in_base64 = request.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index,
         "embedding": base64.b64encode(vector.tobytes()).decode() if in_base64 else vector.tolist()}
        for index, vector in enumerate(vectors)
    ]  # fmt: skip
    tokens = tokens_of(*(piece.text for piece in request.pieces))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data[::-1], "model": request.model, "usage": usage}
    return JSON, wire.as_json(body), Usage(tokens)


def _moderation(request: Request) -> dict[str, Any]:
    """A verdict for each text; texts and pictures sent as parts are judged together."""
    given = request.body["input"]
    together = isinstance(given, str) or any(isinstance(part, dict) for part in given)
    texts = [" ".join(piece.text for piece in request.pieces)] if together else given
    return {
        "id": f"modr_{request.sha256[:24]}",
        "model": request.model or "omni-moderation-latest",
        "results": [_verdict(text) for text in texts],
    }


def _verdict(text: str) -> dict[str, Any]:
    words = set(re.findall(r"[a-z]+", text.lower()))
    flags = {category: bool(words & flagged) for category, flagged in CATEGORIES.items()}
    applied = {category: ["text"] for category in CATEGORIES}
    scores = {category: 0.97 if flags[category] else 0.0001 * (place + 1) for place, category in enumerate(CATEGORIES)}
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": applied,
    }


def _transcription(request: Request, *, silent: bool) -> Answered:
    spoken = [] if silent else random.Random(hashlib.sha256(request.upload).digest()).sample(SPOKEN, SEGMENTS)
    seconds = SEGMENTS * SEGMENT_SECONDS
    text = " ".join(spoken)
    usage = Usage(seconds=seconds)
    billed = {"type": "duration", "seconds": seconds}
    match request.body.get("response_format", "json"):
        case "text":
            return "text/plain; charset=utf-8", f"{text}\n".encode(), usage
        case "json":
            return JSON, wire.as_json({"text": text, "usage": billed}), usage
        case "verbose_json":
            segments = [_segment(number, said) for number, said in enumerate(spoken)]
            language = request.body.get("language") or "english"
            body = {
                "task": "transcribe", "language": language, "duration": seconds, "text": text, "segments": segments,
                "usage": billed,
            }  # fmt: skip
            return JSON, wire.as_json(body), usage
        case other:
            raise Unreadable(f"Invalid response_format '{other}'; this provider has json, text and verbose_json.")


def _segment(number: int, said: str) -> dict[str, Any]:
    return {
        "id": number, "seek": 0, "start": number * SEGMENT_SECONDS, "end": (number + 1) * SEGMENT_SECONDS,
        "text": f" {said}", "tokens": [50364 + number], "temperature": 0.0, "avg_logprob": -0.2,
        "compression_ratio": 1.3, "no_speech_prob": 0.01,
    }  # fmt: skip


def _models(request: Request) -> dict[str, Any]:
    if not request.of_anthropic:
        listed = [
            {"id": name, "object": "model", "created": wire.CREATED, "owned_by": "openai"} for name in OPENAI_MODELS
        ]
        return {"object": "list", "data": listed}
    named = [
        {"type": "model", "id": name, "display_name": name.replace("-", " ").title(), "lifecycle": "active",
         "created_at": "2025-09-29T00:00:00Z"}
        for name in ANTHROPIC_MODELS
    ]  # fmt: skip
    return {"data": named, "has_more": False, "first_id": ANTHROPIC_MODELS[0], "last_id": ANTHROPIC_MODELS[-1]}
