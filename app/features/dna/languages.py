"""In which language something is said, as far as that can be told without guessing."""

import re

from app.shared.text import detect_language

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
"""Scripts that one language alone uses; Han characters are Japanese where kana stand between them."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
"""Thai, Lao, Khmer, Burmese, kana and Han: written without spaces between words."""
SAMPLE_CHARACTERS = 20_000
LEAST_SHARE = 0.1


def language_of(text: str) -> str | None:
    """BCP 47 tag by script, else by function words; None where nothing fits."""
    sample = text[:SAMPLE_CHARACTERS]
    if not sample.isascii():
        for language, script in _SCRIPTS:
            if len(script.findall(sample)) >= LEAST_SHARE * len(sample):
                return language
    return detect_language(sample)


def is_spaced(text: str) -> bool:
    """Whether spaces part the words. A foreign name in its own script does not change that."""
    sample = text[:SAMPLE_CHARACTERS]
    if sample.isascii():
        return True
    return sum(map(len, _UNSPACED.findall(sample))) < LEAST_SHARE * len(sample)
