"""Pages from the web: the content, and who wrote it when."""

import pytest

from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples

PARAGRAPHS = [
    "The sea comes in and goes out twice a day, and for a very long time nobody could say why it does so.",
    "Sailors knew the rule of thumb, of course: the highest water comes with the full and with the new moon.",
    "Newton gave the reason, and it is an odd one, because there are two bulges of water and not only one.",
    "Harbours in the same bay may differ by an hour, since the shape of the sea bed delays the wave.",
]
MENU = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "Shop", "Help", "About us", "Log in"))
ARTICLE = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
TABLE = "<table><tr><th>Port</th><th>Height</th></tr><tr><td>Brest</td><td>6.1 m</td></tr></table>"
LIST = "<ul><li>ebb</li><li>flow, with <em>some</em> force</li></ul>"
HEAD = "<meta charset='utf-8'><title>Why the sea moves | The Tide Post</title>"


def page(body, head=HEAD):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


LAYOUTS = {
    "article": f"<header><nav><ul>{MENU}</ul></nav></header><main><article><h1>Why the sea moves</h1>{ARTICLE}<h2>Numbers</h2>{TABLE}{LIST}</article></main><aside>Read this next: ten knots</aside><footer>Privacy policy. All rights reserved.</footer>",
    "divs": f"<div class='navbar'><ul>{MENU}</ul></div><div id='wrap'><div class='content'><h1>Why the sea moves</h1>{ARTICLE}<h2>Numbers</h2>{TABLE}{LIST}</div><div class='sidebar'><p>Read this next: ten knots</p></div></div><div id='footer'>Privacy policy. All rights reserved.</div>",
    "bare": f"<h1>Why the sea moves</h1>{ARTICLE}<h2>Numbers</h2>{TABLE}{LIST}",
    "layout table": f"<table><tr><td><ul>{MENU}</ul></td><td><h1>Why the sea moves</h1>{ARTICLE}<h2>Numbers</h2>{TABLE}{LIST}</td></tr></table>",
    "form around": f"<form action='/'><div class='menu'>{MENU}</div><div class='page-content'><h1>Why the sea moves</h1>{ARTICLE}<h2>Numbers</h2>{TABLE}{LIST}</div></form>",
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_content_is_kept_and_menus_and_footers_are_not(tmp_path, layout):
    reading = samples.read(tmp_path, "a.html", page(LAYOUTS[layout]))

    assert all(one in reading.text for one in PARAGRAPHS)
    assert "Brest | 6.1 m" in reading.text
    assert "flow, with some force" in reading.text
    assert "Log in" not in reading.text
    assert "Privacy policy" not in reading.text
    assert [one.title for one in reading.headings if one.level <= 2] == ["Why the sea moves", "Numbers"]
    assert all(reading.text[one.start :].startswith(one.title) for one in reading.headings)


def test_content_that_one_extractor_would_miss_is_kept(tmp_path):
    sections = "".join(
        f"<section class='card'><div class='teaser-{n}'><h3>Port {n}</h3><div><span>{PARAGRAPHS[n % 4]} It is port number {n} of this coast.</span></div></div></section>"
        for n in range(12)
    )

    text = samples.read(tmp_path, "a.html", page(f"<div id='app'>{sections}</div>")).text

    assert all(f"It is port number {n} of this coast." in text for n in range(12))


FACTS = {
    "linked data": """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, {"@type": "NewsArticle",
        "headline": "Why the sea moves", "author": [{"@type": "Person", "name": "Ada Quill"}], "datePublished": "2021-03-04T05:06:07Z"}]}</script>""",
    "meta": '<meta property="og:title" content="Why the sea moves"><meta name="author" content="By Ada Quill"><meta property="article:published_time" content="2021-03-04T05:06:07+00:00">',
}


@pytest.mark.parametrize("form", FACTS)
def test_title_author_and_date_are_what_the_page_says(tmp_path, form):
    reading = samples.read(tmp_path, "a.html", page(LAYOUTS["article"], HEAD + FACTS[form]))

    assert (reading.title, reading.author) == ("Why the sea moves", "Ada Quill")
    assert reading.published_at.isoformat() == "2021-03-04T05:06:07+00:00"


def test_facts_that_stand_only_in_the_page_are_found(tmp_path):
    byline = '<p class="byline">by <a rel="author">Ada Quill</a></p><time datetime="2021-03-04">4 March</time>'

    reading = samples.read(tmp_path, "a.html", page(f"<article><h1>Why the sea moves</h1>{byline}{ARTICLE}</article>"))

    assert (reading.title, reading.author) == ("Why the sea moves", "Ada Quill")
    assert reading.published_at.date().isoformat() == "2021-03-04"


@pytest.mark.parametrize("declared", ["windows-1251", "koi8-r", "iso-8859-1", "utf-8"])
def test_a_declared_encoding_is_believed(tmp_path, declared):
    said = "Größe." if declared.startswith("iso") else "Море."
    body = f"<html><head><meta charset='{declared}'><title>x</title></head><body><p>{said} {PARAGRAPHS[0]}</p></body></html>"

    assert said in samples.read(tmp_path, "a.html", body.encode(declared)).text


@pytest.mark.parametrize(
    "body",
    ["<div>" * 5_000 + ARTICLE, ARTICLE + "<b>" * 3_000 + "end", f"<p>{'<span>x ' * 5_000}", "<table>" * 600 + f"<tr><td>{ARTICLE}"],
    ids=["divs", "bolds", "spans", "tables"],
)  # fmt: skip
def test_a_page_nested_without_end_is_read_or_refused(tmp_path, body):
    try:
        assert samples.read(tmp_path, "a.html", page(body)).text
    except Unprocessable as refused:
        assert refused.error_code in {"no_text", "malformed_file"}


def test_a_page_that_defines_entities_is_refused(tmp_path):
    laughs = '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.html", f"{laughs}<html><body><p>&b;</p></body></html>")

    assert refused.value.error_code == "too_large_inside"


def test_a_page_without_words_of_its_own_says_so(tmp_path):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.html", page("<div id='root'></div><script>let words = 'many of them';</script>"))

    assert refused.value.error_code == "no_text"
