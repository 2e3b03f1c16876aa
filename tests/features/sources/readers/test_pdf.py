"""PDFs: paragraphs, pages, headings; what is locked, scanned or broken says so."""

import pytest

from app.features.sources.chunks import cut
from app.features.sources.readers.limits import Limits
from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples
from tests.features.sources.readers.samples import pdf, prose_lines

TIDES = "The sea comes in and goes out twice a day, and nobody told it to. The moon pulls the water nearest to it a little harder than the rest of the Earth. "  # fmt: skip


NAMES = [
    "ebb",
    "flow",
    "neap",
    "spring",
    "slack",
    "bore",
    "race",
    "rip",
    "surge",
    "swell",
    "drift",
    "shoal",
    "reef",
    "cove",
    "inlet",
]


def test_lines_become_paragraphs_and_a_gap_ends_one(tmp_path):
    first, second = prose_lines(TIDES * 2), prose_lines(TIDES, y=550)

    reading = samples.read(tmp_path, "a.pdf", pdf([[*first, *second]]))

    assert reading.text.split("\n\n") == [(TIDES * 2).strip(), TIDES.strip()]


def test_a_broken_word_is_mended_and_a_real_hyphen_stays(tmp_path):
    lines = [
        "This well-known clock kept longi-",
        "tude at sea, a well-",
        "known trick that the whole of the na-",
        "vy came to trust in the end.",
    ]
    page = [(72, 700 - 14 * n, 11, line) for n, line in enumerate(lines)]

    reading = samples.read(tmp_path, "a.pdf", pdf([page]))

    assert (
        reading.text
        == "This well-known clock kept longitude at sea, a well-known trick that the whole of the navy came to trust in the end."
    )


def test_running_headers_and_page_numbers_go_and_a_sentence_goes_on_over_the_page(tmp_path):
    pages = []
    for number in range(1, 6):
        end = "and then the sentence goes on" if number < 5 else "and then it ends."
        body = f"page {number} begins here, {' '.join(NAMES[number::5] * 9)}, {end}"
        pages.append([(72, 760, 9, "The History of Tides"), *prose_lines(body), (300, 30, 9, f"Page {number} of 5")])

    reading = samples.read(tmp_path, "a.pdf", pdf(pages))

    assert "History" not in reading.text
    assert "of 5" not in reading.text
    assert "sentence goes on page 2 begins here" in reading.text
    assert [page.number for page in reading.pages] == [1, 2, 3, 4, 5]
    assert all(reading.text[page.start :].startswith(f"page {page.number} begins") for page in reading.pages)


def test_chapters_that_change_above_the_text_go_with_their_page_numbers(tmp_path):
    pages = []
    for number in range(1, 7):
        body = f"This is what page {number} has to say about {' and '.join(NAMES[number::4] * 4)}, and so it ends."
        head = f"Chapter {number // 2 + 1}: {NAMES[number // 2]}"
        pages.append([(72, 760, 11, head), (520, 760, 11, str(number + 8)), *prose_lines(body)])

    text = samples.read(tmp_path, "a.pdf", pdf(pages)).text

    assert "Chapter" not in text
    assert all(f"what page {number} has to say" in text for number in range(1, 7))


def test_a_chunk_knows_its_page(tmp_path):
    pages = [
        prose_lines(" ".join(f"On page {name} the {n}th port has {n} tides." for n in range(40)))
        for name in ("one", "two", "three")
    ]

    chunks = cut(samples.read(tmp_path, "a.pdf", pdf(pages)))

    assert {chunk.page for chunk in chunks} == {1, 2, 3}
    assert all(chunk.text.startswith(f"On page {('one', 'two', 'three')[chunk.page - 1]} ") for chunk in chunks)


def test_larger_lines_are_headings(tmp_path):
    page = [
        (72, 740, 24, "Of Tides"),
        (72, 705, 15, "The moon"),
        *prose_lines(TIDES * 2, y=680),
        (72, 560, 15, "The sun"),
        *prose_lines(TIDES, y=535),
    ]

    reading = samples.read(tmp_path, "a.pdf", pdf([page]))

    assert [(one.title, one.level) for one in reading.headings] == [("Of Tides", 1), ("The moon", 2), ("The sun", 2)]
    assert all(reading.text[one.start :].startswith(one.title) for one in reading.headings)


def test_a_list_has_its_items_apart(tmp_path):
    page = [*prose_lines("What a tide table holds:", y=700), *((90, 680 - 14 * n, 11, f"• item {n}") for n in range(3))]

    assert samples.read(tmp_path, "a.pdf", pdf([page])).text.split("\n\n")[1:] == ["• item 0", "• item 1", "• item 2"]


def test_two_columns_are_read_one_after_the_other(tmp_path):
    left, right = prose_lines(f"Left. {TIDES}", width=38), prose_lines(f"Right. {TIDES}", x=320, width=38)

    text = samples.read(tmp_path, "a.pdf", pdf([[*left, *right]])).text

    assert text == f"Left. {TIDES.strip()}\n\nRight. {TIDES.strip()}"


@pytest.mark.parametrize("pages", [[[]], [[], [], []]])
def test_a_scan_says_that_it_holds_no_text(tmp_path, pages):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.pdf", pdf(pages))

    assert refused.value.error_code == "no_text"
    assert "OCR" in refused.value.message


def test_a_page_without_text_keeps_the_numbers_right(tmp_path):
    reading = samples.read(tmp_path, "a.pdf", pdf([prose_lines("First. "), [], prose_lines("Third. ")]))

    assert [(page.number, page.start) for page in reading.pages] == [(1, 0), (2, 8), (3, 8)]


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", pdf([prose_lines(TIDES)])[:300]])  # fmt: skip
def test_a_cut_off_pdf_is_malformed(tmp_path, data):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.pdf", data)

    assert refused.value.error_code == "malformed_file"


def test_a_pdf_that_claims_a_hundred_thousand_pages_is_refused(tmp_path):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.pdf", pdf([prose_lines(TIDES)], count=100_000))

    assert refused.value.error_code == "too_large_inside"
    assert "100,000 pages" in refused.value.message


def test_a_pdf_that_claims_a_few_pages_too_many_is_read(tmp_path):
    reading = samples.read(tmp_path, "a.pdf", pdf([prose_lines(TIDES)], count=7))

    assert reading.text == TIDES.strip()


def test_too_much_text_is_refused_and_never_cut(tmp_path):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.pdf", pdf([prose_lines(TIDES)] * 5), Limits(text_characters=300))

    assert refused.value.error_code == "too_large_inside"
