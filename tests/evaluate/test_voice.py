import json
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.evaluate import voice
from app.evaluate.voice import Answer, Trial, background_texts, files_in, trial
from tests.features.dna.voices import background, speech

SPEAKERS, SOURCES = 2, 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for speaker in range(SPEAKERS):
        own = tmp_path / "voice" / f"speaker-{speaker}"
        own.mkdir(parents=True)
        for source in range(SOURCES):
            (own / f"show-{source:04}.txt").write_text(speech(speaker, 1200, source))
    (tmp_path / "voice" / "speaker-0" / "x-other-0001-another.txt").write_text(speech(0, 1100, 77))
    return tmp_path


def trial_of(scores: list[list[float]], hosts: list[int]) -> Trial:
    shape = np.array(scores)
    names = np.array([f"file {n}" for n in range(len(hosts))])
    return Trial(shape, np.full(shape.shape, ""), np.full(shape.shape, np.nan), np.array(hosts), names)


def test_a_perfect_score_is_told_from_one_that_is_upside_down() -> None:
    right = trial_of([[2.0, 0.0], [0.0, 2.0]], [0, 1])
    wrong = trial_of([[0.0, 2.0], [2.0, 0.0]], [0, 1])
    assert (right.top1(), right.roc()) == ((1.0, 1.0, 1.0), (1.0, 0.0))
    assert (wrong.top1()[0], wrong.roc()[0]) == (0.0, 0.0)


def test_equal_scores_are_worth_a_coin() -> None:
    assert trial_of([[1.0, 1.0], [1.0, 1.0]], [0, 1]).roc()[0] == 0.5


def test_part_of_a_trial_keeps_whose_excerpt_is_whose() -> None:
    whole = trial_of([[5.0, 0.0, 1.0], [0.0, 5.0, 1.0], [0.0, 1.0, 5.0]], [0, 1, 2])
    part = whole.of([0, 2])
    assert part.scores.tolist() == [[5.0, 1.0], [0.0, 5.0]]
    assert part.top1()[0] == 1.0


def test_no_file_is_ever_in_training_and_test(folder: Path) -> None:
    files = files_in(folder / "voice")
    tested: list[str] = []

    def trainer(speakers):
        learnt = {file.text for own in speakers for file in own}

        def ask(text: str) -> list[Answer]:
            assert not any(text in source for source in learnt)
            tested.append(text)
            return [Answer(0.0) for _ in speakers]

        return ask

    trial(files, trainer)
    trial(files, trainer, elsewhere=True)
    assert len(tested) == SPEAKERS * SOURCES * (1 + 4) + 1 + 3


def test_guests_of_a_tested_episode_are_no_background(folder: Path) -> None:
    rows = [("show/a-show-3.md", "guest"), ("other/other-1.md", "second guest"), ("show/a-show-99.md", "stranger")]
    lines = [json.dumps({"speaker": said, "source": source, "text": said}) for source, said in rows]
    (folder / "voice" / "background.jsonl").write_text("\n".join(lines))
    assert background_texts(files_in(folder / "voice"), folder / "voice") == ["stranger"]


def test_the_fingerprint_finds_its_speakers_and_shuffled_names_do_not_help(folder: Path) -> None:
    files = [file for file in files_in(folder / "voice") if not file.elsewhere]
    right = trial(files, voice.prints_of(background()), words=(1000,))[1000]
    assert right.top1()[0] == 1.0
    owners = [(file.host + file.fold) % SPEAKERS for file in files]
    shuffled = trial(files, voice.prints_of(background()), words=(1000,), owners=owners)[1000]
    assert shuffled.top1()[0] < 0.7


def test_lower_case_without_punctuation_is_what_bare_means() -> None:
    assert voice.bare("Don't STOP, please_now!") == "dont stop pleasenow"


def test_strand_evaluate_prints_the_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"speaker": f"guest {n}", "source": f"talk/talk-{n}", "text": speech(n, 2000)} for n in range(100, 112)]
    (folder / "voice" / "background.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert cli.main(["evaluate", "voice", "--data", str(folder)]) == 0
    said = capsys.readouterr().out
    assert f"{SPEAKERS} speakers, {SPEAKERS * SOURCES + 1} files, a background of 12 speakers" in said
    for task in ("another show", "lower case without punctuation", "labels shuffled", "same show"):
        assert f"{task}" in said


@pytest.mark.parametrize("missing", ["nothing-here", "."])
def test_strand_evaluate_says_what_is_wrong_with_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    assert cli.main(["evaluate", "voice", "--data", str(tmp_path / missing)]) == 2
    assert "can't be measured" in capsys.readouterr().err
