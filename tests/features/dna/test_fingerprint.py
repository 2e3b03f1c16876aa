"""Synthetic speakers: each draws from the same words with likings of their own."""

from functools import cache

import numpy as np
import pytest

from app.features.dna import fingerprint
from app.features.dna.fingerprint import BAGS_A_SPEAKER, BUCKETS, Background, VoicePrint

WORDS = """
the and to of a that it is in you so we i this have be for like was what they on do with just are
not if but all one can there about or my know think really out up get them then when how because
some would going people now more make things kind lot right way want well time see actually very say
also something gonna yeah mean even into good where need other work use much maybe always never here
back every thing than only over still little
""".split()  # noqa: SIM905 -- a list of a hundred quoted words reads worse


def speech(speaker: int, words: int, source: int = 0) -> str:
    likings = np.random.default_rng(speaker).gamma(0.7, size=len(WORDS))
    chosen = np.random.default_rng([speaker, source]).choice(WORDS, words, p=likings / likings.sum())
    return ". ".join(" ".join(sentence) for sentence in np.array_split(chosen, max(1, words // 12)))


@cache
def background() -> Background:
    texts = [fingerprint.buckets_of(fingerprint.words_of(speech(speaker, 2000))) for speaker in range(100, 130)]
    bags = [fingerprint.bag_of(part) for text in texts for part in np.array_split(text, BAGS_A_SPEAKER)]
    columns, counts = (np.concatenate(arrays) for arrays in zip(*bags, strict=True))
    return fingerprint.background_of(
        columns, counts, np.array([len(bag) for bag, _ in bags]), np.ones(BUCKETS, np.float32)
    )


@cache
def voice() -> VoicePrint:
    return fingerprint.train([speech(1, 3000, source) for source in range(6)], background())


def test_a_held_out_source_of_the_creator_scores_higher_than_somebody_else() -> None:
    own = [fingerprint.score(voice(), speech(1, 1000, source)) for source in range(50, 55)]
    others = [fingerprint.score(voice(), speech(speaker, 1000)) for speaker in range(2, 12)]
    assert min(own) > max(others) + 1


def test_fifty_is_the_middle_of_the_creators_own_texts() -> None:
    found = [fingerprint.match(voice(), speech(1, 1000, source)) for source in range(60, 100)]
    assert np.median([match.voice_match for match in found if match.voice_match is not None]) == pytest.approx(
        50, abs=20
    )
    assert {match.verdict for match in found} == {"yours"}


def test_somebody_else_comes_out_near_zero_and_is_told_so() -> None:
    for speaker in range(2, 12):
        found = fingerprint.match(voice(), speech(speaker, 1000))
        assert (found.voice_match, found.verdict) == (0, "not_yours")


@pytest.mark.parametrize("words", [0, 1, 49])
def test_under_fifty_words_it_declines(words: int) -> None:
    found = fingerprint.match(voice(), " ".join(speech(1, 60).split()[:words]))
    assert (found.voice_match, found.verdict, found.words) == (None, "unsure", words)


@pytest.mark.parametrize("words", [50, 499])
def test_under_five_hundred_words_there_is_a_number_but_no_verdict(words: int) -> None:
    for speaker in (1, 2):
        found = fingerprint.match(voice(), speech(speaker, words))
        assert found.verdict == "unsure"
        assert found.voice_match is not None


@pytest.mark.parametrize("text", ["", " \n\t", "... !? --", "🙂"])
def test_a_text_without_words_is_safe(text: str) -> None:
    assert fingerprint.score(voice(), text) == 0.0
    assert fingerprint.match(voice(), text).voice_match is None


def test_dumping_and_restoring_changes_no_score() -> None:
    data = fingerprint.dump(voice())
    assert len(data) < 700_000
    again = fingerprint.restore(data)
    for text in (speech(1, 800, 9), speech(3, 120), ""):
        assert fingerprint.match(again, text) == fingerprint.match(voice(), text)


def test_case_punctuation_and_accents_change_nothing() -> None:
    plain = "dont say naive cafe things because its what they re after " * 60
    dressed = "DON'T say: «naïve» Café—things, because it’s what they re after!\n" * 60
    assert fingerprint.words_of(plain) == fingerprint.words_of(dressed)
    assert fingerprint.match(voice(), plain) == fingerprint.match(voice(), dressed)


def test_a_text_in_words_that_no_speaker_uses_is_refused() -> None:
    foreign = speech(1, 900).translate(str.maketrans("aeiouth", "ouaeigk"))
    found = fingerprint.match(voice(), foreign)
    assert (found.verdict, found.voice_match) == ("register_refused", None)


def test_the_shipped_background_tells_a_creator_from_its_own_speakers() -> None:
    shipped = fingerprint.load_background()
    assert fingerprint.load_background() is shipped
    found = fingerprint.train([speech(1, 500, source) for source in range(3)], shipped)
    assert found.own[0].min() > 3  # own held-out z, while held-out speakers have mean 0 and spread 1
    assert len(fingerprint.dump(found)) < 700_000


def test_training_twice_gives_the_same_print() -> None:
    sources = [speech(1, 300, source) for source in range(3)]
    first, second = (fingerprint.train(sources, background()) for _ in range(2))
    assert fingerprint.dump(first) == fingerprint.dump(second)


def test_more_sources_than_groups_still_leave_each_one_out() -> None:
    sources = [speech(1, 250, source) for source in range(fingerprint.MOST_GROUPS + 3)]
    many = fingerprint.train(sources, background())
    assert fingerprint.score(many, speech(1, 1000, 99)) > fingerprint.score(many, speech(2, 1000)) + 1
    assert np.isfinite(many.own).all()


@pytest.mark.parametrize("sources", [[], [""], [speech(1, 3000)], [speech(1, 3000), "too short"]])
def test_a_voice_needs_two_sources_to_hold_one_out(sources: list[str]) -> None:
    with pytest.raises(ValueError, match="two sources"):
        fingerprint.train(sources, background())


def test_buckets_do_not_depend_on_the_process() -> None:
    assert fingerprint.buckets_of(["hello", "world"]).tolist() == [[42630, 11680], [4419, -1]]
    assert fingerprint.phrase_key(["hello", "world"]) == 5814608031911216775
