"""How word lists are written here: one text, words apart by spaces, so that a list is read as a line and not a column."""


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())
