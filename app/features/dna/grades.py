"""How much a profile is built from, and what the next grade takes."""

from msgspec import Struct

from app.db.models import Grade

SUFFICIENT = ((Grade.A, 10, 15_000), (Grade.B, 5, 5_000), (Grade.C, 3, 1_500))
"""Grade, sources, words: what a profile of that grade is built from at least."""


class NextGrade(Struct, frozen=True):
    """A grade that is not reached yet, and what is missing for it."""

    grade: Grade
    missing: list[str]


def grade_of(sources: int, word_count: int) -> Grade | None:
    """The grade by sufficiency; None where it is too little for a profile."""
    return next((grade for grade, least, fewest in SUFFICIENT if sources >= least and word_count >= fewest), None)


def missing_for(grade: Grade, sources: int, word_count: int) -> list[str]:
    """What a grade still takes, as parts of a sentence; none where it is reached."""
    least, fewest = next((least, fewest) for name, least, fewest in SUFFICIENT if name is grade)
    more, words_more = least - sources, fewest - word_count
    return [
        *([f"{more} more source{'s' if more > 1 else ''}"] if more > 0 else []),
        *([f"{words_more:,} more word{'s' if words_more > 1 else ''}"] if words_more > 0 else []),
    ]


def next_grade(sources: int, word_count: int) -> NextGrade | None:
    """The grade above the one that is reached, and what it takes; None at the top."""
    above = [grade for grade, least, fewest in SUFFICIENT if sources < least or word_count < fewest]
    return NextGrade(above[-1], missing_for(above[-1], sources, word_count)) if above else None
