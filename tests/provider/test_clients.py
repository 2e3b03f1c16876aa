"""Our clients with the real SDKs against the provider: what comes back, what is booked, what each fault becomes."""

import asyncio
from decimal import Decimal
from uuid import UUID

import msgspec
import numpy as np
import pytest
from msgspec import Struct
from sqlalchemy import text

from app.shared.clients.embeddings import hash_texts
from app.shared.clients.failures import BadAnswer, Busy, Declined, KeyRefused, LaneClosed, OutcomeUnknown, TooLong
from app.shared.clients.llm import Prompt, Source, generate_over
from app.shared.clients.meter import Meter, metered
from tests.conftest import sign_up
from tests.provider.engines import engine
from tests.provider.process import ProviderProcess

ENGINES = ["openai", "anthropic", "compatible"]
FIRST = "The harbour clock was wrong by nine minutes that year."
SECOND = "A ship three weeks out had no idea where it was."
PROMPT = Prompt("test.v1", "Say what the sources say.", (Source("S1", FIRST), Source("S2", SECOND)), "Go on.")


class Claim(Struct, forbid_unknown_fields=True):
    claim: str
    source: str
    quote: str


@pytest.fixture
async def owner(anonymous) -> UUID:
    return UUID((await sign_up(anonymous))["id"])


async def booked(resources, owner):
    query = "select * from model_calls where owner_id = :owner order by sent_at"
    async with resources.db.transaction() as session:
        return (await session.execute(text(query), {"owner": owner})).mappings().all()


def assert_books_equal_the_log(calls, remote: ProviderProcess) -> None:
    answered = {record["response_id"]: record for record in remote.log() if record.get("status") == 200}
    done = [call for call in calls if call["state"] == "done"]
    assert {call["request_id"] for call in done} == set(answered)
    for call in done:
        record = answered[call["request_id"]]
        sent = record["input_tokens"] + (
            record["cached_tokens"] + record["cache_write_tokens"] if call["provider"] == "anthropic" else 0
        )
        assert (call["input_tokens"], call["output_tokens"]) == (sent, record["output_tokens"])
        assert call["cached_tokens"] == record["cached_tokens"]


@pytest.mark.parametrize("name", ENGINES)
async def test_an_answer_fits_its_struct_and_is_in_the_books(settings, remote, owner, name):
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            claim = await resources.llm.generate(PROMPT, Claim)
        calls = await booked(resources, owner)

    assert claim == Claim(FIRST, "S1", FIRST)
    assert [(call["provider"], call["state"]) for call in calls] == [(name, "done")]
    assert (calls[0]["cost_usd"] > 0) is (name != "compatible")
    assert_books_equal_the_log(calls, remote)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_stream_comes_in_pieces_and_is_in_the_books(settings, remote, owner, name):
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            pieces = [piece async for piece in resources.llm.stream(PROMPT)]
        calls = await booked(resources, owner)

    assert len(pieces) > 1
    assert "".join(pieces) == f"{FIRST} {SECOND}"
    assert [call["state"] for call in calls] == ["done"]
    assert_books_equal_the_log(calls, remote)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_stream_that_breaks_is_of_unknown_outcome(settings, remote, owner, name):
    remote.script({"action": {"do": "reset", "after": 0.5}})
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)), pytest.raises(OutcomeUnknown):
            async for _ in resources.llm.stream(PROMPT):
                pass
        calls = await booked(resources, owner)

    assert [call["state"] for call in calls] == ["unknown"]


