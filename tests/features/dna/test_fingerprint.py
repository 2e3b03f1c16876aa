import numpy as np
import pytest

from app.features.dna import fingerprint
from app.features.dna.grams import grams_of
from app.features.dna.speakers import packed, unpacked
from app.shared.exceptions import Conflict
from tests.features.dna.voices import background, speech, voice


def z(text: str) -> float:
    return fingerprint.score(voice(), grams_of(fingerprint.words_of(text)))


def test_a_held_out_source_of_the_creator_scores_higher_than_somebody_else() -> None:
    own = [z(speech(1, 1000, source)) for source in range(50, 55)]
    others = [z(speech(speaker, 1000)) for speaker in range(2, 12)]
    assert min(own) > max(others) + 1


def test_dumping_and_restoring_changes_no_score() -> None:
    data = fingerprint.dump(voice())
    assert len(data) < 700_000
    again = fingerprint.restore(data)
    for text in (speech(1, 800, 9), speech(3, 120)):
        grams = grams_of(fingerprint.words_of(text))
        assert fingerprint.score(again, grams) == fingerprint.score(voice(), grams)
        assert fingerprint.familiarity(again, grams) == fingerprint.familiarity(voice(), grams)


def test_a_print_of_another_version_says_to_build_the_profile_again(tmp_path) -> None:
    np.savez_compressed(tmp_path / "old.npz", weights=np.zeros(4, np.float16))
    with pytest.raises(Conflict, match="build the profile again"):
        fingerprint.restore((tmp_path / "old.npz").read_bytes())


def test_case_punctuation_and_accents_change_nothing() -> None:
    plain = "dont say naive cafe things because its what they re after " * 60
    dressed = "DON'T say: «naïve» Café—things, because it’s what they re after!\n" * 60
    assert fingerprint.words_of(plain) == fingerprint.words_of(dressed)
    assert z(plain) == z(dressed)


def test_a_text_without_a_word_is_of_nobody() -> None:
    assert z("... !? --") == 0.0


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
    assert many.held_out.shape == (len(sources),)
    assert np.isfinite(many.own).all()
    assert many.held_out.min() > 0


def test_a_source_is_scored_by_a_model_that_did_not_see_it() -> None:
    sources = [speech(1, 1500, source) for source in range(3)]
    stranger = speech(2, 1500)
    print_ = fingerprint.train([*sources, stranger], background())
    seen = fingerprint.score(print_, grams_of(fingerprint.words_of(stranger)))
    assert print_.held_out[3] < seen - 1
    assert print_.held_out[3] < print_.held_out[:3].min() - 1


def test_the_longer_a_text_the_less_the_passages_of_one_speaker_differ() -> None:
    within = voice().others[2]
    assert np.all(np.diff(within) < 0)


def test_asking_makes_nobody_resemble_a_creator_who_asks() -> None:
    def asked(speaker: int, source: int = 0) -> str:
        words = speech(speaker, 2000, source).replace(".", "").split()
        return ". ".join(
            f"{' '.join(words[n : n + 12])}, what do you think about it? how would you make it"
            if n % 48 == 0
            else " ".join(words[n : n + 12])
            for n in range(0, 2000, 12)
        )

    texts = [asked(speaker) if speaker % 5 == 0 else speech(speaker, 2000) for speaker in range(100, 130)]
    with_it = unpacked(packed(texts, fingerprint.words_of))
    without = type(with_it)(with_it.lexicon, np.zeros_like(with_it.asking), with_it.rungs)
    own = [asked(1, source) for source in range(5)]
    host = [grams_of(fingerprint.words_of(asked(speaker))) for speaker in range(2, 8)]
    resemblance = []
    for other_speakers in (with_it, without):
        print_ = fingerprint.train(own, other_speakers)
        resemblance.append(np.mean([fingerprint.score(print_, grams) for grams in host]))
    assert resemblance[0] < resemblance[1] - 0.3


@pytest.mark.parametrize("sources", [[], [""], [speech(1, 3000)], [speech(1, 3000), "too short"]])
def test_a_voice_needs_two_sources_to_hold_one_out(sources: list[str]) -> None:
    with pytest.raises(ValueError, match="two sources"):
        fingerprint.train(sources, background())
