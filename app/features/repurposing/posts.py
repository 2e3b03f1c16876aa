"""Posts of a thread: numbered, 280 characters at most as X counts them, whole sentences where a sentence fits."""

import re
from collections.abc import Sequence

from app.features.repurposing.pieces import part_of, shifted
from app.features.repurposing.schemas import Part
from app.features.scripts.exports.sentences import ScriptSentence
from app.shared.evidence import Span

LONGEST_POST = 280
NUMBERING = len("100/100 ")
_SINGLE = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that count as one character; others, such as Chinese and emoji, count as two."""


def weight(text: str) -> int:
    return sum(1 if any(low <= ord(one) <= high for low, high in _SINGLE) else 2 for one in text)


def posts_of(ideas: Sequence[Sequence[ScriptSentence]]) -> list[Part]:
    """Each idea begins a post; one that is longer goes on in the next."""
    room = LONGEST_POST - NUMBERING
    filled: list[list[ScriptSentence]] = []
    for idea in ideas:
        post: list[ScriptSentence] = []
        for sentence in [piece for one in idea for piece in pieces_of(one, room)]:
            if post and weight(" ".join(one.text for one in (*post, sentence))) > room:
                filled.append(post)
                post = []
            post.append(sentence)
        if post:
            filled.append(post)
    return numbered([part_of("post", "", post) for post in filled])


def numbered(posts: Sequence[Part]) -> list[Part]:
    """1/7, 2/7, ... as each post's title and before its text."""
    for number, post in enumerate(posts, 1):
        post.title = f"{number}/{len(posts)}"
        shifted(post, f"{post.title} ")
    return list(posts)


def pieces_of(sentence: ScriptSentence, room: int) -> list[ScriptSentence]:
    """The sentence, or where it is longer than a post its pieces, cut after a clause or else after a word."""
    if weight(sentence.text) <= room:
        return [sentence]
    pieces: list[str] = []
    rest = sentence.text
    while weight(rest) > room:
        cut = _cut(rest, room - 2)
        pieces.append(f"{rest[:cut].rstrip()} …")
        rest = rest[cut:].lstrip()
    return [
        ScriptSentence(sentence.section, Span(0, len(text)), text, sentence.citations, sentence.unsupported)
        for text in (*pieces, rest)
        if text
    ]


def _cut(text: str, room: int) -> int:
    """The last good place to cut within the room."""
    end, used = 0, 0
    while end < len(text) and used + weight(text[end]) <= room:
        used += weight(text[end])
        end += 1
    head = text[:end]
    clause = [found.end() for found in re.finditer(r"[,;:–—]\s", head) if found.end() > end // 2]
    word = [found.end() for found in re.finditer(r"\s", head) if found.end() > end // 2]
    return (clause or word or [max(1, end)])[-1]
