import json
import math
from pathlib import Path

import pytest

from app.evaluate.retrieval import collections, ndcg, recall, report
from tests.conftest import in_a_thread

DOCUMENTS = {
    "d1": ("Lighthouses", "The lamp turned all night above the rocks, and its keeper wound the clockwork every four hours."),
    "d2": ("Kelp", "Giant kelp grows half a metre a day and shelters the young of many fish from hungry seals."),
    "d3": ("", "Icebergs carry stones far from the coast where they broke off, and drop them as they melt away."),
}  # fmt: skip
QUERIES = {
    "q1": "How often was the lighthouse's clockwork wound?",
    "q2": "What shelters young fish?",
    "q3": "Who judged?",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "sea"
    own.mkdir()
    rows = [json.dumps({"_id": name, "title": title, "text": body}) for name, (title, body) in DOCUMENTS.items()]
    (own / "corpus.jsonl").write_text("\n".join(rows) + "\n")
    (own / "queries.jsonl").write_text("\n".join(json.dumps({"_id": n, "text": t}) for n, t in QUERIES.items()))
    (own / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td3\t0\n")
    return tmp_path


def test_the_gain_of_a_place_falls_with_its_logarithm() -> None:
    assert ndcg(["a", "b"], {"a": 1}) == 1
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["b", "a"], {"a": 2, "b": 1}) < ndcg(["a", "b"], {"a": 2, "b": 1}) == 1
    assert ndcg([*"0123456789", "a"], {"a": 1}) == 0


def test_recall_is_the_share_of_the_relevant_among_the_first_ten() -> None:
    assert recall(["a", "x", "b"], {"a": 1, "b": 1, "c": 1, "d": 1}) == 0.5
    assert recall([*"0123456789", "a"], {"a": 1}) == 0


def test_a_set_is_read_without_queries_that_nothing_is_relevant_to(folder: Path) -> None:
    (found,) = collections(folder)
    assert found.name == "sea"
    assert [query.relevant for query in found.queries] == [{"d1": 1}, {"d2": 2}]
    assert collections(folder / "sea") == [found]


@pytest.mark.parametrize("broken", ["corpus.jsonl", "queries.jsonl"])
def test_a_set_that_is_not_in_the_layout_is_named(folder: Path, broken: str) -> None:
    (folder / "sea" / broken).write_text('{"text": "no id"}\n')
    with pytest.raises(ValueError, match="sea is not in the layout"):
        collections(folder)


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no corpus\.jsonl"):
        collections(tmp_path)


def test_the_report_measures_every_way_through_the_products_own_search(folder: Path) -> None:
    lines = "\n".join(in_a_thread(lambda: list(report(folder))))
    assert "sea: 3 documents in 3 chunks, 2 queries" in lines
    for way in ("search, hybrid", "search, semantic", "search, keyword"):
        assert f"| {way} | 1.0000 | 1.0000 |" in lines
    assert "| ts_rank, all words | 0" in lines
