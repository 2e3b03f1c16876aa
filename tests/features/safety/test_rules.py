"""Detectors that need no model, text by text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.models import AdLevel, FindingField, Severity
from app.features.safety.findings import TextField
from app.features.safety.personal_data import data_in, is_iban, passes_luhn
from app.features.safety.policy import brand_pack, shipped
from app.features.safety.reading import Reading
from app.features.safety.report import levels, verdict
from app.features.safety.rules import by_rules, for_language

WORDS = [
    "f*ck", "sh1t", "k.i.l.l", "I will kill you", "vermin", "Immigrants are", "don't", "“quoted”", "in the film", "\n\n",
    "­", "ﬁ", "Ǆ", "İ", "🙂", "tom@harbell-mail.de", "+44 7700 112233", "the police say", "cocaine", "buy", ".", "!", "a",
]  # fmt: skip


def body(text, position="body"):
    field = FindingField.TITLE if position == "title" else FindingField.NARRATION
    return TextField(field, None if position == "title" else "s1", text, position)


def found_in(text, position="body", packs=None):
    return by_rules([body(text, position)], packs or shipped())


def level_of(text, category, position="body"):
    return levels(found_in(text, position), [category])[category]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=12)), max_size=14).map(" ".join))
@settings(deadline=None, max_examples=150)
def test_whatever_the_text_each_quote_stands_at_its_span_and_the_same_text_gives_the_same_findings(text):
    drafts = found_in(text)

    assert all(text[one.span.start : one.span.end] == one.quote and one.quote for one in drafts if one.span)
    assert found_in(text) == drafts
    clauses = {(pack.id, clause.id) for pack in shipped() for clause in pack.clauses}
    assert {(one.pack, one.clause_id) for one in drafts} <= clauses


@given(st.text(max_size=60))
@settings(deadline=None)
def test_a_reading_leads_back_into_its_text(text):
    reading = Reading(text, ("kill", "shit"))
    for start in range(len(reading.plain)):
        span = reading.span(start, start + 1)
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("said", ["fuck", "f*ck", "fuuuck", "f u c k", "FUCK", "fu­ck", "fuсk"])
def test_a_strong_word_counts_in_disguise_and_hardest_in_the_title(said):
    assert level_of(f"Oh {said}, the pump", "inappropriate-language", "title") is AdLevel.NONE
    assert level_of(f"Oh {said}, the pump", "inappropriate-language", "opening") is AdLevel.LIMITED
    calm = "The pump stood in the yard and nobody looked after it. " * 8
    assert level_of(f"{calm} Oh {said}, the pump.", "inappropriate-language") is AdLevel.FULL


def test_the_oftener_it_comes_the_less_is_left():
    calm = "The pump stood in the yard and nobody looked after it. "
    text = f"{calm * 6} {'It is a fucking pump. ' * 3}"
    assert level_of(text, "inappropriate-language") is AdLevel.LIMITED
    assert level_of("Fuck it. " * 6, "inappropriate-language") is AdLevel.NONE


@pytest.mark.parametrize(
    ("bare", "told", "category"),
    [
        ("I will kill you.", "In the film the villain says: “I will kill you.”", "violence"),
        ("Vaccines cause autism.", "The claim that vaccines cause autism has been refuted.", "unreliable-content"),
        ("Immigrants are vermin.", "In 1934 propaganda posters said that immigrants are vermin.", "hateful-derogatory"),
        ("He cut himself every night.", "Doctors treat patients who cut themselves.", "harmful-acts"),
    ],
)
def test_news_teaching_and_stories_lower_the_level_and_the_finding_says_so(bare, told, category):
    order = list(AdLevel)
    assert order.index(level_of(told, category)) < order.index(level_of(bare, category))
    lowered = [one for one in found_in(told) if one.category == category]
    assert not lowered or any("The context lowers it" in one.rationale for one in lowered)


def test_a_threat_said_beside_the_word_police_is_still_one():
    assert level_of("Call the police if you like, I will kill you.", "violence") is not AdLevel.FULL


@pytest.mark.parametrize("text", [
    "The bomb on Hiroshima killed thousands.", "Smoking killed him.", "A court convicted Tom Harbell of theft.",
    "I think Tom Harbell lied.", "The wind stole his hat.",
])  # fmt: skip
def test_what_is_no_charge_against_somebody_is_no_defamation(text):
    assert level_of(text, "defamation") is AdLevel.FULL


def test_a_crime_said_of_a_named_person_as_a_fact_is_quoted_from_the_name_on():
    (finding,) = [
        one for one in found_in("Then the baker Tom Harbell stole 400 euros.") if one.category == "defamation"
    ]
    assert finding.quote.startswith("Tom Harbell stole")


def test_check_digits_decide_on_cards_and_accounts():
    assert passes_luhn("4539578763621486")
    assert not passes_luhn("4539578763621487")
    assert is_iban("GB29 NWBK 6016 1331 9268 19")
    assert not is_iban("GB29 NWBK 6016 1331 9268 18")
    assert [one.what for one in data_in("It is 4539 5787 6362 1487, ISBN 9780306406157, room 12, in 1999.")] == []


@pytest.mark.parametrize(
    ("text", "what", "level"),
    [
        ("Her card is 4539 5787 6362 1486.", "card number", AdLevel.NONE),
        ("Pay to DE89 3704 0044 0532 0130 00, please.", "IBAN", AdLevel.NONE),
        ("She lives at 14 Alder Lane, Brindleton.", "postal address", AdLevel.NONE),
        ("Write to tom@harbell-mail.de today.", "e-mail address", AdLevel.LIMITED),
        ("Call 020 7946 0018 after six.", "telephone number", AdLevel.LIMITED),
        ("Write to press@harbell-mail.de today.", "e-mail address", AdLevel.FULL),
        ("The made-up card 4539 5787 6362 1486 is only an example.", "card number", AdLevel.FULL),
    ],
)
def test_personal_data_are_found_and_weighed_by_what_they_are(text, what, level):
    (datum,) = data_in(text)
    assert (datum.what, datum.level) == (what, level)


def test_a_brands_words_are_found_whole_and_its_claim_is_missed_where_it_is_absent():
    pack = brand_pack(
        "b", "Brasswork", 1,
        [
            {"id": "no-cheap", "kind": "banned_words", "text": "Never cheap.", "words": ["cheap"]},
            {"id": "say-it", "kind": "required_claim", "text": "Say it.", "words": ["made in Aldwick", "from Aldwick"]},
        ],
    )  # fmt: skip
    bare = found_in("A CHEAP lathe, not a cheapskate's.", packs=[pack])
    good = found_in("A fine lathe from Aldwick.", packs=[pack])

    assert [(one.clause_id, one.quote) for one in bare] == [("no-cheap", "CHEAP"), ("say-it", None)]
    assert good == []


def test_only_what_is_critical_and_sure_blocks():
    assert verdict(found_in("I will kill you.")) == "blocked"
    assert verdict(found_in("This vape is cheap, order now.")) == "limited"
    assert verdict(found_in("The tide came in.")) == "clear"
    sure = [one for one in found_in("I will kill you.") if one.severity is Severity.CRITICAL]
    assert sure
    assert all(one.confidence >= 0.8 for one in sure if verdict([one]) == "blocked")


def test_in_another_language_the_english_rules_are_skipped_by_name_and_the_rest_runs():
    detectors, skipped = for_language("de")

    assert {one["detector"] for one in skipped} == {"lexicon", "phrases"}
    assert all("English" in one["reason"] for one in skipped)
    drafts = by_rules([body("Schreib an tom@harbell-mail.de, damn.")], shipped(), detectors)
    assert [one.category for one in drafts] == ["personal-data"]


@pytest.mark.parametrize("pack", shipped(), ids=lambda pack: pack.id)
def test_a_shipped_pack_is_dated_and_says_what_each_level_means(pack):
    assert pack.version >= 1
    assert pack.source.startswith("https://")
    assert pack.retrieved.year >= 2026
    assert all(set(clause.levels) == {"full", "limited", "none"} for clause in pack.clauses)
