"""What is kept of a model's answer, whatever it is and however it comes in pieces."""

import asyncio
import itertools
import json
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.features.chat.asking import Reading, checked, drafts_in
from app.features.research.passages import Passage
from app.shared.evidence import Span

TEXT = "The Hallam tower is 62 metres tall. It was built in 1871 by the mason Edith Crane.\nIts stone came by canal, not by road."
OFFSET = 100
PASSAGES = [Passage(uuid4(), uuid4(), 1, TEXT, Span(OFFSET, OFFSET + len(TEXT)))]
GOOD = json.dumps(
    {
        "text": "The tower of Hallam is 62 metres tall.",
        "quotes": [{"source": "S1", "quote": "The Hallam tower is 62 metres tall."}],
    }
)
OTHER = json.dumps({"text": "It came by canal.", "quotes": [{"source": "[s1]", "quote": "its stone CAME by canal"}]})
MADE_UP = json.dumps({"text": "It is made of gold.", "quotes": [{"source": "S1", "quote": "It is made of gold."}]})

quotes = st.one_of(
    st.text(max_size=60),
    st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).map(lambda cut: TEXT[min(cut) : max(cut)]),
)
lines = st.one_of(
    st.sampled_from([GOOD, OTHER, MADE_UP, "```json", "{", "[]", TEXT]),
    st.text(max_size=80),
    st.tuples(quotes, quotes, st.sampled_from(["S1", "S2", ""])).map(
        lambda one: json.dumps({"text": one[0], "quotes": [{"source": one[2], "quote": one[1]}]})
    ),
)


async def told(answer, cuts):
    reading = Reading(PASSAGES, [])
    places = sorted({0, len(answer), *(cut % (len(answer) + 1) for cut in cuts)})

    async def pieces():
        for start, end in itertools.pairwise(places):
            yield answer[start:end]

    return "".join([one async for one in checked(pieces(), reading)]), reading


@given(st.lists(lines, max_size=8), st.lists(st.integers(0, 10_000), max_size=12))
def test_every_quote_that_is_kept_stands_and_cutting_the_stream_changes_nothing(said, cuts):
    answer = "\n".join(said)
    text, reading = asyncio.run(told(answer, cuts))
    whole, _ = asyncio.run(told(answer, []))

    assert text == whole == " ".join(one.text for one in reading.sentences)
    for one in reading.sentences:
        assert one.citations
        for quote in one.citations:
            assert TEXT[quote.span.start - OFFSET : quote.span.end - OFFSET] == quote.quote


def test_a_good_line_is_kept_a_made_up_one_told_and_a_repeated_one_dropped():
    text, reading = asyncio.run(told(f"```json\n{GOOD}\n{MADE_UP}\n{GOOD}\n{OTHER}\n```", [5, 90]))

    assert text == "The tower of Hallam is 62 metres tall. It came by canal."
    assert [one.statement for one in reading.rejected] == ["It is made of gold.", "It is made of gold."]
    assert reading.sentences[1].citations[0].quote == "Its stone came by canal"


def test_an_answer_as_one_list_is_read_too_and_a_line_that_is_cut_off_says_nothing():
    assert [one.text for one in drafts_in(f"[{GOOD}, {OTHER}]")] == [
        "The tower of Hallam is 62 metres tall.",
        "It came by canal.",
    ]
    assert [one.text for one in drafts_in(f'{{"sentences": [{GOOD}]}}')] == ["The tower of Hallam is 62 metres tall."]
    assert drafts_in(GOOD[:-9]) == []
