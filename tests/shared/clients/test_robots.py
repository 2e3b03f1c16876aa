import pytest

from app.shared.clients.robots import LONGEST_KEPT, MOST_SITES, Rules, RulesCache, matches, parse_rules
from app.shared.clients.urls import escaped


def allows(text: str, path: str) -> bool:
    return parse_rules(text, "Strand").allows(escaped(path))


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("Disallow: /", "/a", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: *\nDisallow: /", "/a", False),
        ("User-agent: STRAND/2.0\nDisallow: /", "/a", False),
        ("User-agent: strander\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: strand\nAllow: /", "/a", True),
        ("User-agent: strand\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: strand", "/a", True),
        ("User-agent: strand\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: Strand\nDisallow: /c", "/c", False),
        ("User-agent: strand\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: Strand\nDisallow: /c", "/b", True),
        ("User-agent: *\nSitemap: https://a.example/s.xml\nCrawl-delay: 9\nUser-agent: strand\nDisallow: /a", "/a", False),
        ("User-agent: *\n\n\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/open", "/a/open/page", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a/closed", "/a/closed/page", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/papers/one.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/papers/one.pdf?x", True),
        ("User-agent: *\nDisallow: /*?", "/search?q=1", False),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /%7Eann", "/~ann", False),
        ("User-agent: *\nDisallow: /~ann", "/%7eann", False),
        ("User-agent: *\nDisallow: /é", "/%c3%a9", False),
        ("User-agent: *\nDisallow: /%C3%A9", "/é", False),
        ("User-agent: *\nDisallow: /a%2fb", "/a/b", True),
        ("\ufeffUser-agent: *\r\nDisallow: /a # closed\r\n", "/a", False),
        ("user-AGENT : *\rDISALLOW : /a", "/a", False),
        ("<html>not: found</html>", "/a", True),
    ],
)  # fmt: skip
def test_the_longest_rule_of_our_own_group_decides(text: str, path: str, allowed: bool) -> None:
    assert allows(text, path) is allowed


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a*b*c", "/axxbxxcxx", True),
        ("/a*b*c", "/axxcxxb", False),
        ("/a*b$", "/ab", True),
        ("/ab*b$", "/ab", False),
        ("*x*", "/axb", True),
        ("/a**b", "/ab", True),
        ("/$", "/", True),
        ("/$", "/a", False),
        ("/a$b", "/a$b", True),
    ],
)
def test_a_pattern_fits_from_the_start_with_stars_between(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_a_pattern_of_very_many_stars_is_decided_at_all() -> None:
    assert not matches("/" + "*a" * 20_000 + "b$", "/" + "a" * 30_000)


def test_a_group_of_very_many_names_is_read_at_all() -> None:
    many = parse_rules("User-agent: a\nUser-agent: *\n" * 40_000 + "Disallow: /a\n" * 40_000, "Strand")
    assert not many.allows("/a")
    assert many.allows("/b")


def test_rules_are_kept_for_an_hour() -> None:
    at = [100.0]
    cache, rules = RulesCache(lambda: at[0]), parse_rules("User-agent: *\nDisallow: /", "Strand")
    cache.put("https://a.example", rules)
    at[0] += 3599
    assert cache.get("https://a.example") is rules
    at[0] += 1
    assert cache.get("https://a.example") is None
    assert cache.get("http://a.example") is None


def test_the_cache_keeps_the_newest_sites_and_no_giants() -> None:
    cache = RulesCache(lambda: 0.0)
    for number in range(MOST_SITES + 1):
        cache.put(f"https://{number}.example", Rules())
    cache.put("https://giant.example", Rules((("/a", False),) * (LONGEST_KEPT + 1)))
    assert cache.get("https://0.example") is None
    assert cache.get("https://1.example") == Rules()
    assert cache.get("https://giant.example") is None
