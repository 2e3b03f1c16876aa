"""Transcripts as people paste them: who speaks goes to the cues, not to the text."""

import pytest

from tests.features.sources.readers import samples

LINES = [
    ("Ann Lee", "Why does the sea come in twice a day?"), ("Bo", "Because there are two bulges, and we turn beneath them."),
    ("Ann Lee", "And who told it to?"), ("Bo", "Nobody did. The moon pulls."),
]  # fmt: skip


def said_by(reading):
    return [(cue.speaker, reading.text[cue.start : cue.end]) for cue in reading.cues]


@pytest.mark.parametrize(
    "form",
    [
        "{name}: {said}", "{upper}: {said}", "{name}:\n{said}\n", "**{name}:** {said}\n", "{name} (00:{n}5): {said}",
        "[00:{n}5] {name}: {said}", "00:{n}5 {name}: {said}", "{name}  0:{n}5\n{said}\n", "{name} [00:00:{n}5]:\n{said}\n",
        "{name} (00:00:{n}5)\n{said}\n", ">> {name}: {said}", "(00:{n}5) **{name}**: {said}",
    ],
)  # fmt: skip
def test_every_usual_form_of_turns_is_told_apart(tmp_path, form):
    body = "\n".join(
        form.format(name=name, upper=name.upper(), said=said, n=n) for n, (name, said) in enumerate(LINES, 1)
    )

    reading = samples.read(tmp_path, "talk.txt", body)

    expected = [(name.upper() if "{upper}" in form else name, said) for name, said in LINES]
    assert said_by(reading) == expected
    assert "Ann" not in reading.text
    assert "0:" not in reading.text


def test_times_of_turns_are_kept(tmp_path):
    reading = samples.read(tmp_path, "talk.txt", "Ann (00:05): So.\nBo (01:10): Well.\nAnn (1:00:00): The end of it.\n")

    assert [(cue.start_seconds, cue.end_seconds) for cue in reading.cues] == [(5, 70), (70, 3600), (3600, None)]


def test_a_pasted_transcript_with_times_on_lines_of_their_own_is_timed(tmp_path):
    reading = samples.read(
        tmp_path, "pasted.txt", "0:00\nhello everyone\n0:04\nand welcome back\n1:02:03\nto the sea\n"
    )

    assert reading.text == "hello everyone and welcome back to the sea"
    assert [cue.start_seconds for cue in reading.cues] == [0, 4, 3723]
    assert said_by(reading)[1] == (None, "and welcome back")


@pytest.mark.parametrize(
    "prose",
    [
        "Note: bring boots.\nNote: bring a hat.\nWarning: it rains.\nWe walked on and on along the shore until it got dark.",
        "Ingredients: flour\nMethod: stir\nTime: 10:30\nIngredients: salt\nMethod: stir again",
        "He said: nothing.\nShe said: less.\n" * 3
        + "It was one of those evenings on which nobody wants to talk much at all.",
        "https://example.org/a: a link\nhttps://example.org/b: a link",
        "Meet at 10:30 or at 11:15. The train leaves at 12:05.\nThe next one goes at 13:10.",
    ],
)
def test_labels_and_times_in_prose_are_no_speakers(tmp_path, prose):
    reading = samples.read(tmp_path, "notes.txt", prose)

    assert reading.text == prose
    assert reading.cues == []


def test_a_speaker_who_only_laughs_keeps_the_turn(tmp_path):
    body = "**Ann:** Hello.\n\n**Bo:** Hi.\n\n**Ann:** \\[laughs\\]\n\n**Bo:** So it goes.\n\n**Break:** \\[10:00\\]\n\n**Break:** \\[12:00\\]\n"

    reading = samples.read(tmp_path, "talk.md", body)

    assert [cue.speaker for cue in reading.cues] == ["Ann", "Bo", "Ann", "Bo"]
    assert reading.text == "Hello.\n\nHi.\n\nSo it goes."
