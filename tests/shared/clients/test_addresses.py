import socket

import pytest

from app.shared.clients.addresses import CLOSED_V4, CLOSED_V6, SystemResolver, as_address, is_public
from app.shared.clients.urls import Target, next_target, parse_target
from app.shared.exceptions import Unprocessable

CLOSED = [
    "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200",
    "127.0.0.2", "127.255.255.255", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::808:808",
    "100::1", "2001::1", "2001:0:7f00:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1",
    "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fdff::1", "fe80::1",
    "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "2600:1:2:3:0:5efe:a00:1", "2600:1:2:3:200:5efe:7f00:1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
    "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "2000::1", "2001:200::1",
    "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1", "64:ff9b::808:808",
    "2600:1:2:3:0:5efe:808:808",
]  # fmt: skip


@pytest.mark.parametrize("text", CLOSED)
def test_an_address_that_is_not_everybodys_is_closed(text: str) -> None:
    address = as_address(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_the_neighbours_of_closed_ranges_are_open(text: str) -> None:
    address = as_address(text)
    assert address is not None
    assert is_public(address)


@pytest.mark.parametrize("network", [*CLOSED_V4, *CLOSED_V6], ids=str)
def test_a_closed_range_is_closed_from_its_first_to_its_last_address(network) -> None:
    assert not is_public(network[0])
    assert not is_public(network[-1])
    assert any(as_address(text) in network for text in CLOSED)


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.01/",
        "http://127.0.0.0x1/",
        "http://1.2.3/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://example.1/",
        "http://example.0x/",
        "http://127.0.0.1../",
        "http://[::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[2600::1%251]/",
        "http://[1.2.3.4]/",
        "http://[::1/",
        "http://::1/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://db/",
        "http://printer.local/",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://metadata.google.internal./",
        "http://site.onion/",
        "http://user@library.example/",
        "http://user:secret@library.example/",
        "http://@library.example/",
        "http://library.example\\@127.0.0.1/",
        "http://library.example%2f@127.0.0.1/",
        "http://127.0.0.1\\.library.example/",
        "http://library.example%00.example/",
        "http://library.example:22/",
        "http://library.example:0/",
        "http://library.example:6379/",
        "http://library.example:65536/",
        "http://library.example:80x/",
        "http://library.example:-80/",
        "http:///page",
        "http:\\\\library.example/",
        "http:library.example",
        "//library.example/",
        "library.example",
        "",
        "ftp://library.example/",
        "file:///etc/passwd",
        "gopher://library.example/",
        "data:text/html,hello",
        "javascript:alert(1)",
        "unix:///var/run/docker.sock",
        "http://library.example/a\nHost: other.example",
        "http://library.example/a\tb",
        "ht\ntp://library.example/",
        "http://library.exa\u00admple\x7f/",
        "http://-library.example/",
        "http://lib rary.example/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 127 + "example/",
        "http://library.example/" + "a" * 4000,
        "http://xn--\u2488.example/",
        "http://\u2488example/",
        "http://\ud800.example/",
        "http://library.example/\ud800",
    ],
)
def test_an_address_of_no_plain_public_page_is_refused(url: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        parse_target(url)
    assert caught.value.error_code == "url_not_allowed"


@pytest.mark.parametrize("host", ["１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]"])
def test_a_loopback_address_in_disguise_is_refused_or_seen_as_what_it_is(host: str) -> None:
    try:
        seen = parse_target(f"http://{host}/").host
    except Unprocessable as error:
        assert error.error_code == "url_not_allowed"
    else:
        address = as_address(seen)
        assert address is not None
        assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://library.example", Target("http", "library.example", 80, "/")),
        ("  HTTPS://Library.EXAMPLE.:443/a b#part ", Target("https", "library.example", 443, "/a%20b")),
        ("http://library.example:8080/?q=ä&x=[1]", Target("http", "library.example", 8080, "/?q=%C3%A4&x=[1]")),
        ("http://straße.example/", Target("http", "xn--strae-oqa.example", 80, "/")),
        ("http://8.8.8.8/", Target("http", "8.8.8.8", 80, "/")),
        ("http://[2606:4700:0::1111]:8443/", Target("http", "2606:4700::1111", 8443, "/")),
        ("http://under_score.example/", Target("http", "under_score.example", 80, "/")),
        ("http://library.example/a/../b/./c/..", Target("http", "library.example", 80, "/b/")),
        ("http://library.example/../../a", Target("http", "library.example", 80, "/a")),
        ("http://library.example/%2e%2E/%7euser%2f", Target("http", "library.example", 80, "/~user%2F")),
        ("http://library.example//double//", Target("http", "library.example", 80, "//double//")),
    ],
)
def test_an_address_is_taken_apart_into_what_is_sent(url: str, target: Target) -> None:
    assert parse_target(url) == target
    assert parse_target(target.url) == target


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/other", "https://library.example/other"),
        ("other?x=1#y", "https://library.example/a/other?x=1"),
        ("../up", "https://library.example/up"),
        ("?only=query", "https://library.example/a/b?only=query"),
        ("//museum.example/c", "https://museum.example/c"),
        ("https://museum.example:8443/c", "https://museum.example:8443/c"),
    ],
)
def test_a_redirect_is_read_from_where_it_stands(location: str, leads_to: str) -> None:
    assert next_target(parse_target("https://library.example/a/b"), location).url == leads_to


@pytest.mark.parametrize(
    "location",
    [
        "http://library.example/a/b",
        "http://[::1",
        "//user@museum.example/",
        "//museum.example:25/",
        "ftp://museum.example/",
        "javascript:alert(1)",
        "/a\tb",
        "//localhost/",
        "https://0x7f.1/",
    ],
)
def test_a_redirect_is_held_to_the_same_rules_and_never_leaves_https(location: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        next_target(parse_target("https://library.example/a/b"), location)
    assert caught.value.error_code == "url_not_allowed"


async def test_the_system_resolver_asks_for_the_whole_name_and_gives_every_address_once(monkeypatch) -> None:
    def look_up(host, *_, **__):
        asked.append(host)
        stream = (socket.AF_INET6, socket.SOCK_STREAM, 6, "")
        return [(*stream, ("fe80::1%2", 0, 0, 2)), (*stream, ("2606:4700::1", 0, 0, 0)), (*stream, ("2606:4700::1", 0))]

    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    local, public = await SystemResolver().resolve("library.example")
    assert asked == ["library.example."]
    assert (is_public(local), is_public(public)) == (False, True)


async def test_no_such_name_and_no_answer_are_told_apart(monkeypatch) -> None:
    def look_up(*_, **__):
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    number = socket.EAI_NONAME
    assert await SystemResolver().resolve("library.example") == []
    number = socket.EAI_AGAIN
    with pytest.raises(OSError):
        await SystemResolver().resolve("library.example")