@pytest.mark.parametrize(
    ("lacks", "modes"),
    [
        (["responses"], ["responses", "chat"]),
        (["responses", "json_schema"], ["responses", "chat", "chat"]),
        (["responses", "json_schema", "json_object"], ["responses", "chat", "chat", "chat"]),
    ],
)
async def test_a_compatible_server_is_asked_for_less_once_and_then_known(settings, remote, owner, lacks, modes):
    remote.script(*({"times": None, "action": {"do": "unsupported", "what": what}} for what in lacks))
    async with engine(settings, "compatible", remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            first = await resources.llm.generate(PROMPT, Claim)
            again = await resources.llm.generate(PROMPT, Claim)
            said = "".join([piece async for piece in resources.llm.stream(PROMPT)])
        calls = await booked(resources, owner)

    assert first == again == Claim(FIRST, "S1", FIRST)
    assert said == f"{FIRST} {SECOND}"
    paths = ["chat" if "chat" in record["path"] else "responses" for record in remote.log()]
    assert paths == [*modes, "chat", "chat"]
    assert [call["state"] for call in calls] == ["failed"] * (len(modes) - 1) + ["done"] * 3


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("action", "error", "state"),
    [
        ({"do": "refuse"}, Declined, "done"),
        ({"do": "truncate"}, TooLong, "done"),
        ({"do": "too_long"}, TooLong, "failed"),
        ({"do": "garbage"}, BadAnswer, "failed"),
        ({"do": "garbage", "content_type": "application/json"}, BadAnswer, "failed"),
        ({"do": "status", "status": 429, "headers": {"retry-after": "3"}}, Busy, "failed"),
        ({"do": "status", "status": 401}, KeyRefused, "failed"),
        ({"do": "reset"}, OutcomeUnknown, "unknown"),
    ],
)
async def test_each_failure_has_its_class_and_its_row(settings, remote, owner, name, action, error, state):
    remote.script({"times": None, "action": action})
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)), pytest.raises(error) as raised:
            await resources.llm.generate(PROMPT, Claim)
        calls = await booked(resources, owner)

    assert calls[0]["state"] == state
    assert "sk-provider" not in str(raised.value)
    if error is Busy:
        assert raised.value.retry_after_seconds == 3


@pytest.mark.parametrize("name", ENGINES)
async def test_a_closed_lane_lets_nothing_through_until_its_time(settings, remote, owner, name):
    remote.script({"action": {"do": "status", "status": 429, "headers": {"retry-after": "30"}}})
    async with engine(settings, name, remote.url) as resources:
        for _ in range(3):
            with metered(Meter(owner_id=owner)), pytest.raises(LaneClosed) as raised:
                await resources.llm.generate(PROMPT, Claim)
        assert 20 < raised.value.retry_after_seconds <= 30

    assert len(remote.log()) == 1


@pytest.mark.parametrize("name", ENGINES)
async def test_material_that_is_too_long_is_split_and_never_cut(settings, remote, owner, name):
    remote.script({"times": None, "contains": SECOND, "action": {"do": "too_long"}})
    prompt = msgspec.structs.replace(
        PROMPT, sources=(Source("S1", f"{FIRST} The mayor knew."), Source("S2", "It rained."))
    )
    both = msgspec.structs.replace(prompt, sources=(*prompt.sources, Source("S3", f"It rained. {SECOND}")))
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            assert len(await generate_over(resources.llm, prompt, Claim)) == 1
            with pytest.raises(TooLong):  # one sentence can't be halved
                await generate_over(resources.llm, both, Claim)
            remote.clear()
            remote.script({"times": 1, "action": {"do": "too_long"}})
            claims = await generate_over(resources.llm, both, Claim)

    assert [claim.source for claim in claims] == ["S1", "S2"]


async def test_what_can_not_fit_is_not_sent(settings, remote, owner, tmp_path):
    table = tmp_path / "models.toml"
    table.write_text(
        '[[openai]]\nmodel = "gpt-5.4-mini"\nfrom = 2026-01-01\ninput = 1.0\noutput = 2.0\ncontext = 9000\n'
    )
    long = msgspec.structs.replace(PROMPT, sources=(Source("S1", f"{FIRST} " * 1000),))
    async with engine(settings, "openai", remote.url, prices_file=str(table)) as resources:
        with metered(Meter(owner_id=owner)), pytest.raises(TooLong):
            await resources.llm.generate(long, Claim)

    assert remote.log() == []


