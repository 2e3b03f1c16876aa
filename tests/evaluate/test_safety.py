import json
from pathlib import Path

import pytest

from app import cli
from app.db.models import AdLevel
from app.evaluate.safety import average_precision, read_sentences, report, said_of, sentence_tables
from app.evaluate.safety_sources import alarms

OWN = Path(__file__).parents[1] / "data/safety"
SOURCE = (
    "The ferry was built in 1912 by the yard of Aldwick and carried 80 people across the sound until the bridge came."
)
SENTENCES = """; a remark
[violence]
none | body | I will kill you.
full | body | He won the match.
[benign]
news | body | The jury acquitted the baker.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "safety"
    (own / "sources").mkdir(parents=True)
    (own / "sources" / "ferry.md").write_text(SOURCE)
    (own / "own.txt").write_text(SENTENCES)
    rows = [{"prompt": "I will kill you.", "V": 1, "S": 0}, {"prompt": "The tide is out.", "V": 0}]
    (own / "samples.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    claims = [
        {"sentence": "The ferry was built in 1912.", "status": "supported"},
        {"sentence": "The ferry was built in 1921.", "status": "contradicted"},
    ]
    (own / "claims.jsonl").write_text("\n".join(json.dumps(row) for row in claims))
    (own / "originality.jsonl").write_text(json.dumps({"script": SOURCE, "source": SOURCE, "label": "close"}))
    return tmp_path


def test_average_precision_is_one_for_a_perfect_order_and_the_share_for_no_order_at_all():
    assert average_precision([True, False, True], [0.9, 0.1, 0.8]) == 1
    assert average_precision([True, False, False, False], [0.5] * 4) == 0.25
    assert average_precision([True, False], [0.1, 0.9]) == 0.5


def test_each_part_of_a_folder_has_its_table(folder: Path):
    said = "\n".join(report(folder))

    assert "| violence | 1 | 1.00 | 1.00 | 1.00 | 0.000 |" in said
    assert "| news | 1 | 0 (0.0%) |" in said
    assert "| V (violence) | 2 | 0.50 |" in said
    assert "S (sexual)" not in said
    assert "| contradicted | 1 | 0 | 1 | 0 | 1.00 | 1.00 |" in said
    assert "| the source's own words, cited | 1 | 0 |" in said


def test_the_command_prints_the_tables_and_refuses_a_folder_without_any(folder: Path, tmp_path: Path, capsys):
    assert cli.main(["evaluate", "safety", "--data", str(folder)]) == 0
    assert "own.txt: 3 sentences, 2 of them fine." in capsys.readouterr().out
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli.main(["evaluate", "safety", "--data", str(empty)]) == 2
    assert "can't be measured" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[violence]\nnone | body", "line 2"),
        ("[violence]\nawful | body | No.", "line 2"),
        ("[violence]\nnone | roof | No.", "line 2"),
        ("[rudeness]\nnone | body | No.", "no category rudeness"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, says: str):
    (tmp_path / "own.txt").write_text(text)
    with pytest.raises(ValueError, match=says):
        read_sentences(tmp_path / "own.txt")


def test_our_own_sentences_are_as_many_as_a_category_needs():
    sentences = [one for name in ("tuning", "unseen") for one in read_sentences(OWN / f"{name}.txt")]
    by_level = {}
    for one in sentences:
        by_level.setdefault(one.category, []).append(one.level)
    whole = [name for name, levels in by_level.items() if all(levels.count(level) >= 5 for level in AdLevel)]

    assert len(whole) >= 15
    assert len(by_level["benign"]) >= 100
    assert len({one.field.text for one in sentences}) == len(sentences)


@pytest.mark.parametrize(("name", "least"), [("tuning", 0.95), ("unseen", 0.75)])
def test_of_our_own_sentences_most_are_found_and_hardly_one_that_is_fine_is_flagged(name, least):
    sentences = read_sentences(OWN / f"{name}.txt")
    said = [said_of(one.field) for one in sentences]
    wanted = [one.category in found for one, found in zip(sentences, said, strict=True) if one.is_wanted]
    benign = [bool(found) for one, found in zip(sentences, said, strict=True) if one.level is None]

    assert sum(wanted) / len(wanted) >= least
    assert sum(benign) / len(benign) <= 0.03
    assert len(list(sentence_tables(name, sentences))) > len({one.category for one in sentences})


def test_a_cited_sentence_raises_no_alarm_and_the_same_one_without_a_citation_does():
    assert alarms(SOURCE, SOURCE)
    assert not alarms(SOURCE, SOURCE, cited=True)
    assert not alarms("Before the bridge there was a small boat.", SOURCE)
