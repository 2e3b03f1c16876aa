"""A body is handed to public hosts only, and nothing of what they answer is told but the status."""

import asyncio

import pytest

from app.shared.clients.courier import ANSWER_SECONDS, Courier
from app.shared.exceptions import Unprocessable
from tests.shared.clients.site import NOBODY, Names, Site, endless, moved, reply

BODY = b'{"type": "webhook.test"}'


def courier(private: bool = True, names: Names | None = None, seconds: float = 5) -> Courier:
    return Courier("Strand/0.1", trust=NOBODY, private=private, resolver=names or Names(), total_seconds=seconds)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
        "https://hooks.example.com:22/", "https://user@hooks.example.com/", "https://db/", "https://db.internal/",
        "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/\nX: y", "https://0x7f.1/",
    ],
)  # fmt: skip
async def test_only_https_addresses_of_public_hosts_are_taken(url):
    with pytest.raises(Unprocessable) as refused:
        courier(private=False).check(url)

    assert refused.value.error_code == "url_not_allowed"
    assert (await courier(private=False).hand(url, {}, BODY)).error


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fd00::1"])
async def test_a_public_name_of_a_private_address_is_not_connected_to_whenever_it_turns_to_it(inner):
    async with Site.open() as site:
        names = Names(hooks_example=[["93.184.215.14", inner]])
        handed = await courier(private=False, names=names).hand("https://hooks.example/", {}, BODY)

    assert (handed.status, handed.error) == (None, "hooks.example isn't on the public internet.")
    assert names.asked == ["hooks.example"]
    assert site.connections == 0


async def test_even_in_development_a_clouds_metadata_is_out_of_reach():
    handed = await courier().hand("http://169.254.169.254/latest/meta-data", {}, BODY)

    assert handed.error == "169.254.169.254 isn't on the public internet."


async def test_in_development_a_receiver_on_localhost_is_reached():
    async with Site.open() as site:
        site.pages = {"/hook": reply(b"")}
        handed = await Courier("Strand/0.1", trust=NOBODY, private=True).hand(site.url("/hook", "localhost"), {}, BODY)

    assert (handed.status, handed.error) == (200, None)


async def test_a_redirect_is_a_failure_and_is_not_followed():
    async with Site.open() as site:
        site.pages = {"/hook": moved(site.url("/elsewhere"), "307 Temporary Redirect")}
        handed = await courier().hand(site.url("/hook"), {}, BODY)

    assert handed.status == 307
    assert "not followed" in (handed.error or "")
    assert [one.path for one in site.seen] == ["/hook"]


async def test_a_receiver_that_never_answers_is_left_and_one_that_never_ends_its_answer_is_believed():
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with Site.open() as site:
        site.pages = {
            "/silent": silent,
            "/drip": endless(b"HTTP/1.1 204 OK\r\nX-A: b", b"", 0.05),
            "/endless": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", b"x" * 512, 0.01),
            "/slow": endless(b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\n", b"", 0.05),
        }
        silence, drip = [await courier(seconds=0.3).hand(site.url(path), {}, BODY) for path in ("/silent", "/drip")]
        endlessly, slow = [await courier().hand(site.url(path), {}, BODY) for path in ("/endless", "/slow")]

    assert (silence.status, silence.error) == (None, "There was no answer within 0.3 seconds.")
    assert drip.error == silence.error
    assert (endlessly.status, endlessly.error) == (200, None)
    assert (slow.status, slow.retry_after_seconds) == (503, 7)
    assert ANSWER_SECONDS < 15


async def test_nothing_is_sent_but_what_is_asked_for():
    async with Site.open() as site:
        site.pages = {"/hook": reply(b"secret of the inside", "200 OK", "text/plain", "Set-Cookie: a=b")}
        one = courier()
        for _ in range(2):
            handed = await one.hand(site.url("/hook"), {"Webhook-Id": "msg_1"}, BODY)

    assert handed.error is None
    assert set(site.seen[1].headers) == {"host", "user-agent", "webhook-id", "content-length"}
