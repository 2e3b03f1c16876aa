"""What a script is about, in its own words: names, and the content words and pairs that come back most. English stop
words; in other languages names and the title's words are what is found."""

import re
from collections import Counter
from collections.abc import Iterable

from app.features.dna.function_words import FUNCTION_WORDS
from app.features.dna.wordlists import word_set
from app.features.scripts.exports.sentences import ScriptSentence
from app.shared.text import words

COMMON = frozenset(FUNCTION_WORDS) | word_set(
    """
    about also another any because both came come could day did does done even every few find first found gave get give
    go going gone good got great half hand hard kind know knew known last later less let like little long look made make
    makes making man many mean men might more most much must need never new next nobody nothing now old once one only
    other people place put rather really right said same saw say second see seen several show since small something still
    take taken tell ten than thing things think thought three time times told took turn two us use used using very video
    want way week well went without work would year years you
    january february march april june july august september october november december monday tuesday wednesday thursday
    friday saturday sunday spring summer autumn winter
    """
)
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w’'-]+(?: (?:of |the |de |von )?[A-Z][\w’'-]+)*")
_POSSESSIVE = re.compile(r"['’]s$")


def names_in(sentences: Iterable[ScriptSentence]) -> Counter[str]:
    """Capitalised runs inside sentences, with how often they are said."""
    found: Counter[str] = Counter()
    for sentence in sentences:
        found.update(_POSSESSIVE.sub("", name) for name in _NAME.findall(sentence.text))
    for common in [name for name in found if name.lower() in COMMON or len(name) < 3]:
        del found[common]
    return found


def terms_in(sentences: Iterable[ScriptSentence]) -> Counter[str]:
    """Content words, in lower case."""
    found: Counter[str] = Counter()
    for sentence in sentences:
        found.update(term for word in words(sentence.text) if (term := plain(word)))
    return found


def plain(word: str) -> str | None:
    """A content word in lower case, without its possessive; None where it says nothing by itself."""
    low = _POSSESSIVE.sub("", word.lower())
    return low if len(low) > 2 and low not in COMMON and not low.isdigit() else None


def tags_of(title: str, sentences: list[ScriptSentence], most: int) -> list[str]:
    """The title, names, and the words and pairs that come back, the most telling first; *most* characters in all, as
    YouTube counts them: a comma between two, quotation marks around one with a space."""
    terms = terms_in(sentences)
    titled = [term for word in words(title) if (term := plain(word))]
    named = names_in(sentences)
    scored = {name: 3.0 * count + (2 if " " in name else 0) for name, count in named.items()}
    known = {part for name in named for part in name.lower().split()}
    for term, count in terms.items():
        if term in titled or (count > 1 and term not in known):
            scored[term] = count + (4 if term in titled else 0)
    ranked = [title.strip(" .!?"), *sorted(scored, key=lambda tag: (-scored[tag], tag))]
    tags: list[str] = []
    used = 0
    for tag in ranked:
        bare = " ".join(re.sub(r"[<>,\"“”]", " ", tag).split())[:60].strip()
        size = len(bare) + (2 if " " in bare else 0) + (1 if tags else 0)
        if bare and bare.lower() not in {one.lower() for one in tags} and used + size <= most:
            tags.append(bare)
            used += size
    return tags
