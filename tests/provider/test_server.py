"""The provider for tests, called by the real SDKs."""

import json
import time

import numpy as np
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types.audio import TranscriptionVerbose
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from app.shared.clients.embeddings import hash_texts
from tests.provider.asking import CLAIMS, FIRST, GOOD, KINDS, LONG, MODEL, PROSE, SECOND, SOURCES, SYSTEM, read

WHOLE = {"responses": Response, "chat": ChatCompletion, "messages": Message}
PIECES = {"responses": ResponseStreamEvent, "chat": ChatCompletionChunk, "messages": RawMessageStreamEvent}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", [{"do": "style", "style": "good"}, {"do": "refuse"}, {"do": "truncate"}])
async def test_every_body_and_every_event_holds_what_the_sdks_types_ask_for(remote, clients, kind, action):
    """The SDKs themselves don't check what they are sent; their types do."""
    remote.script({"times": None, "action": action})
    answer = await clients.ask(kind)
    events = await read(await clients.ask(kind, stream=True))

    WHOLE[kind].model_validate(answer.model_dump(by_alias=True, exclude_unset=True))
    for event in events:
        TypeAdapter(PIECES[kind]).validate_python(event.model_dump(by_alias=True, exclude_unset=True))


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_fits_its_schema_and_quotes_what_stands_in_its_source(clients, kind):
    assert json.loads(await clients.say(kind)) == GOOD


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_schema_two_sentences_of_the_sources_are_the_answer(clients, kind):
    assert await clients.say(kind, form=False) == PROSE


@pytest.mark.parametrize("form", [{"type": "json_object"}, None])
async def test_a_schema_in_the_prompt_is_as_good_as_one_in_the_format(clients, form):
    system = f"{SYSTEM} Answer with one JSON object. JSON schema: {json.dumps(CLAIMS)}"
    more = {"response_format": form} if form else {}

    assert json.loads(await clients.say("chat", form=False, system=system, **more)) == GOOD


async def test_a_streamed_response_comes_in_pieces_and_ends_as_the_whole_one(clients):
    async with clients.openai.responses.stream(model=MODEL, instructions=SYSTEM, input=SOURCES) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]

    assert [event.type for event in events[:4]] == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
    ]  # fmt: skip
    assert events[-1].type == "response.completed"
    assert len(deltas) > 3
    assert "".join(deltas) == final.output_text == PROSE
    assert final.usage.output_tokens == -(-len(PROSE) // 4)


async def test_a_streamed_chat_tells_its_usage_only_where_it_was_asked_to(clients):
    with_usage = [
        c async for c in await clients.ask("chat", form=False, stream=True, stream_options={"include_usage": True})
    ]
    without = [c async for c in await clients.ask("chat", form=False, stream=True)]

    assert "".join(c.choices[0].delta.content or "" for c in without) == PROSE
    assert with_usage[-1].choices == []
    assert with_usage[-1].usage.prompt_tokens == -(-len(SYSTEM + SOURCES) // 4)
    assert with_usage[-2].choices[0].finish_reason == without[-1].choices[0].finish_reason == "stop"
    assert not any(c.usage for c in without)


async def test_a_streamed_message_comes_in_pieces_and_ends_as_the_whole_one(clients):
    asked = {"model": "claude-sonnet-5", "max_tokens": 99, "system": SYSTEM}
    async with clients.anthropic.messages.stream(**asked, messages=[{"role": "user", "content": SOURCES}]) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_message()

    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert final.content[0].text == PROSE
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", -(-len(PROSE) // 4))


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}])
async def test_embeddings_are_the_vectors_of_the_words_in_any_encoding(clients, encoding):
    answer = await clients.openai.embeddings.create(
        model="text-embedding-3-small", input=[FIRST, SECOND], dimensions=1536, **encoding
    )
    ordered = sorted(answer.data, key=lambda item: item.index)

    assert np.allclose([item.embedding for item in ordered], hash_texts([FIRST, SECOND]), atol=1e-6)
    assert answer.usage.prompt_tokens == -(-len(FIRST + SECOND) // 4)
    assert answer._request_id.startswith("req_")


async def test_moderation_names_the_category_of_a_listed_word_in_every_text(clients):
    answer = await clients.openai.moderations.create(model="omni-moderation-latest", input=[FIRST, "I will kill it."])

    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.violence
    assert answer.results[1].category_scores.violence > 0.9 > answer.results[1].category_scores.harassment_threatening
    assert answer.results[0].category_applied_input_types.self_harm_intent == ["text"]


async def test_a_transcript_depends_on_the_bytes_alone_and_has_three_segments(clients):
    async def transcribe(data, form):
        create = clients.openai.audio.transcriptions.create
        return await create(model="whisper-1", file=("talk.mp3", data), response_format=form)

    first, again, other = [await transcribe(data, "verbose_json") for data in (b"\r\n--a\x00", b"\r\n--a\x00", b"b")]

    assert [(s.start, s.end) for s in first.segments] == [(0, 4), (4, 8), (8, 12)]
    assert first.duration == 12
    TranscriptionVerbose.model_validate(first.model_dump(by_alias=True, exclude_unset=True))
    assert first.text == again.text != other.text
    assert (await transcribe(b"b", "json")).text == other.text
    assert (await transcribe(b"b", "text")).strip() == other.text


async def test_tokens_are_counted_and_models_listed_in_each_providers_way(clients):
    messages = [{"role": "user", "content": SOURCES}]
    counted = await clients.anthropic.messages.count_tokens(model="claude-sonnet-5", system=SYSTEM, messages=messages)

    assert counted.input_tokens == -(-len(SYSTEM + SOURCES) // 4)
    assert MODEL in [model.id async for model in clients.openai.models.list()]
    assert "claude-sonnet-5" in [model.id async for model in clients.anthropic.models.list()]


async def test_anthropic_writes_a_marked_prefix_once_and_reads_it_after(clients):
    system = f"{SYSTEM} {time.time()}"
    first, second = [(await clients.ask("messages", system=system)).usage for _ in range(2)]
    prefix = -(-len(system + SOURCES) // 4)

    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (prefix, 0)
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, prefix)
    assert first.input_tokens == second.input_tokens == -(-len(system + SOURCES + "Begin.") // 4) - prefix


async def test_openai_reads_a_long_prefix_from_its_cache_the_second_time(clients):
    system = f"{LONG} {time.time()}"
    first, second = [(await clients.ask("responses", system=system)).usage for _ in range(2)]
    short = (await clients.ask("responses")).usage

    assert first.input_tokens == second.input_tokens > 1024
    assert (first.input_tokens_details.cached_tokens, short.input_tokens_details.cached_tokens) == (0, 0)
    assert second.input_tokens_details.cached_tokens == second.input_tokens
