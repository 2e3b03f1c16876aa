"""What the real SDKs get where the script says that something goes wrong."""

import asyncio
import json
import time

import anthropic
import httpx2
import openai
import pytest

from tests.provider.asking import GOOD, KINDS, PROSE, read, text_of


def reset_below(error):
    """Whether a reset connection is at the bottom of it, and not one that was closed in order."""
    while error is not None and not isinstance(error, ConnectionResetError):
        error = error.__cause__ or error.__context__
    return error is not None


def fault(do: str, path: str | None = None, **more: object) -> dict[str, object]:
    return {"path": path, "action": {"do": do, **more}}


STATUSES = [
    (400, "BadRequestError"), (401, "AuthenticationError"), (403, "PermissionDeniedError"), (404, "NotFoundError"),
    (429, "RateLimitError"), (500, "InternalServerError"), (529, "InternalServerError"),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("code", "name"), STATUSES)
async def test_a_scripted_status_is_the_sdks_own_error_with_its_headers(remote, clients, kind, code, name):
    remote.script(fault("status", status=code, headers={"retry-after": "3"}))
    module = anthropic if kind == "messages" else openai
    with pytest.raises(module.APIStatusError) as caught:
        await clients.ask(kind)

    assert name in [parent.__name__ for parent in type(caught.value).__mro__]
    assert caught.value.response.headers["retry-after"] == "3"
    assert caught.value.type


async def test_a_status_says_the_type_code_and_message_that_were_given(remote, clients):
    remote.script(
        fault("status", status=429, type="insufficient_quota", code="insufficient_quota", message="No money.")
    )
    with pytest.raises(openai.RateLimitError) as caught:
        await clients.ask("responses")

    assert (caught.value.type, caught.value.code) == ("insufficient_quota", "insufficient_quota")
    assert "No money." in caught.value.message


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hanging_provider_answers_well_in_the_end(remote, clients, kind):
    remote.script(fault("hang", seconds=0.3))
    began = time.monotonic()

    assert json.loads(await clients.say(kind)) == GOOD
    assert time.monotonic() - began >= 0.3


async def test_a_client_that_leaves_is_in_the_log_as_cut(remote, clients):
    remote.script(fault("hang", seconds=30))
    with pytest.raises(openai.APITimeoutError):
        await clients.ask("responses", timeout=0.2)
    await asyncio.sleep(0.1)

    assert [(record["state"], record["why"]) for record in remote.log()] == [("cut", "the client left")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("after", [0, 0.5])
async def test_a_reset_is_a_lost_connection_and_is_logged_as_cut(remote, clients, kind, stream, after):
    remote.script(fault("reset", after=after))
    with pytest.raises((openai.APIConnectionError, anthropic.APIConnectionError, httpx2.ReadError)) as caught:
        await read(await clients.ask(kind, stream=stream))
    (record,) = remote.log()

    assert reset_below(caught.value)
    assert (record["state"], record["why"], "status" in record) == ("cut", "reset by script", False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_dripping_answer_is_whole_when_its_time_is_over(remote, clients, kind, stream):
    remote.script(fault("drip", seconds=0.4))
    began = time.monotonic()
    answer = await clients.ask(kind, stream=stream)
    if stream:
        assert len(await read(answer)) > 5
    else:
        assert json.loads(text_of(kind, answer)) == GOOD

    assert time.monotonic() - began >= 0.4
    assert remote.log()[0]["state"] == "answered"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_scripted_text_is_exactly_what_the_model_says(remote, clients, kind):
    remote.script(fault("text", text='{"claim": 1}'))

    assert await clients.say(kind) == '{"claim": 1}'


@pytest.mark.parametrize("kind", KINDS)
async def test_garbage_is_a_200_without_json(remote, clients, kind):
    remote.script(fault("garbage"), fault("garbage", content_type="application/json"))

    assert "It works!" in str(await clients.ask(kind))
    with pytest.raises(json.JSONDecodeError):
        await clients.ask(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", [{"do": "invalid"}, {"do": "style", "style": "malformed"}])
async def test_invalid_text_is_cut_off_json_that_ends_as_if_all_were_well(remote, clients, kind, action):
    remote.script({"action": action})
    said = await clients.say(kind)

    assert said.startswith('{"claim"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(said)


async def test_a_refusal_has_each_providers_shape(remote, clients):
    remote.script({"times": None, "action": {"do": "refuse", "message": "No."}})
    response, chat, message = [await clients.ask(kind) for kind in KINDS]

    assert (response.status, response.output[0].content[0].refusal, response.output_text) == ("completed", "No.", "")
    assert (chat.choices[0].message.refusal, chat.choices[0].message.content) == ("No.", None)
    assert (message.stop_reason, message.stop_details.explanation, message.content) == ("refusal", "No.", [])


async def test_a_refusal_streams_in_each_providers_shape(remote, clients):
    remote.script({"times": None, "action": {"do": "refuse", "message": "No."}})
    response, chat, message = [await read(await clients.ask(kind, stream=True)) for kind in KINDS]

    assert [event.delta for event in response if event.type == "response.refusal.delta"] == ["No."]
    assert response[-1].response.output[0].content[0].type == "refusal"
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chat) == "No."
    assert [e.delta.stop_reason for e in message if e.type == "message_delta"] == ["refusal"]


async def test_a_truncated_answer_has_each_providers_shape(remote, clients):
    remote.script({"times": None, "action": {"do": "truncate"}})
    answers = dict(zip(KINDS, [await clients.ask(kind) for kind in KINDS], strict=True))
    *_, streamed = await read(await clients.ask("responses", stream=True))

    assert (answers["responses"].status, answers["responses"].incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )
    assert answers["chat"].choices[0].finish_reason == "length"
    assert answers["messages"].stop_reason == "max_tokens"
    assert {len(text_of(kind, answer)) for kind, answer in answers.items()} == {len(json.dumps(GOOD)) // 2}
    assert (streamed.type, streamed.response.status) == ("response.incomplete", "incomplete")


async def test_too_long_a_prompt_is_refused_in_each_providers_words(remote, clients):
    remote.script({"times": None, "action": {"do": "too_long"}})
    caught = {}
    for kind in KINDS:
        with pytest.raises((openai.BadRequestError, anthropic.BadRequestError)) as error:
            await clients.ask(kind)
        caught[kind] = error.value

    assert caught["responses"].code == caught["chat"].code == "context_length_exceeded"
    assert "maximum context length" in caught["chat"].message
    assert "prompt is too long" in caught["messages"].message


async def test_a_compatible_server_lacks_what_it_was_told_to_and_nothing_else(remote, clients):
    remote.script(
        *({"times": None, "action": {"do": "unsupported", "what": what}} for what in ("responses", "json_schema"))
    )
    with pytest.raises(openai.NotFoundError):
        await clients.ask("responses")
    with pytest.raises(openai.BadRequestError, match="response_format"):
        await clients.ask("chat")

    assert await clients.say("chat", form=False) == PROSE
    assert json.loads(await clients.say("messages")) == GOOD
    remote.clear()
    remote.script(fault("unsupported", what="json_object"))
    with pytest.raises(openai.BadRequestError, match="response_format"):
        await clients.ask("chat", form=False, response_format={"type": "json_object"})
