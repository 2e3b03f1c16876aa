"""Claims of a script weighed against sentences of sources."""

import pytest

from app.db.models import FindingField
from app.features.safety.claims import findings_of, weigh
from app.features.safety.findings import TextField
from app.features.safety.passages import Claim, claims_of, nearest, passages_of
from app.shared.evidence import Span

SOURCE = """The ferry Alma was built in 1912 by the yard of Aldwick. It carried 80 people and made 12 crossings a day.
The crossing took 25 minutes. The captain did not close the hatch, because the latch had rusted.
A ticket cost two shillings. In 1954 the bridge opened, and the ferry was sold for scrap.""".replace("\n", " ")


def weighed(sentence, source=SOURCE):
    found = passages_of(source, 0, source_id="a", source_version=1, title="The ferry")
    claim = Claim(FindingField.NARRATION, "s1", Span(0, len(sentence)), sentence, nearest(sentence, found))
    return weigh(claim)


@pytest.mark.parametrize("sentence", [
    "The ferry Alma was built in 1912.", "The yard of Aldwick built the ferry Alma in 1912.",
    "Alma carried 80 people.", "The crossing took 25 minutes.", "The bridge opened in 1954.",
    "The captain did not close the hatch.",
])  # fmt: skip
def test_what_a_source_says_is_supported_by_its_very_words(sentence):
    found = weighed(sentence)

    assert found.status == "supported"
    for entry in found.evidence:
        assert SOURCE[entry["span"]["start"] : entry["span"]["end"]] == entry["quote"]


@pytest.mark.parametrize(
    ("sentence", "on"),
    [
        ("The ferry Alma was built in 1921.", "date"),
        ("Alma carried 800 people.", "number"),
        ("The crossing took 25 seconds.", "unit"),
        ("The crossing took 45 minutes.", "number"),
        ("The captain closed the hatch.", "negation"),
        ("The bridge opened in 1945.", "date"),
    ],
)
def test_another_number_date_unit_or_a_denial_is_a_contradiction(sentence, on):
    found = weighed(sentence)

    assert found.status == "contradicted", found
    assert found.on in {on, "number"} if on == "unit" else found.on == on
    assert found.evidence[0]["stance"] == "contradicts"


@pytest.mark.parametrize("sentence", [
    "The ferry Alma had three engineers.", "The yard of Aldwick closed in 1970.", "Seagulls can live for 30 years.",
    "The captain of Alma was born in 1880.",
])  # fmt: skip
def test_what_the_sources_do_not_speak_of_is_not_found(sentence):
    assert weighed(sentence).status == "not_found"


def test_one_amount_in_two_units_is_the_same():
    assert weighed("A sack weighed 1,500 grams.", "A sack weighed 1.5 kilograms.").status == "supported"
    assert weighed("A sack weighed 1.5 pounds.", "A sack weighed 1.5 kilograms.").status == "contradicted"


def test_names_alone_carry_nothing():
    source = "The Board of Longitude paid him many times. The Board was abolished in 1828."
    assert weighed("The Board of Longitude was abolished in 1828.", source).status == "supported"
    assert weighed("The Board of Longitude was abolished in 1848.", source).status == "contradicted"


def test_a_contradiction_weighs_more_than_what_was_not_found_and_what_is_supported_is_no_finding():
    sentences = (
        "The ferry Alma was built in 1912.",
        "The ferry Alma was built in 1921.",
        "Seagulls can live for 30 years.",
    )
    findings = findings_of([weighed(sentence) for sentence in sentences])

    assert [(one.clause_id, one.severity) for one in findings] == [
        ("contradicted-claim", "high"), ("unsupported-claim", "low"),
    ]  # fmt: skip


def test_questions_and_notes_to_the_editor_are_no_claims():
    fields = [
        TextField(FindingField.NARRATION, "s1", "Who built it in 1912? The yard of Aldwick built it in 1912."),
        TextField(FindingField.VISUALS, "s1", "The ferry in 1912, seen from the pier."),
    ]
    assert [one.quote for one in claims_of(fields)] == ["The yard of Aldwick built it in 1912."]
