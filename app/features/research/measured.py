"""A brief without a model: whole cited sentences, chosen and compared by code."""

from collections.abc import Sequence

import numpy as np

from app.features.research.choosing import Weighed, choose
from app.features.research.composing import explanation, gaps_of, summarise
from app.features.research.entities import entities_of
from app.features.research.facets import BY_KEY, REACH
from app.features.research.judging import Disagreement, disagreements, judge
from app.features.research.material import Draft, Plan
from app.features.research.passages import Passage, Sentence, sentences_of

ON_TOPIC = 0.12


def measure(plan: Plan, questions: Sequence[str], passages: Sequence[Passage]) -> Draft:
    sentences = sentences_of(passages)
    reach = REACH[plan.depth]
    weighed = choose(questions, sentences, passages, reach.claims)
    chosen = [(one.place, one.question) for one in weighed.chosen]
    differing = _differing(sentences, weighed, len(questions) > 1, reach.contradictions)
    dispute = BY_KEY["dispute"].question
    side = list(questions).index(dispute) if dispute in questions else 0
    had = {place for place, _ in chosen}
    chosen += [(place, side) for place in dict.fromkeys(one for pair in differing for one in (pair.one, pair.other)) if place not in had]  # fmt: skip
    judged = judge(
        sentences, chosen, weighed.likeness, differing,
        lambda one, other, found: explanation(one, other, found, plan.titles), plan.origin,
    )  # fmt: skip
    judged.claims.sort(key=lambda claim: claim.sub_question or 0)
    summary = summarise(judged.claims, judged.contradictions, plan.depth)
    asked, gaps = gaps_of(questions, passages, judged.claims, len(plan.sources))
    return Draft(
        "offline", [], asked, judged.claims, judged.contradictions, gaps, entities_of(judged.claims), summary, []
    )


def _differing(sentences: Sequence[Sentence], weighed: Weighed, broad: bool, most: int) -> list[Disagreement]:
    """What the sources disagree on: for a broad question anywhere on its topic, else with one of the answers."""
    if not weighed.answered:
        return []
    if not broad:
        return disagreements(sentences, weighed.likeness, [one.place for one in weighed.chosen])[:most]
    usual = float(np.median(weighed.centrality))
    found = disagreements(sentences, weighed.likeness)
    return [pair for pair in found if all(_on_topic(weighed, place, usual) for place in (pair.one, pair.other))][:most]


def _on_topic(weighed: Weighed, place: int, usual: float) -> bool:
    return weighed.relevance[place] >= ON_TOPIC or bool(weighed.centrality[place] >= usual)