@pytest.mark.parametrize("name", ["openai", "anthropic"])
async def test_questions_to_the_same_long_sources_are_read_from_the_cache_and_cost_less(settings, remote, owner, name):
    sources = (Source("S1", f"{FIRST} {owner}. " * 120),)
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            for task in ("What was wrong?", "By how much?"):
                await resources.llm.generate(Prompt("test.v1", "Say it.", sources, task), Claim)
        calls = await booked(resources, owner)

    assert calls[0]["cached_tokens"] == 0
    assert calls[1]["cached_tokens"] > 1000
    assert calls[1]["cost_usd"] < calls[0]["cost_usd"]
    assert_books_equal_the_log(calls, remote)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
async def test_vectors_moderation_and_transcripts_come_from_openai_whoever_writes(settings, remote, owner, name, tmp_path):  # fmt: skip
    recording = tmp_path / "talk.mp3"
    recording.write_bytes(b"not really sound")
    async with engine(settings, name, remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            vectors = await resources.llm.embed(["one", "two"])
            verdict = await resources.llm.moderate("I will kill you")
            transcript = await resources.llm.transcribe(recording)
        calls = await booked(resources, owner)

    assert np.allclose(vectors, hash_texts(["one", "two"]), atol=1e-6)
    assert verdict.flagged
    assert 0 <= min(verdict.scores.values()) <= max(verdict.scores.values()) <= 1
    assert len(transcript.segments) == 3
    assert transcript.segments[0].start_seconds == 0
    assert [call["purpose"] for call in calls] == ["embed", "moderate", "transcribe"]
    assert calls[2]["cost_usd"] == Decimal("0.0012")  # 12 seconds at 0.006 USD a minute


async def test_a_second_engine_writes_while_the_firsts_lane_is_closed_and_says_so(settings, remote, owner):
    remote.script({"path": "/v1/responses", "times": None, "action": {"do": "status", "status": 401}})
    async with engine(settings, "openai", remote.url, fallback_engine="anthropic") as resources:
        assert resources.llm.engine.startswith("openai:")
        with metered(Meter(owner_id=owner)):
            claim = await resources.llm.generate(PROMPT, Claim)
            said = "".join([piece async for piece in resources.llm.stream(PROMPT)])
        wrote = resources.llm.engine
        calls = await booked(resources, owner)

    assert claim == Claim(FIRST, "S1", FIRST)
    assert said == f"{FIRST} {SECOND}"
    assert wrote.startswith("anthropic:")
    assert [(call["provider"], call["state"]) for call in calls] == [
        ("openai", "failed"), ("anthropic", "done"), ("anthropic", "done"),
    ]  # fmt: skip


async def test_many_texts_go_in_as_few_calls_as_the_provider_takes(settings, remote, owner):
    texts = [f"Sentence number {number} of a long book." for number in range(2100)]
    async with engine(settings, "openai", remote.url) as resources:
        with metered(Meter(owner_id=owner)):
            vectors = await resources.llm.embed(texts)

    assert vectors.shape == (2100, 1536)
    assert [len(record["body"]["input"]) for record in remote.log()] == [2048, 52]


async def test_our_own_limits_hold_back_what_would_exceed_them(settings, remote, owner, redis_url):
    for broker in (None, redis_url):
        async with engine(
            settings, "openai", remote.url, provider_requests_per_minute=4, broker_url=broker
        ) as resources:
            passed = 0
            with metered(Meter(owner_id=owner)):
                try:
                    for _ in range(10):
                        await resources.llm.generate(PROMPT, Claim)
                        passed += 1
                except LaneClosed:
                    pass
        assert 1 <= passed <= 5


async def test_the_limit_of_calls_at_once_is_never_exceeded(settings, remote, owner, redis_url):
    remote.script({"times": None, "action": {"do": "hang", "seconds": 0.2}})
    async with engine(settings, "openai", remote.url, provider_concurrency=2, broker_url=redis_url) as resources:
        with metered(Meter(owner_id=owner)):
            await asyncio.gather(*(resources.llm.generate(PROMPT, Claim) for _ in range(6)))

    spans = [(record["time"], record["ended"]) for record in remote.log()]
    assert max(sum(a <= start < b for a, b in spans) for start, _ in spans) <= 2
