"""The prompter's page, read by an HTML parser, and worked in a real browser."""

import asyncio
import re
import shutil
from base64 import b64encode
from hashlib import sha256

import html5lib
import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from playwright.async_api import async_playwright

from app.features.scripts.exports.document import beats_of, cleaned, title_of
from app.features.scripts.exports.files import export
from app.features.scripts.exports.teleprompter import STYLE
from app.features.scripts.speech import spoken
from tests.features.scripts.exports.scripts import many, sample, scripts, section

XHTML = "{http://www.w3.org/1999/xhtml}"


def page_of(script):
    body = export("teleprompter", script).body.decode()
    return html5lib.HTMLParser(strict=True).parse(body)


def texts(node, name) -> list[str]:
    return ["".join(one.itertext()) for one in node.iter(f"{XHTML}{name}")]


def test_the_page_holds_the_titles_and_what_is_spoken_and_marks_what_is_to_be_written():
    page = page_of(sample())

    assert texts(page, "h1") == ["How sailors found their longitude"]
    assert texts(page, "h2") == [title_of(one) for one in sample().sections]
    assert texts(page, "mark") == ["[your words: the first time you were lost, 45 words]"]
    assert texts(page, "p")[0].startswith("Could you find your way home with a clock?")
    assert not any("[1]" in one or "unsupported" in one for one in texts(page, "p"))


def test_the_paragraphs_take_as_long_as_the_script():
    seconds = [float(one.get("data-seconds")) for one in page_of(sample()).iter(f"{XHTML}p") if one.get("data-seconds")]

    assert sum(seconds) == pytest.approx(beats_of(sample())[-1].end, abs=0.01)


def test_the_page_asks_the_network_for_nothing_and_runs_only_its_own_script():
    body = export("teleprompter", sample()).body.decode()
    page = page_of(sample())
    policy = next(one.get("content") for one in page.iter(f"{XHTML}meta") if one.get("http-equiv"))

    assert policy.startswith("default-src 'none';")
    for name in ("style", "script"):
        (inside,) = texts(page, name)
        assert f"{name}-src 'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'" in policy
    assert not re.findall(r"""(?:src|href|action)=|url\(|@import|https?://""", body)


def test_every_control_has_a_name_and_the_page_a_language():
    page = page_of(replace(sample(), language="de"))

    assert page.get("lang") == "de"
    assert all(name.strip() for name in texts(page, "button"))
    assert [one.get("role") for one in page.iter(f"{XHTML}span")].count("status") == 1
    assert all(one.get("dir") == "auto" for name in ("h1", "h2") for one in page.iter(f"{XHTML}{name}"))


def test_the_colours_stand_out_from_each_other():
    """WCAG 2.2, 1.4.3: text at 4.5 to 1 at least, here 7; 1.4.11: controls at 3 to 1."""
    pairs = re.findall(r"background: (#\w+)[^}]*?color: (#\w+)|color: (#\w+); background: (#\w+)", STYLE)

    assert len(pairs) >= 3
    for pair in pairs:
        one, other = [colour for colour in pair if colour]
        assert contrast(one, other) >= 7
    assert contrast("#b8c4d6", "#2a3342") >= 3


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_any_script_is_a_valid_page_that_says_what_is_spoken(script):
    page = page_of(script)
    script = cleaned(script)

    assert len(texts(page, "h2")) == len(script.sections)
    said = "".join("".join(texts(page, "p")[:-1]).split())
    for one in script.sections:
        assert all(piece in said for piece in spoken(one.narration).split())
    assert len(texts(page, "script")) == 1


@pytest.mark.slow
async def test_the_page_scrolls_at_the_pace_and_goes_on_where_it_was_left(tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings it")
    path = tmp_path / "prompter.html"
    path.write_bytes(export("teleprompter", replace(many(3), words_per_minute=240.0)).body)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await (await browser.new_context()).new_page()
        broken, asked = [], []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(path.as_uri())
        before = await page.evaluate("scrollY")
        await page.keyboard.press("Space")
        for _ in range(200):
            if await page.evaluate("scrollY") > before + 40:
                break
            await asyncio.sleep(0.05)
        moved = await page.evaluate("scrollY") - before
        started = await page.locator("#status").inner_text()
        await page.mouse.click(640, 300)  # a locator would wait until it stands still
        paused = await page.locator("#play").inner_text()
        await page.keyboard.press("ArrowRight")
        time = await page.locator("#time").inner_text()
        await page.get_by_role("button", name="Mirror").click()
        mirrored = await page.locator("main").evaluate("node => getComputedStyle(node).transform")
        left = await page.evaluate("scrollY")
        await page.reload()
        again = await page.evaluate("scrollY")
        pressed = await page.locator("#mirror").get_attribute("aria-pressed")
        await page.emulate_media(reduced_motion="reduce")
        await page.get_by_role("button", name="Back to the start").click()
        await page.keyboard.press("PageDown")
        current = await page.locator("p[aria-current]").inner_text()
        await browser.close()

    assert broken == []
    assert moved > 40
    assert asked[1:] in ([], [asked[0]])
    assert (started, paused) == ("Scrolling", "Start")
    assert time.endswith("speed 105 %")
    assert mirrored.startswith("matrix(-1")
    assert abs(again - left) <= 2
    assert pressed == "true"
    assert "part 1 of the whole" in current


async def test_a_script_of_nothing_but_places_to_write_is_still_a_page():
    page = page_of(replace(sample(), sections=[section("s", "", "[your words: all of it | 90 words]")]))

    assert texts(page, "mark") == ["[your words: all of it, 90 words]"]
