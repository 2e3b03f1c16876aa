import re
from itertools import pairwise

import pytest
from lxml import html

from app.demo import charts, report, wording
from app.demo.answers import marked
from tests.demo.speaker import found

VARIABLE = re.compile(r"--(\w+): (#[0-9a-f]{3,6})")


@pytest.fixture
def told():
    return found()


def page(told):
    return html.document_fromstring(report.render(told))


def section(told, key):
    return page(told).get_element_by_id(key, None)


def words_of(element):
    return " ".join(element.text_content().split())


def test_every_quote_of_the_creator_stands_in_a_source_and_is_followed_by_its_title_and_time(told):
    shown = [
        quote for quote in page(told).iterfind(".//figure[@class='quote']") if "“" in quote.findtext("blockquote", "")
    ]

    assert len(shown) > 40
    for quote in shown:
        said, where = quote.findtext("blockquote")[1:].rstrip(" …")[:-1], quote.findtext("figcaption")
        assert any(said in text for text in told["texts"].values()), said
        assert where.startswith("Title of video-")
        assert re.search(r"(, at \d+:\d\d)?, characters [\d,]+ to [\d,]+$", where)


@pytest.mark.parametrize(
    "change", [{"quote": "Nobody said that."}, {"stale": True}, {"source_id": "gone"}, {"span": {"start": 1, "end": 9}}]
)
def test_a_quote_that_does_not_stand_is_not_shown(told, change):
    (questions,) = [signal for signal in told["profile"]["signals"] if signal["name"] == "questions"]
    before = len(page(told).xpath("//figure[@class='quote']"))

    questions["examples"][0].update(change)

    assert len(page(told).xpath("//figure[@class='quote']")) == before - 1


def test_each_signal_has_a_line_and_its_mark_stands_where_its_percentile_does(told):
    rows = section(told, "voice").findall(".//details[@class='row']")
    measured = [signal for signal in told["profile"]["signals"] if signal["value"] is not None]
    assert len(rows) == len(measured) > 35

    places = []
    for row, signal in zip(rows, measured, strict=True):
        assert words_of(row.find("summary")).startswith(wording.signal_name(signal["name"]))
        assert signal["definition"] in words_of(row)
        mark = row.find(".//circle")
        assert (mark is not None) == (signal["background"] is not None)
        if mark is not None:
            percentile = signal["background"]["percentile"]
            places.append((percentile, float(mark.get("cx").rstrip("%"))))
            assert mark.get("class") == ("ring" if 25 <= percentile <= 75 else "dot")
    places.sort()
    assert all(one[1] <= other[1] for one, other in pairwise(places))
    assert len({place for _, place in places}) == len({percentile for percentile, _ in places})


def test_what_could_not_be_measured_is_named_with_its_reason(told):
    missing = [signal for signal in told["profile"]["signals"] if signal["value"] is None]

    text = words_of(section(told, "voice"))

    assert missing
    assert all(f"{wording.signal_name(one['name'])}: {one['reason']}" in text for one in missing)


def test_the_page_asks_nobody_for_anything_and_runs_nothing(told):
    told["pictures"] = {"video-0": "data:image/png;base64,AAAA", "video-1": "https://elsewhere.example/picture.png"}

    rendered = report.render(told)

    assert "elsewhere" not in rendered
    assert "<script" not in rendered
    assert "url(" not in rendered
    assert "@import" not in rendered
    shown = html.document_fromstring(rendered)
    assert [image.get("src") for image in shown.iter("img")] == ["data:image/png;base64,AAAA"]
    assert all(image.get("alt") for image in shown.iter("img"))
    assert all(link.get("href").startswith("#") for link in shown.iter("a"))


