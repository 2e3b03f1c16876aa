from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.models import PreferenceKind
from app.features.memory.inflection import forms
from app.features.memory.preferences import Rule, as_instructions, obeyed, violations
from app.features.memory.rule_reading import read_rule, read_rules

AVOID, REPLACE, STYLE = PreferenceKind.AVOID, PreferenceKind.REPLACE, PreferenceKind.STYLE


def rule(*avoid: str, use: str | None = None, said: str = "a rule") -> Rule:
    return Rule(uuid4(), said, REPLACE if use else AVOID if avoid else STYLE, avoid, use)


@pytest.mark.parametrize(
    ("said", "kind", "avoid", "use"),
    [
        ("never say 'delve'", AVOID, ["delve"], None),
        ("Don’t use the word “synergy” again, please.", AVOID, ["synergy"], None),
        ("Avoid amazing, incredible and game-changing", AVOID, ["amazing", "incredible", "game-changing"], None),
        ("Please stop saying 'let's dive in'", AVOID, ["let's dive in"], None),
        ("no more 'buckle up'", AVOID, ["buckle up"], None),
        ("Never call viewers 'guys'", AVOID, ["guys"], None),
        ("The word 'delve' is banned.", AVOID, ["delve"], None),
        ("Don't say 'smash that button' because it makes me cringe", AVOID, ["smash that button"], None),
        ("never say delve it sounds fake", AVOID, ["delve"], None),
        ("say 'folks' instead of 'viewers'", REPLACE, ["viewers"], "folks"),
        ("call viewers 'folks'", REPLACE, ["viewers"], "folks"),
        ("Don't say viewers, say folks", REPLACE, ["viewers"], "folks"),
        ("Instead of 'utilise', say 'use'.", REPLACE, ["utilise"], "use"),
        ("replace 'very' with 'rather'", REPLACE, ["very"], "rather"),
        ("say 'use' rather than 'utilise' or 'leverage'", REPLACE, ["utilise", "leverage"], "use"),
        ("Call it 'the watch', not 'the device'", REPLACE, ["the device"], "the watch"),
    ],
)
def test_a_rule_that_names_words_is_read_as_what_code_can_check(said, kind, avoid, use):
    read = read_rule(said)

    assert (read.kind, list(read.avoid), read.use, read.rule) == (kind, avoid, use, said)


@pytest.mark.parametrize(
    "said",
    [
        "Keep it short.",
        "Don't use jargon",
        "avoid long sentences",
        "No emojis",
        "Never say 'delve' in titles",
        "Never use 'literally' more than once",
        "Don't start sentences with 'so'",
        "call me Nell",
        "Use shorter sentences instead of long ones",
        "Avoid repeating yourself",
        "The watch was 39 seconds slow, not five.",
        "¡Nunca digas 'guay'!",
        "x" * 5000,
        "'",
    ],
)
def test_what_leaves_a_doubt_is_a_matter_of_style_in_the_creators_words(said):
    read = read_rule(said)

    assert (read.kind, read.avoid, read.use, read.rule) == (STYLE, (), None, said)


def test_each_sentence_that_names_words_is_a_rule_and_keeps_what_is_said_beside_it():
    read = read_rules("Too stiff. Never say 'delve'. It sounds like a robot. Call viewers 'folks'.")

    assert [(one.kind, one.rule) for one in read] == [
        (AVOID, "Too stiff. Never say 'delve'. It sounds like a robot."),
        (REPLACE, "Call viewers 'folks'."),
    ]
    assert read_rule("Never say 'delve'. Avoid 'realm'.").avoid == ("delve", "realm")


@pytest.mark.parametrize(
    ("word", "some", "none"),
    [
        ("delve", {"delve", "delves", "delved", "delving"}, {"delver", "delivery"}),
        ("plan", {"plans", "planned", "planning"}, {"plane", "planes"}),
        ("utilise", {"utilize", "utilising", "utilizes"}, {"utility"}),
        ("try", {"tries", "tried", "trying"}, {"trysts"}),
        ("smash", {"smashes", "smashed"}, set()),
        ("AI", {"ai"}, {"ais", "aid"}),
        ("promise", {"promises", "promised"}, set()),
    ],
)
def test_a_word_has_its_regular_forms_and_no_others(word, some, none):
    assert some <= forms(word)
    assert not none & forms(word)


