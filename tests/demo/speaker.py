"""A small profile by the real measurements, as the demo gets it from the API."""

import random
from functools import cache
from typing import Any

import msgspec

from app.features.dna import fingerprint, match, traits
from app.features.dna.corpus import Document, Gathered
from app.features.dna.pipelines import measure
from tests.features.dna.speech import ENGLISH, timed

VIDEOS = 3


def video(number: int) -> Document:
    """Four tellings of the story in other orders, six seconds a sentence and a pause now and then."""
    told = []
    for telling in range(4):
        parts = ENGLISH.split(". ")
        random.Random(10 * number + telling).shuffle(parts)
        told += [f"{part.rstrip('.')}." for part in parts]
    told.append("If you liked it, please subscribe.")
    return timed([(7.0 * place, 7.0 * place + 6, words) for place, words in enumerate(told)], f"video-{number}")


@cache
def _measured() -> bytes:
    documents = [video(number) for number in range(VIDEOS)]
    measured = measure(Gathered(documents, []), "en")
    written = traits.describe(measured.signals, documents)
    print_ = fingerprint.train([document.own_text for document in documents], fingerprint.load_background())
    told = match.match(print_, measured.dimensions, documents[0].text)
    profile = {
        **msgspec.to_builtins(measured),
        "traits": msgspec.to_builtins(written.traits),
        "rejected": [], "engine": "offline", "name": "Kettles", "proof": {},
    }  # fmt: skip
    sources = [_source(document.source_id, "own", document.text) for document in documents]
    sources.append(_source("paper", "reference", "Water boils at 100 degrees by the sea."))
    hit = {
        "source_title": "The paper", "role": "reference", "text": "Boiling\n\nWater boils at 100 degrees by the sea.",
        "span": {"start": 0, "end": 47}, "highlights": [{"start": 9, "end": 14}], "page": 3, "start_seconds": None,
        "why": {"ranks": {"keyword": 1, "vector": 2}},
    }  # fmt: skip
    return msgspec.json.encode(
        {
            "channel": "Kettles", "creator": "Anna", "project": {"title": "Why kettles sing"},
            "quotes": {"total": 1, "standing": 1}, "profile": profile, "sources": sources,
            "texts": {document.source_id: document.text for document in documents},
            "matches": [{"title": "Title of video-0", "role": "own", "excerpt": documents[0].text[:280], **msgspec.to_builtins(told)}],
            "searches": [{"query": "boiling point", "items": [hit, hit]}],
        }
    )  # fmt: skip


def found() -> dict[str, Any]:
    """A new copy at each call, to be changed at will."""
    decoded: dict[str, Any] = msgspec.json.decode(_measured())
    return decoded


def _source(source_id: str, role: str, text: str) -> dict[str, Any]:
    return {
        "id": source_id, "title": f"Title of {source_id}", "role": role, "media_type": "text/vtt", "status": "ready",
        "word_count": len(text.split()), "chunk_count": 2, "duration_seconds": 400.0, "error": None, "next_steps": [],
    }  # fmt: skip
