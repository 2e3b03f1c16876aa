"""Word lists, written as text rather than as a hundred quoted words."""


def listed(text: str) -> frozenset[str]:
    """The words between the spaces."""
    return frozenset(text.split())


def unmarked(text: str) -> frozenset[str]:
    """The same without apostrophes, as bare speech recognition writes them."""
    return listed(text.replace("'", ""))
