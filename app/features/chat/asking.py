"""What a model is asked for, and what of its answer is kept: sentences whose quotes stand and carry them."""

import json
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from app.db.models import Stance
from app.features.chat.material import AnswerPlan, Said, Turn
from app.features.memory.preferences import Rule, as_instructions, obeyed
from app.features.research.asking import QuoteDraft, cited, label_of, labelled, refused, unfit
from app.features.research.judging import MOST_CITATIONS
from app.features.research.passages import Passage
from app.features.research.schemas import CitationRead, RejectedStatement
from app.shared.clients.llm import Prompt, Source
from app.shared.text import sentence_spans

PROMPT = Path(__file__).parent / "prompts/answer.v1.md"
TURNS_SHOWN = 3
LONGEST_SHOWN = 700
"""Characters of each message of the conversation."""
MOST_SENTENCES = 12
ANSWER_TOKENS = 2_500


class SentenceDraft(Struct):
    """A line of a model's answer."""

    text: str
    quotes: list[QuoteDraft] = []


class Reading:
    """What has been kept of a model's answer so far, and what not."""

    def __init__(self, passages: Sequence[Passage], rules: Sequence[Rule]) -> None:
        self.by_label = {f"S{number}": passage for number, passage in enumerate(passages, 1)}
        self.rules = rules
        self.sentences: list[Said] = []
        self.rejected: list[RejectedStatement] = []

    def take(self, line: str) -> list[Said]:
        """The sentences of one line that hold; each that doesn't is told with the reason."""
        found = [said for draft in drafts_in(line) if (said := self._check(draft))]
        self.sentences += found
        return found

    def _check(self, draft: SentenceDraft) -> Said | None:
        text = obeyed(" ".join(draft.text.split()), self.rules)
        if not text or len(self.sentences) >= MOST_SENTENCES or any(one.text == text for one in self.sentences):
            return None
        citations: list[CitationRead] = []
        quotes = draft.quotes or [QuoteDraft(label, draft.text) for label in self._saying(draft.text)]
        for quote in quotes:
            found = cited(self.by_label.get(label_of(quote.source)), quote.quote, Stance.SUPPORTS)
            if found is None:
                self.rejected.append(refused(quote.quote, f"not in {quote.source[:20]} word for word"))
            elif all(found.span != one.span or found.source_id != one.source_id for one in citations):
                citations.append(found)
        reason = "no quote carries it"
        if citations:
            reason = unfit(text, [one.quote or "" for one in citations], self.rules) or ""
        if reason:
            self.rejected.append(refused(text, reason))
            return None
        return Said(text, citations[:MOST_CITATIONS])

    def _saying(self, text: str) -> list[str]:
        """A sentence without quotes may be one itself."""
        return [label for label, passage in self.by_label.items() if cited(passage, text, Stance.SUPPORTS)][:1]


def drafts_in(line: str) -> list[SentenceDraft]:
    """A line's sentences: of JSON what it says, of prose each sentence as one without quotes, of a code fence nothing."""
    line = line.strip().rstrip(",")
    if not line or line.startswith("```") or line in {"[", "]", "{", "}"}:
        return []
    try:
        return [msgspec.json.decode(line, type=SentenceDraft)]
    except (msgspec.DecodeError, msgspec.ValidationError):
        pass
    if line.startswith(("{", "[")):
        return _of_one_line(line)
    return [SentenceDraft(span.of(line)) for span in sentence_spans(line)]


def _of_one_line(line: str) -> list[SentenceDraft]:
    """An answer that came as one list, or as an object around it; a line that is cut off has nothing to be kept."""
    try:
        body = json.loads(line)
    except ValueError:
        return []
    if isinstance(body, dict):
        body = next((value for value in body.values() if isinstance(value, list)), [])
    try:
        return msgspec.convert(body, list[SentenceDraft])
    except msgspec.ValidationError:
        return []


async def checked(pieces: AsyncIterable[str], reading: Reading) -> AsyncIterator[str]:
    """The sentences that hold, each as soon as its line has come to its end; nothing unchecked is told to anybody."""
    left = ""
    async for piece in pieces:
        *lines, left = (left + piece).split("\n")
        for line in lines:
            for said in _tell(reading, line):
                yield said
    for said in _tell(reading, left):
        yield said


def _tell(reading: Reading, line: str) -> list[str]:
    first = not reading.sentences
    told = [one.text for one in reading.take(line)]
    return [text if first and number == 0 else f" {text}" for number, text in enumerate(told)]


def ask_for_answer(plan: AnswerPlan, passages: Sequence[Passage]) -> Prompt:
    told = "\n\n".join(
        part for part in (PROMPT.read_text(encoding="utf-8").strip(), as_instructions(plan.rules)) if part
    )
    sources = [*labelled(passages), *conversation(plan.turns)]
    return Prompt(PROMPT.name, told, tuple(sources), f"The creator asks: {plan.question}", ANSWER_TOKENS)


def conversation(turns: Sequence[Turn]) -> list[Source]:
    """The last turns as material: what was answered is in the words of sources."""
    return [
        Source(f"H{number}", f"Asked: {turn.question[:LONGEST_SHOWN]}\nAnswered: {turn.answer[:LONGEST_SHOWN]}".strip())
        for number, turn in enumerate(turns[-TURNS_SHOWN:], 1)
    ]