def test_a_violation_is_a_whole_word_in_any_form_and_case_at_its_span():
    text = "Delving in: we delve, they DELVES. The delivery of Delver is fine; non-delve too."

    found = violations(text, [rule("delve", said="Never say 'delve'")])

    assert [one.word for one in found] == ["Delving", "delve", "DELVES"]
    assert all(one.span.of(text) == one.word for one in found)
    assert found[0].message == "Your rule 'Never say 'delve'' is against 'Delving'; find another word."


def test_a_phrase_is_found_over_line_breaks_and_with_either_apostrophe():
    text = "Right, let’s\ndive in. We let'sdive."

    assert [one.word for one in violations(text, [rule("let's dive in")])] == ["let’s\ndive in"]


def test_a_rule_of_style_is_told_and_never_checked():
    rules = [
        rule(said="Keep it\nshort."),
        rule("delve", said="Never say 'delve'"),
        rule("viewers", use="folks", said="Folks!"),
    ]

    told = as_instructions(rules)

    assert told.splitlines()[1:] == [
        "- Keep it short.",
        "- Never say 'delve' (Never write \"delve\", in any form.)",
        '- Folks! (Never write "viewers"; write "folks".)',
    ]
    assert violations("Keep it short.", rules[:1]) == []
    assert as_instructions([]) == ""


def test_what_a_rule_replaces_is_replaced_with_its_capitals_kept():
    text = "Viewers ask. The VIEWERS know, and viewers’ mail says so."

    assert obeyed(text, [rule("viewers", use="folks")]) == "Folks ask. The FOLKS know, and folks’ mail says so."


@pytest.mark.parametrize(
    "text",
    [
        'He wrote: "The viewers left." and “viewers” again.',  # a quotation is somebody's own words
        "viewer, viewership and re-viewers",  # other forms and other words
        "viewers-only",
    ],
)
def test_what_can_not_be_replaced_safely_stays(text):
    assert obeyed(text, [rule("viewers", use="folks")]) == text


def test_an_article_that_would_no_longer_fit_keeps_the_word_for_a_person_to_change():
    rules = [rule("device", use="instrument")]

    assert obeyed("a device, the device", rules) == "a device, the instrument"
    assert [one.word for one in violations("a device", rules)] == ["device"]


def test_a_replacement_that_another_rule_forbids_is_not_made():
    rules = [rule("viewers", use="folks"), rule("folks", use="viewers"), rule("guys")]

    assert obeyed("viewers and folks", rules) == "viewers and folks"


def test_words_that_a_rule_wants_are_no_violation_of_it():
    rules = [rule("watch", use="sea watch")]

    assert violations("The sea watch ran.", rules) == []
    assert [one.span.start for one in violations("The watch and the sea watch", rules)] == [4]


WORDS = st.sampled_from(
    ["viewers", "folks", "Delve", "delving", "the", "a", "—", "“", "”", "'s", "guys", "\n", "watch-"]
)


@given(st.lists(WORDS, max_size=30).map(" ".join), st.lists(st.tuples(WORDS, st.none() | WORDS), max_size=4))
def test_obeying_twice_is_obeying_once_and_never_makes_a_violation(text, given_rules):
    rules = [rule(word, use=use) for word, use in given_rules if word.strip(" '“”—\n-")]

    once = obeyed(text, rules)

    assert obeyed(once, rules) == once
    assert len(violations(once, rules)) <= len(violations(text, rules))
    assert all(found.span.of(once) == found.word for found in violations(once, rules))


@given(st.text(max_size=600))
def test_whatever_is_said_is_read(said):
    for read in read_rules(said):
        assert (read.kind is STYLE) == (not read.avoid)
        assert (read.kind is REPLACE) == (read.use is not None)
        violations(said, [Rule(UUID(int=1), read.rule, read.kind, read.avoid, read.use)])
