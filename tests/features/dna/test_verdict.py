from dataclasses import replace

import numpy as np
import pytest

from app.features.dna import fingerprint, verdict
from app.features.dna.fingerprint import familiarity, words_of
from app.features.dna.grams import grams_of
from app.features.dna.verdict import match
from tests.features.dna.voices import background, speech, voice


def test_fifty_is_the_middle_of_the_creators_own_texts() -> None:
    found = [match(voice(), speech(1, 1000, source)) for source in range(60, 100)]
    numbers = [one.voice_match for one in found if one.voice_match is not None]
    assert np.median(numbers) == pytest.approx(50, abs=20)
    assert {one.verdict for one in found} == {"yours"}


def test_somebody_else_comes_out_near_zero_and_is_told_so() -> None:
    for speaker in range(2, 12):
        found = match(voice(), speech(speaker, 1000))
        assert (found.voice_match, found.verdict) == (0, "not_yours")


@pytest.mark.parametrize("words", [0, 1, 49])
def test_under_fifty_words_it_declines(words: int) -> None:
    found = match(voice(), " ".join(speech(1, 60).split()[:words]))
    assert (found.voice_match, found.low, found.high) == (None, None, None)
    assert (found.verdict, found.words) == ("unsure", words)


@pytest.mark.parametrize("words", [50, 499])
def test_under_five_hundred_words_there_is_a_number_but_no_verdict(words: int) -> None:
    for speaker in (1, 2):
        found = match(voice(), speech(speaker, words))
        assert found.verdict == "unsure"
        assert found.voice_match is not None


def test_a_number_says_how_unsure_it_is_and_the_shorter_the_text_the_more() -> None:
    def reach(words: int) -> float:
        found = [match(voice(), speech(1, words, source)) for source in range(60, 80)]
        assert all(one.low <= one.voice_match <= one.high for one in found)
        return np.mean([one.high - one.low for one in found])

    assert reach(150) > reach(600) > reach(2000) > 0


def test_the_verdict_follows_the_margin() -> None:
    for speaker in (1, 2, 3):
        found = match(voice(), speech(speaker, 1000, 70))
        expected = "yours" if found.margin >= 0 else "unsure" if found.margin >= -verdict.UNSURE_BAND else "not_yours"
        assert found.verdict == expected


@pytest.mark.parametrize("text", ["", " \n\t", "... !? --", "🙂"])
def test_a_text_without_words_is_safe(text: str) -> None:
    assert match(voice(), text).voice_match is None


def test_a_text_in_words_that_no_speaker_uses_is_refused() -> None:
    foreign = speech(1, 900).translate(str.maketrans("aeiouth", "ouaeigk"))
    found = match(voice(), foreign)
    assert (found.verdict, found.voice_match) == ("register_refused", None)


def test_a_creator_whose_own_sources_are_scripts_may_bring_a_script() -> None:
    text = speech(1, 1000, 70)
    mean, spread, _ = voice().register.tolist()
    strange = mean + spread * (familiarity(voice(), grams_of(words_of(text))) + 5.0)  # so that it lies at -5
    for own, accepted in ((-4.5, True), (-1.0, False)):
        print_ = replace(voice(), register=np.array([strange, spread, own], np.float32))
        assert (match(print_, text).verdict != "register_refused") is accepted


def test_a_creator_far_from_all_others_needs_more_than_that_distance() -> None:
    usual = voice()
    text = speech(2, 1000)
    away = replace(usual, own=np.array([usual.own[0] + 100, usual.own[1]], np.float32))
    assert match(away, text).margin < match(usual, text).margin - 90


def test_the_proof_counts_sources_that_a_model_of_the_others_recognises() -> None:
    assert verdict.proof(voice()) == verdict.Proof(6, 6, 6)
    mixed = fingerprint.train([*(speech(1, 1500, source) for source in range(5)), speech(2, 1500)], background())
    assert (verdict.proof(mixed).sources, verdict.proof(mixed).yours) == (6, 5)