def test_headings_descend_one_by_one_links_arrive_and_pictures_are_described(told):
    shown = page(told)
    ids = [element.get("id") for element in shown.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
    levels = [int(element.tag[1]) for element in shown.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(link.get("href")[1:] in ids for link in shown.iter("a"))
    pictures = list(shown.iter("svg"))
    assert len(pictures) > 40
    for picture in pictures:
        title, description = (shown.get_element_by_id(one) for one in picture.get("aria-labelledby").split())
        assert title.text
        assert description.text


def test_the_proof_is_left_out_where_there_is_none_and_else_shown_whatever_it_holds(told):
    assert section(told, "proof") is None
    quote = next(signal for signal in told["profile"]["signals"] if signal["examples"])["examples"][0]
    told["profile"]["proof"] = {
        "status": "measured", "held_out": {"median": 50.25, "own_accepted": 0.91, "odd_key": None}, "nearest": quote,
        "steady": True, "scores": [1.5, 2.25], "empty": {}, "runs": [{"n_sources": 3}],
    }  # fmt: skip

    text = words_of(section(told, "proof"))

    for part in ("Measured", "Median 50.2", "Own texts recognised 91%", "Odd key not measured", "Steady yes", "Scores 1.5, 2.25", "Videos 3", "Nearest “"):  # fmt: skip
        assert part.replace(" ", "") in text.replace(" ", ""), part
    assert "Empty" not in text
    assert text.index("Steady") < text.index("Own texts recognised")


def test_openings_parts_and_calls_are_drawn_to_their_shares(told):
    text = words_of(section(told, "building"))
    structure = told["profile"]["structure"]

    for hook in structure["hooks"]["types"]:
        assert f"{wording.percent(hook['share'])}, {hook['count']} of 3 videos" in text
    for beat in structure["outline"]["beats"]:
        bar = section(told, "building").xpath(f".//*[@id='beat-{beat['beat']}-title']/..")[0]
        assert bar.findall("rect")[1].get("x") == f"{min(beat['start_percent'], 99):.1f}%"
    assert structure["outline"]["beats"]
    assert structure["calls_to_action"]["histogram"][-1] == 3
    assert "Counts in each tenth of the length, from start to end: 0, 0, 0, 0, 0, 0, 0, 0, 0, 3." in text


def test_a_profile_without_times_background_structure_or_quotes_still_makes_a_page(told):
    for signal in told["profile"]["signals"]:
        signal.update(background=None, curve=None, examples=[], ci_low=None, ci_high=None)
    told["profile"].update(structure=None, traits=[], catchphrases=[], exemplars=[])
    told.update(matches=[], searches=[], texts={})

    shown = page(told)

    assert [heading.text for heading in shown.iter("h2")] == ["The voice among other speakers", "The sources"]
    assert len(shown.xpath("//nav//a")) == 2


def test_a_curve_breaks_where_a_tenth_is_missing():
    whole = charts.curve("k", "t", "d", [150.0] * 10, [])
    broken = charts.curve("k", "t", "d", [150.0] * 4 + [None] + [160.0] * 5, [])

    assert whole.count('class="bold"') == 9
    assert broken.count('class="bold"') == 7
    assert charts.curve("k", "t", "d", [None] * 10, []) == ""


@pytest.mark.parametrize("values", [[150.0], [0.5, 900.0], [149.0, 151.0], [20.0, 2000.0]])
def test_a_curve_stays_inside_of_its_picture_whatever_its_values(values):
    heights = [
        float(y) for y in re.findall(r'c?y[12]?="([\d.-]+)"', charts.curve("k", "t", "d", values, [values[::-1]]))
    ]

    assert all(0 <= height <= charts.CURVE_HEIGHT for height in heights)


def test_letters_and_marks_are_told_from_their_ground_in_light_dark_and_print():
    schemes = report.STYLE.read_text().split(":root {")[1:]
    assert len(schemes) == 3
    for scheme in schemes:
        colour = dict(VARIABLE.findall(scheme.split("}")[0]))
        for ground in ("paper", "card"):
            for letters in ("ink", "soft", "accent"):
                assert contrast(colour[letters], colour[ground]) >= 4.5, (letters, ground)
            assert contrast(colour["thin"], colour[ground]) >= 3, ground
        assert contrast(colour["ink"], colour["mark"]) >= 4.5
        assert contrast(colour["accent"], colour["band"]) >= 3


def contrast(one, other):
    """The ratio of WCAG 2, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_passage_is_cut_between_words_and_marks_what_was_found():
    text = "word " * 40 + "the sextant hangs <here> " + "more " * 120
    start = text.index("sextant")

    shown = marked(text, [{"start": start, "end": start + 7}])

    assert "<mark>sextant</mark> hangs &lt;here&gt;" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    inside = re.sub("<.*?>", "", shown).replace("&lt;", "<").replace("&gt;", ">").strip("… ")
    assert inside in text
    assert set(inside.split()) <= set(text.split())


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.02579, "share", "2.6%"), (0.0996, "share", "10%"), (1.0, "share", "100%"), (0.0, "share", "0%"),
        (-0.04655, "-1 to 1", "−0.0466"), (1234.5, "words", "1,234"), (0.0, "words", "0"), (9.474, "words", "9.47"),
        (float("nan"), "words", "–"), (0.00001, "words", "0"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_a_person_reads_them(value, unit, written):
    assert wording.in_unit(value, unit) == written


def test_a_time_past_the_hour_shows_the_hours():
    assert [wording.clock(seconds) for seconds in (0, 64.9, 3725)] == ["0:00", "1:04", "1:02:05"]
    assert wording.place(4, None, {"start": 0, "end": 1200}) == "page 4, characters 0 to 1,200"
