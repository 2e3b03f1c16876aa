"""A script beside references, the creator's archive and their other scripts."""

from uuid import UUID

from app.db.models import FindingField
from app.features.safety.findings import TextField
from app.features.safety.originality import Cited, Document, detect
from app.features.scripts.schemas import ScriptCitation
from app.shared.evidence import Span

ID = UUID(int=1)
SAID = "The lamp on the pier was lit by a keeper who rowed out every evening, whatever the weather, and rowed back at dawn."
BEFORE = "How did they do it? "


def alarms(narration, source, role="reference", citations=(), others=()):
    field = TextField(FindingField.NARRATION, "s1", narration)
    documents = [Document(str(ID), "The pier", role, source, 1), *others]
    return detect([field], [Cited("s1", list(citations))], documents)


def cited(start, end, source_id=ID, quote=SAID):
    return ScriptCitation(None, Span(start, end), source_id, 1, Span(0, len(quote)), quote)


def test_eight_words_in_a_row_without_a_citation_are_found_at_their_place():
    narration = f"{BEFORE}{SAID}"
    (finding,) = alarms(narration, SAID)

    assert finding.clause_id == "verbatim-reuse"
    assert narration[finding.span.start : finding.span.end] == finding.quote
    assert finding.evidence[0]["words"] == 23


def test_a_quote_that_is_cited_raises_no_alarm_wherever_its_citation_comes_from():
    narration = f"{BEFORE}{SAID}"
    whole = len(BEFORE), len(narration)

    assert alarms(narration, SAID, citations=[cited(*whole)]) == []
    assert alarms(narration, SAID, citations=[cited(*whole, source_id=UUID(int=2))]) == []


def test_a_citation_elsewhere_or_of_other_words_is_no_excuse():
    narration = f"{BEFORE}{SAID}"

    assert alarms(narration, SAID, citations=[cited(0, len(BEFORE) - 1)])
    assert alarms(
        narration, SAID, citations=[cited(len(BEFORE), len(narration), UUID(int=2), "Something else entirely.")]
    )


def test_seven_words_in_a_row_and_a_telling_in_other_words_are_fine():
    assert alarms("The lamp on the pier was lit, and it was cold.", SAID) == []
    assert alarms("Somebody had to get into a boat at dusk, even in a gale, just for a light.", SAID) == []


def test_a_sentence_that_follows_another_almost_word_for_word_is_found():
    near = "The lamp at the pier was lit by one keeper who rowed out each evening in whatever weather, and rowed home at dawn."
    assert [one.clause_id for one in alarms(near, SAID)] == ["near-paraphrase"]


def test_ones_own_words_of_before_are_told_and_a_greeting_is_not():
    middle = "Nobody who has stood there in January forgets how the wind gets under the oilskins and stays."
    filler = "Then we walked on, looked at the boats, and talked about nothing in particular for a while. " * 6
    (finding,) = alarms(f"{filler}{middle} {filler}", f"Once more. {middle}", role="own")

    assert (finding.clause_id, finding.severity) == ("own-repetition", "info")
    hello = "Welcome back to the channel where we fix what others throw away, I am Nell."
    assert alarms(f"{hello} {filler}", f"{hello} Today it is a pump.", role="own") == []


def test_a_script_that_is_mostly_another_one_is_told_once():
    text = f"{SAID} Nobody paid him in the winter of that year, and still he never missed a single night."
    findings = alarms(text, text, role="script")

    assert [(one.clause_id, one.severity) for one in findings] == [("sameness", "medium")]
    assert findings[0].evidence[0]["script_id"] == str(ID)
