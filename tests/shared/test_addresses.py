from ipaddress import ip_network

import pytest

from app.shared.addresses import household, origin

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "said", "is_from"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.66, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1, nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["10.9.9.9"], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("::ffff:10.1.2.3", ["2001:db8::5"], "2001:db8::5"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        (None, ["198.51.100.1"], None),
    ],
)
def test_only_what_a_trusted_proxy_says_last_is_believed(peer, said, is_from):
    assert origin(peer, said, PROXIES) == is_from


def test_without_trusted_proxies_nobody_can_name_another_address():
    assert origin("127.0.0.1", ["198.51.100.1"], ()) == "127.0.0.1"


def test_an_ipv6_network_counts_as_one_household_and_an_ipv4_address_by_itself():
    assert household("2001:db8:1:2::5") == household("2001:db8:1:2:ffff::1") != household("2001:db8:1:3::5")
    assert household("198.51.100.1") == household("::ffff:198.51.100.1") != household("198.51.100.2")
    assert household(None) == household("a socket without an address")
