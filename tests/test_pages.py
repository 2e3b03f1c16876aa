"""The pages in a real browser: they show something, and ask no foreign host for anything."""

import shutil
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from app.demo import report
from app.features.scripts.exports.files import export
from tests.demo import speaker, writer
from tests.features.scripts.exports.scripts import sample

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings it")
    async with async_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        launched = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        await launched.close()


WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""All that another colour scheme can change."""


async def barriers(page: Page, part: str | None = None, rules: dict = WCAG) -> list[str]:
    """What axe-core finds against WCAG 2.2, levels A and AA, in all of the page or in a part of it."""
    found = (await Axe().run(page, context=part, options=rules)).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


async def test_the_reference_page_works_with_files_of_our_own_and_keeps_nobody_out(browser, server):
    page = await browser.new_page()
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))

    await page.goto(f"{server}/docs#/projects/create_project")  # of a long list only what is in view is drawn
    await page.locator("#operations-projects-create_project").wait_for(timeout=60_000)
    await page.get_by_text("Start a project: one video in preparation.").first.wait_for(timeout=60_000)

    assert broken == []
    assert [url for url in asked if not url.startswith((server, "data:"))] == []
    for part in (".info", ".scheme-container", "#operations-projects-create_project"):
        assert await barriers(page, part) == [], part


async def test_the_report_stands_alone_and_fits_a_phone(browser, tmp_path):
    hostile = "<script>document.title = 'owned'</script>"
    quote = {"quote": hostile, "source_id": "s", "span": {"start": 0, "end": len(hostile)}, "start_seconds": 61.0}
    signal = {
        "name": "questions", "group": "address", "value": 0.08, "unit": "share", "ci_low": 0.06, "ci_high": 0.09,
        "n_sources": 3, "n_words": 900, "examples": [quote], "definition": "Share.", "reference": "", "status": "measured",
        "background": {"z": 4.0, "percentile": 100, "median": 0.01}, "curve": {"median": [150.0] * 10, "sources": []},
    }  # fmt: skip
    hit = {
        "chunk_id": "c", "source_id": "s", "source_title": hostile, "role": "own", "text": f"a watch {hostile}",
        "span": {"start": 0, "end": 9}, "highlights": [{"start": 2, "end": 7}], "page": None, "start_seconds": None,
        "score": 0.1, "why": {"legs": ["keyword"], "matched_terms": ["watch"], "ranks": {"keyword": 1}},
    }  # fmt: skip
    found = {
        "channel": hostile, "creator": hostile, "project": {"title": hostile}, "quotes": {"total": 1, "standing": 1},
        "texts": {"s": f"{hostile} One. Two words. And three words."},
        "sources": [{"id": "s", "title": hostile, "role": "own", "media_type": "text/plain", "word_count": 6, "chunk_count": 1, "duration_seconds": 61.0}],
        "profile": {
            "grade": "C", "engine": "offline", "name": hostile, "corpus": {"sources": 3, "words": 1500, "sentences": 90, "minutes": 9},
            "signals": [signal], "traits": [{"name": hostile, "description": hostile, "evidence": [quote, quote]}],
            "catchphrases": [{"phrase": hostile, "count": 3, "n_sources": 3, "z": 3.0, "position": 0.1, "examples": [quote]}],
            "structure": None, "proof": {hostile: {"held_out": hostile}},
            "exemplars": [{"kind": "ending", "type": "question", "evidence": quote}], "rejected": [],
        },
        "matches": [{"title": hostile, "role": "own", "excerpt": hostile, "voice_match": 50, "verdict": "yours", "dimensions": []}],
        "searches": [{"query": hostile, "items": [hit]}],
    }  # fmt: skip
    path = tmp_path / "report.html"
    path.write_text(report.render(found))
    page = await browser.new_page(viewport={"width": 375, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(path.as_uri())

    assert await page.title() == f"{hostile}: from past videos to a script"
    assert await page.locator("mark").inner_text() == "watch"
    assert await page.locator("h2").all_inner_texts() == [
        "The voice among other speakers", "Pace and rhythm", "What can be said about it", "Said again and again",
        "How far it holds", "Is it the same voice?", "Asking the sources", "The sources",
    ]  # fmt: skip
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert await page.locator("blockquote", has_text="document.title").count() > 3
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert asked == [path.as_uri()]


async def test_a_citation_of_the_script_shows_its_source_to_a_mouse_a_finger_and_a_key(browser, tmp_path):
    found = {**speaker.found(), **writer.journey()}
    found["texts"] |= writer.texts()
    path = tmp_path / "report.html"
    path.write_text(report.render(found))
    for width, touch in ((1200, False), (375, True)):
        context = await browser.new_context(viewport={"width": width, "height": 800}, has_touch=touch)
        page = await context.new_page()
        await page.goto(path.as_uri())
        cited, note = page.locator("#script article .cited"), page.locator("#script article .note")
        assert not await note.is_visible()

        await (cited.tap() if touch else cited.hover())

        assert await note.is_visible()
        box = await note.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        await page.mouse.move(0, 0)
        await cited.focus()
        assert await note.is_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await context.close()


async def test_report_and_teleprompter_keep_people_out_by_no_barrier_that_wcag_2_2_aa_names(browser, tmp_path):
    found = {**speaker.found(), **writer.journey()}
    found["texts"] |= writer.texts()
    pages = {"report": report.render(found), "teleprompter": export("teleprompter", sample()).body.decode()}
    for scheme, rules in (("light", WCAG), ("dark", CONTRAST)):
        context = await browser.new_context(color_scheme=scheme)
        page = await context.new_page()
        for name, html in pages.items():
            path = tmp_path / f"{name}.html"
            path.write_text(html)
            await page.goto(path.as_uri())
            await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert await barriers(page, rules=rules) == [], (name, scheme)
        await context.close()


async def test_only_the_reference_pages_own_files_are_served(anonymous):
    root = str(anonymous.base_url).removesuffix("/api/v1/")
    for name in ("%00", "a" * 5000, "../main.py", "..%2f..%2fmain.py", "index.html"):
        answer = await anonymous.get(f"{root}/docs/assets/{name}")
        assert answer.status_code == 404, name
